"""The check of pictures: a true classifier read from files, what is noted or refused, and that nothing slips past."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from PIL import Image

import engine.workers.render
from bot import config
from bot.assembly import classifying_of
from bot.words import replies
from engine.catalog import DEMO, Repository
from engine.checks import complete
from engine.errors import EngineError, ModelMissing, RequestError
from engine.events import Denoised, Done, Failed, Progress
from engine.kandinsky.families import loaders as families
from engine.kandinsky.helpers.classifying import Classifier
from engine.kandinsky.placing.device import Device
from engine.models.model import Drawing, Drawn, Step
from engine.models.picture_check import Checked
from engine.request import InputPicture, Part
from engine.requests import Img2Img, Mix, Morph, Segment, Text2Image
from engine.settings import Classifying
from engine.workers.base import Task
from engine.workers.render import Renderer, Work
from tests.engine.kandinsky.helpers import tiny_classifier
from tests.engine.pictures.picture_files import file_of
from tests.engine.workers.worker_bench import settings
from tests.engine.workers.worker_doubles import draw_all, load_tiny

CPU = Device("cpu", torch.float32)
RED, BLUE, GREY = ((200, 30, 20), (20, 30, 200), (128, 128, 128))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return tiny_classifier.save(tmp_path_factory.mktemp("classifier"))


@pytest.fixture(scope="module")
def classifier(repository: Repository) -> Classifier:
    return Classifier(Classifying(repository), CPU)


def plain(colour: tuple[int, ...], size: tuple[int, int] = (40, 24)) -> Image.Image:
    return Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour)


# The classifier


def test_pictures_of_any_size_are_judged_at_once(classifier: Classifier) -> None:
    red, blue, grey, hidden = classifier.judge([plain(RED), plain(BLUE, (9, 90)), plain(GREY), plain((*RED, 0))])
    assert (blue, grey) == (None, None)
    assert (red.label, red.score) == ("NSFW", pytest.approx(0.88, abs=0.01))
    assert hidden == red  # a model draws from what lies under the transparency


def test_labels_that_exclude_each_other_share_what_is_unsafe(repository: Repository) -> None:
    [one] = Classifier(Classifying(repository, ("suggestive",), 0.01), CPU).judge([plain(RED)])
    [two] = Classifier(Classifying(repository, ("NSFW", "suggestive"), 0.01), CPU).judge([plain(RED)])
    assert (one.label, two.label) == ("suggestive", "NSFW")
    assert two.score == pytest.approx(1, abs=0.01)
    assert one.score < 0.3


def test_labels_that_do_not_exclude_each_other_are_judged_apart(tmp_path: Path) -> None:
    repository = tiny_classifier.save(tmp_path, problem_type="multi_label_classification")
    [verdict] = Classifier(Classifying(repository, ("suggestive", "nsfw")), CPU).judge([plain(RED)])
    assert (verdict.label, verdict.score) == ("NSFW", pytest.approx(1, abs=0.01))


def test_what_the_network_has_no_number_for_is_unsafe(repository: Repository) -> None:
    broken = Classifier(Classifying(repository), CPU)
    broken._network.classifier.bias.data.fill_(float("nan"))
    assert broken.judge([plain(BLUE)])[0].score == 1


def test_an_unknown_label_is_named_with_those_that_there_are(repository: Repository) -> None:
    with pytest.raises(EngineError, match="unknown_labels") as caught:
        Classifier(Classifying(repository, ("nsfw", "Porn")), CPU)
    said = replies.error(caught.value)
    assert all(word in said for word in ("Porn", "normal, NSFW, suggestive", "[safety] labels"))


def test_a_classifier_that_is_not_there_or_a_pickle_is_a_missing_model(tmp_path: Path) -> None:
    absent = Repository(str(tmp_path / "classifier"))
    with pytest.raises(ModelMissing, match="no such folder"):
        Classifier(Classifying(absent), CPU)
    tiny_classifier.save(tmp_path / "classifier")
    weights = tmp_path / "classifier" / "model.safetensors"
    weights.rename(weights.with_name("pytorch_model.bin"))
    with pytest.raises(ModelMissing):
        Classifier(Classifying(absent), CPU)


# What is noted and what is refused


class Painter:
    """Draw the colours that the prompt names, or blue and red frames for a morph."""

    def __init__(self) -> None:
        self.batches = 0

    def render(self, drawings, on_step):
        self.batches += 1
        on_step(Step(1, 1, lambda: [plain(RED)] * len(drawings)))
        return [Drawn(self._pictures(each.request), {"drew": each.request.mode}) for each in drawings]

    def _pictures(self, request):
        if isinstance(request, Morph | Segment):
            return [plain(BLUE), plain(RED)]
        return [plain(RED if word == "red" else BLUE) for word in request.prompt.split()]

    def statistics(self):
        return {"texts": (3, 1)}


def words(prompt: str) -> Drawing:
    return Drawing(Text2Image(model="demo", prompt=prompt, count=len(prompt.split())))


def photo(name: str, colour: tuple[int, ...]) -> tuple[InputPicture, dict[str, Image.Image]]:
    named = InputPicture(sha256=name * 64, width=40, height=24)
    return named, {named.sha256: plain(colour)}


def over(colour: tuple[int, ...], prompt: str = "blue") -> Drawing:
    named, inputs = photo("a", colour)
    return Drawing(Img2Img(model="demo", prompt=prompt, picture=named), inputs)


def checked(classifier: Classifier, refuses: bool = False) -> Checked:
    return Checked(Painter(), classifier, refuses=refuses)


def ignore(step: Step) -> None:
    pass


def test_each_request_has_its_own_notes_with_the_numbers_of_its_pictures(classifier: Classifier) -> None:
    drawn = checked(classifier).render([words("blue red blue red"), words("blue"), words("red")], ignore)
    flags = [each.notes.get("flagged") for each in drawn]
    assert [flag and flag["pictures"] for flag in flags] == [[2, 4], None, [1]]
    assert flags[0]["label"] == "NSFW"
    assert 0.8 <= flags[0]["score"] <= 1
    assert all(each.notes["drew"] == "text2img" for each in drawn)


def test_the_pictures_of_a_request_are_looked_at_too(classifier: Classifier) -> None:
    (blue, first), (red, second) = photo("a", BLUE), photo("b", RED)
    mix = Mix(model="demo", prompt="blue", parts=(Part(picture=blue), Part(picture=red)))
    [drawn] = checked(classifier).render([Drawing(mix, {**first, **second})], ignore)
    assert drawn.notes["flagged_input"]["pictures"] == [2]
    assert "flagged" not in drawn.notes


def test_a_frame_of_a_morph_flags_its_animation_and_its_sheet(classifier: Classifier) -> None:
    morph = Morph(model="demo", start=Part(text="a"), end=Part(text="b"))
    [drawn] = checked(classifier).render([Drawing(morph)], ignore)
    assert drawn.notes["flagged"]["pictures"] == [1, 2]


def test_the_photo_of_a_search_is_looked_at_and_its_mask_is_not(classifier: Classifier) -> None:
    named, inputs = photo("a", RED)
    [drawn] = checked(classifier).render(
        [Drawing(Segment(model="demo", prompt="a hat", picture=named), inputs)], ignore
    )
    assert "flagged_input" in drawn.notes
    assert "flagged" not in drawn.notes


def test_an_input_is_refused_before_anything_is_drawn_and_an_output_after(classifier: Classifier) -> None:
    model = checked(classifier, refuses=True)
    with pytest.raises(RequestError, match="input_refused"):
        model.render([over(RED)], ignore)
    assert model._model.batches == 0
    with pytest.raises(RequestError, match="output_refused"):
        model.render([over(BLUE, "red")], ignore)
    assert model.render([over(BLUE)], ignore)[0].notes == {"drew": "img2img"}
    assert model.statistics() == {"texts": (3, 1)}


# Through the worker


def works(*prompts: str) -> list[Work]:
    tasks = [
        Task(prompt, 1, complete(Text2Image(model="demo", prompt=prompt, seed=7, count=len(prompt.split())), DEMO))
        for prompt in prompts
    ]
    return [Work(task, threading.Event()) for task in tasks]


def render(model: Checked, batch: list[Work]) -> list:
    said = []
    with ThreadPoolExecutor(1) as encoders:
        draw_all(Renderer({"demo": model}, 1, said.append, encoders), batch)
    return said


def test_what_is_refused_in_a_batch_takes_no_neighbour_down(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine.workers.render, "PREVIEW_INTERVAL_S", 0.0)
    said = render(checked(classifier, refuses=True), works("blue", "red", "blue blue"))
    ends = {event.job_id: event for event in said if isinstance(event, Done | Failed)}
    assert {job: type(event) for job, event in ends.items()} == {"blue": Done, "red": Failed, "blue blue": Done}
    assert ends["red"].code == "output_refused"
    assert len(ends["blue blue"].pictures) == 2
    assert {event.job_id for event in said if isinstance(event, Denoised)} == {"blue", "red", "blue blue"}
    assert len([event for event in said if isinstance(event, Done | Failed)]) == 3
    assert {event.preview for event in said if isinstance(event, Progress)} == {None}  # nobody looked at them


def test_a_refused_photo_in_a_batch_takes_no_neighbour_down(classifier: Classifier) -> None:
    batch = []
    for job, colour in (("a", BLUE), ("b", RED), ("c", BLUE)):
        named, _ = photo(job, colour)
        request = complete(Img2Img(model="demo", prompt="blue", picture=named, seed=7), DEMO)
        batch.append(Work(Task(job, 1, request, {named.sha256: file_of(plain(colour))}), threading.Event()))
    said = render(checked(classifier, refuses=True), batch)
    ends = {event.job_id: event for event in said if isinstance(event, Done | Failed)}
    assert [type(ends[job]) for job in "abc"] == [Done, Failed, Done]
    assert ends["b"].code == "input_refused"


def test_the_worker_itself_looks_at_what_a_true_model_draws(repository: Repository, tiny_cache: Path) -> None:
    # The scores of all labels add up to 1, whatever the tiny model draws.
    for labels, flagged in ((("normal", "NSFW", "suggestive"), True), (("suggestive",), False)):
        models = load_tiny(settings(tiny_cache, classifying=Classifying(repository, labels, 0.9)))
        request = complete(Text2Image(model="demo", prompt="a fox", steps=1, width=64, height=64, seed=7), DEMO)
        [drawn] = models["demo"].render([Drawing(request)], ignore)
        assert ("flagged" in drawn.notes) is flagged


def test_no_model_is_loaded_where_the_classifier_is_missing(
    tmp_path: Path, tiny_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(families, "load_models", lambda *_: pytest.fail("a model that nobody looks at"))
    with pytest.raises(ModelMissing, match="absent"):
        load_tiny(settings(tiny_cache, classifying=Classifying(Repository(str(tmp_path / "absent")))))


# The configuration


def test_the_check_is_off_until_a_classifier_is_named() -> None:
    assert classifying_of(config.load(None, safety={"labels": ["porn"]})) is None
    safety = {"classifier": "owner/name@abc", "labels": ["porn"], "threshold": 0.5, "action": "block"}
    wanted = classifying_of(config.load(None, safety=safety))
    assert wanted == Classifying(Repository("owner/name", "abc"), ("porn",), 0.5, "block")


@pytest.mark.parametrize("wrong", [{"action": "hide"}, {"threshold": 0}, {"threshold": 1.5}, {"labels": []}])
def test_what_the_check_cannot_do_is_refused_at_start(wrong: dict[str, object]) -> None:
    with pytest.raises(config.ConfigError, match=rf"safety\.{next(iter(wrong))}"):
        config.load(None, safety=wrong)
