"""What stands around every model, in which order, and that no other order would do."""

from collections.abc import Callable, Sequence

import pytest
from PIL import Image

from engine.catalog import ENGLISH_ONLY, KANDINSKY_2_2
from engine.errors import RequestError
from engine.models.language import Understood
from engine.models.model import Drawing, Drawn, Model, OnStep
from engine.models.picture_check import Checked, Verdict
from engine.models.prompts import ManyPrompts
from engine.models.segmentation import Segmenting
from engine.models.understanding import Interpreted
from engine.models.wrappers import WRAPPERS, Helpers, Wrap, wrapped
from engine.request import InputPicture, Style
from engine.requests import Batch, Segment, Text2Image

SENT = InputPicture(sha256="a" * 64, width=8, height=8)
UNSAFE = Image.new("RGB", (8, 8), "red")


class Painter:
    """Draw in red where "red" is asked for, else in blue; remember what was asked."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        self.heard += [drawing.request.prompt for drawing in drawings]
        colours = ["red" if "red" in drawing.request.prompt else "blue" for drawing in drawings]
        return [Drawn([Image.new("RGB", (8, 8), colour)]) for colour in colours]

    def statistics(self) -> dict[str, tuple[int, int]]:
        return {"texts": (3, 1)}


class Blind(Painter):
    """Find nothing in any picture."""

    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        super().render(drawings, on_step)
        return [Drawn([Image.new("L", (8, 8))]) for _ in drawings]


class Dictionary:
    """Know one word of German."""

    def understand(self, prompt: str, reads: frozenset[str]) -> Understood:
        return Understood("red", "de", translated=True) if prompt == "rot" else Understood(prompt, "en")


class Prude:
    """Find red unsafe."""

    def judge(self, pictures: Sequence[Image.Image]) -> list[Verdict | None]:
        return [Verdict("red", 1.0) if picture.getpixel((0, 0)) == (255, 0, 0) else None for picture in pictures]


class House:
    """Hold a model with everything around it."""

    def __init__(self, wrappers: Sequence[Wrap] = WRAPPERS, *, refuses: bool = False) -> None:
        self.painter, self.segmenter = Painter(), Blind()
        finder = Interpreted(self.segmenter, Dictionary(), ENGLISH_ONLY)
        helpers = Helpers(Dictionary(), 4, finder, Prude(), refuses)
        self.model: Model = wrapped(self.painter, KANDINSKY_2_2, helpers, wrappers)

    def draw(self, request: Text2Image | Batch | Segment) -> Drawn:
        return self.model.render([Drawing(request, {SENT.sha256: UNSAFE})], lambda step: None)[0]


def each_of_several_prompts_is_understood_and_dressed(wrappers: Sequence[Wrap]) -> None:
    house, style = House(wrappers), Style(name="oil", prompt="in oil")
    drawn = house.draw(Batch(model="x", prompts=("rot", "a fox"), style=style))
    assert house.painter.heard == ["red, in oil", "a fox, in oil"]
    assert drawn.notes["understood"] == "red + a fox"


def pictures_are_numbered_among_all_of_a_request(wrappers: Sequence[Wrap]) -> None:
    drawn = House(wrappers).draw(Batch(model="x", prompts=("a fox", "a bear", "red"), seed=1))
    assert drawn.notes["flagged"] == {"label": "red", "score": 1.0, "pictures": [3]}


def what_is_looked_for_is_said_in_the_words_that_were_given(wrappers: Sequence[Wrap]) -> None:
    house = House(wrappers)
    with pytest.raises(RequestError, match="segment_nothing") as caught:
        house.draw(Segment(model="x", prompt="rot", picture=SENT))
    assert (caught.value.facts, house.segmenter.heard) == ({"value": "rot"}, ["red"])


def a_picture_is_checked_before_anything_is_found_in_it(wrappers: Sequence[Wrap]) -> None:
    house = House(wrappers, refuses=True)
    with pytest.raises(RequestError, match="input_refused"):
        house.draw(Segment(model="x", prompt="a head", picture=SENT))
    assert house.segmenter.heard == []


PROMISES: tuple[Callable[[Sequence[Wrap]], None], ...] = (
    each_of_several_prompts_is_understood_and_dressed,
    pictures_are_numbered_among_all_of_a_request,
    what_is_looked_for_is_said_in_the_words_that_were_given,
    a_picture_is_checked_before_anything_is_found_in_it,
)


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_in_the_order_of_the_table(promise: Callable[[Sequence[Wrap]], None]) -> None:
    promise(WRAPPERS)


def test_the_order_is_the_one_of_the_table() -> None:
    kinds, model = [], House().model
    while not isinstance(model, Painter):
        kinds.append(type(model))
        model = model._model
    assert kinds == [Checked, Segmenting, ManyPrompts, Interpreted]


# A request of several prompts finds nothing, and what finds something has one prompt: the two in the middle may change.
@pytest.mark.parametrize("order", [(2, 0, 1, 3), (0, 1, 3, 2), (0, 3, 1, 2), (3, 0, 1, 2), (1, 2, 0, 3)], ids=str)
def test_any_other_order_breaks_a_promise(order: tuple[int, ...]) -> None:
    broken = 0
    for promise in PROMISES:
        try:
            promise([WRAPPERS[number] for number in order])
        except (AssertionError, KeyError, RequestError, pytest.fail.Exception):
            broken += 1
    assert broken


def test_without_a_judge_or_a_segmenter_the_model_draws_all_the_same() -> None:
    model = wrapped(Painter(), KANDINSKY_2_2, Helpers(Dictionary(), 4))
    assert not isinstance(model, Checked)
    assert model.render([Drawing(Text2Image(model="x", prompt="a fox"))], lambda step: None)[0].images
    with pytest.raises(RequestError, match="segmenter_missing"):
        model.render([Drawing(Segment(model="x", prompt="a fox", picture=SENT))], lambda step: None)


def test_a_wrapper_tells_of_the_caches_within() -> None:
    assert House().model.statistics() == {"texts": (3, 1)}


@pytest.mark.parametrize("order", [(1, 0, 2, 3), (0, 2, 1, 3)], ids=str)
@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_several_prompts_may_change_places_with_a_neighbour(
    promise: Callable[[Sequence[Wrap]], None], order: tuple[int, ...]
) -> None:
    promise([WRAPPERS[number] for number in order])
