"""Several prompts in one request: a picture of each, with its own seed, its notes, and one progress for all."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from engine.catalog import DEMO, KNOWN
from engine.checks import complete
from engine.errors import Cancelled, RequestError
from engine.events import Done, Progress
from engine.models.model import Drawing, Drawn, Step
from engine.models.prompts import ManyPrompts, expanded, joined
from engine.pictures import images
from engine.request import MAX_SEED, Style
from engine.requests import Batch, Text2Image
from engine.workers.base import Task
from engine.workers.fake import _draw
from engine.workers.render import Renderer, Work
from tests.engine.workers.worker_doubles import Sleeper, draw_all

PROMPTS = ("a fox", "a bear", "a cat", "a dog", "a bird")
INK = Style(name="ink", prompt="ink drawing")


def batch(prompts=PROMPTS, **fields) -> Batch:
    return complete(Batch(model="demo", prompts=prompts, **{"steps": 2, "seed": 7, **fields}), DEMO)


class Groups(Sleeper):
    """Remember which prompts were drawn together."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []

    def render(self, drawings, on_step):
        assert all(isinstance(drawing.request, Text2Image) for drawing in drawings)
        self.groups.append([drawing.request.prompt for drawing in drawings])
        small = [Image.new("RGB", (8, 8))] * len(drawings)
        on_step(Step(1, 2, lambda: small))
        on_step(Step(2, 2))
        return [Drawn([Image.new("RGB", (8, 8), (drawing.request.seed, 0, 0))]) for drawing in drawings]


def draw(model, request, group_size=2, on_step=lambda step: None):
    return ManyPrompts(model, group_size).render([Drawing(request)], on_step)


def test_each_prompt_is_drawn_with_its_own_seed_and_all_else_of_the_request():
    singles = expanded(batch(style=INK, negative_prompt="blurry", seed=MAX_SEED))
    assert [(single.prompt, single.seed) for single in singles] == list(
        zip(PROMPTS, [MAX_SEED, 0, 1, 2, 3], strict=True)
    )
    alone = complete(
        Text2Image(model="demo", prompt="a fox", negative_prompt="blurry", style=INK, steps=2, seed=MAX_SEED), DEMO
    )
    assert singles[0] == alone


def test_prompts_are_drawn_in_groups_and_their_pictures_keep_their_order():
    model = Groups()
    [drawn] = draw(model, batch())
    assert model.groups == [["a fox", "a bear"], ["a cat", "a dog"], ["a bird"]]
    assert [picture.getpixel((0, 0))[0] for picture in drawn.images] == [7, 8, 9, 10, 11]


def test_steps_are_counted_over_all_groups_and_previews_show_the_one_in_hand():
    steps = []
    draw(Groups(), batch(), on_step=steps.append)
    assert [(step.done, step.total) for step in steps] == [(2, 10), (4, 10), (6, 10), (8, 10), (9, 10), (10, 10)]
    [preview] = steps[0].previews()
    assert preview.size == (16, 8)
    assert steps[1].previews is None


def test_an_exact_request_is_drawn_in_no_company():
    model = Groups()
    draw(model, batch(exact=True))
    assert model.groups == [[prompt] for prompt in PROMPTS]


@pytest.mark.parametrize("last", range(1, 7))
def test_it_can_be_cancelled_at_any_step(last):
    seen = []

    def on_step(step):
        seen.append(step)
        if len(seen) == last:
            raise Cancelled

    with pytest.raises(Cancelled):
        draw(Groups(), batch(), on_step=on_step)
    assert len(seen) == last


def test_other_requests_go_through_together():
    model = Groups()
    drawings = [Drawing(complete(Text2Image(model="demo", prompt=prompt), DEMO)) for prompt in PROMPTS]
    assert len(ManyPrompts(model, 2).render(drawings, lambda step: None)) == 5
    assert model.groups == [list(PROMPTS)]


def test_notes_of_several_prompts_are_joined():
    prompts = ("ein Fuchs", "a bear", "Katze")
    notes = [{"understood": "a fox", "cut": "red"}, {"problem": "first", "unread": True}, {"cut": "x", "problem": "no"}]
    wanted = {"understood": "a fox + a bear + Katze", "cut": "red … x", "problem": "first", "unread": True}
    assert joined(prompts, notes) == wanted
    assert joined(prompts, [{}, {}, {}]) == {}


def test_whoever_draws_texts_draws_batches():
    for spec in KNOWN:
        complete(Batch(model=spec.name, prompts=("a", "b")), spec)
    with pytest.raises(RequestError, match="mode_not_supported"):
        complete(Batch(model="demo", prompts=("a", "b")), type(DEMO)(name="demo", family="x", modes=("upscale",)))


def test_a_batch_is_one_job_with_one_progress_and_each_file_tells_its_own_prompt():
    said = []
    with ThreadPoolExecutor(1) as encoders:
        work = Work(Task("job", 1, batch()), threading.Event())
        draw_all(Renderer({"demo": ManyPrompts(Groups(), 2)}, 1, said.append, encoders), [work])
    [done] = [event for event in said if isinstance(event, Done)]
    assert [event.total for event in said if isinstance(event, Progress)][-1] == 10
    told = [images.read_parameters(picture.data) for picture in done.pictures]
    assert [text.splitlines()[0] for text in told] == list(PROMPTS)
    assert [picture.seed for picture in done.pictures] == [7, 8, 9, 10, 11]
    assert images.read_request(done.pictures[3].data) == (batch(), 3)


def test_the_worker_without_a_model_draws_as_many_pictures_as_prompts():
    assert len({picture.tobytes() for picture in _draw(batch())}) == 5
