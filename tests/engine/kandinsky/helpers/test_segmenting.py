"""Finding what words name: the mask of a true CLIPSeg, read from files, and what is said where there is none."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.catalog import ENGLISH_ONLY, Repository
from engine.errors import ModelMissing, RequestError
from engine.kandinsky.helpers.segmenting import Segmenter
from engine.kandinsky.placing.device import Device
from engine.models.language import Understood
from engine.models.model import Drawing, Drawn
from engine.models.segmentation import Segmenting
from engine.models.understanding import Interpreted
from engine.request import InputPicture
from engine.requests import Segment, Text2Image
from tests.engine.kandinsky.helpers import tiny_segmenter

CPU = Device("cpu", torch.float32)
SIZE = (100, 60)
PHOTO = Image.effect_noise(SIZE, 80)
PICTURE = InputPicture(sha256="a" * 64, width=SIZE[0], height=SIZE[1])
BLIND = -50.0


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return tiny_segmenter.save(tmp_path_factory.mktemp("clipseg"))


def drawing(words: str = "the head", threshold: float = 0.5, mode: str = "RGB") -> Drawing:
    request = Segment(model="demo", prompt=words, picture=PICTURE, threshold=threshold)
    return Drawing(request, {PICTURE.sha256: PHOTO.convert(mode)})


def mask(segmenter: Segmenter, asked: Drawing) -> Image.Image:
    [drawn] = segmenter.render([asked], lambda step: None)
    [image] = drawn.images
    return image


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_mask_has_the_picture_s_size_and_two_shades(repository: Repository, mode: str) -> None:
    found = mask(Segmenter(repository, CPU), drawing(mode=mode))
    assert (found.mode, found.size) == ("L", SIZE)
    assert set(np.unique(np.asarray(found))) == {0, 255}


def test_a_higher_threshold_marks_less(repository: Repository) -> None:
    segmenter = Segmenter(repository, CPU)
    low, high = (np.asarray(mask(segmenter, drawing(threshold=each))) > 0 for each in (0.3, 0.7))
    assert high.sum() < low.sum()
    assert not (high & ~low).any()


def test_the_words_decide_and_too_many_of_them_are_cut(repository: Repository) -> None:
    segmenter = Segmenter(repository, CPU)
    assert mask(segmenter, drawing("the head")) != mask(segmenter, drawing("a tail"))
    mask(segmenter, drawing("the head " * 200))


def test_files_that_arrive_later_are_found_and_pickles_are_not_read(tmp_path: Path) -> None:
    segmenter = Segmenter(Repository(str(tmp_path / "clipseg")), CPU)
    with pytest.raises(ModelMissing, match="no such folder"):
        mask(segmenter, drawing())
    tiny_segmenter.save(tmp_path / "clipseg")
    weights = tmp_path / "clipseg" / "model.safetensors"
    pickle = weights.rename(weights.with_name("pytorch_model.bin"))
    with pytest.raises(ModelMissing):
        mask(segmenter, drawing())
    pickle.rename(weights)
    mask(segmenter, drawing())


class Painter:
    """Draw anything but masks."""

    def render(self, drawings, on_step):
        assert not any(isinstance(each.request, Segment) for each in drawings)
        return [Drawn([Image.new("RGB", (8, 8))])]

    def statistics(self):
        return {"texts": (3, 1)}


class Dictionary:
    """Know one word."""

    def understand(self, prompt: str, reads: frozenset[str]) -> Understood:
        assert reads == ENGLISH_ONLY
        return Understood("the head", "de", translated=True) if prompt == "der Kopf" else Understood(prompt, "en")


def test_the_segmenter_is_told_english_and_everything_else_goes_to_the_model(repository: Repository) -> None:
    segmenter = Segmenter(repository, CPU)
    model = Segmenting(Painter(), Interpreted(segmenter, Dictionary(), ENGLISH_ONLY))
    [found] = model.render([drawing("der Kopf")], lambda step: None)
    assert found.images[0] == mask(segmenter, drawing("the head"))
    assert found.notes == {"understood": "the head"}
    [painted] = model.render([Drawing(Text2Image(model="demo", prompt="a fox"))], lambda step: None)
    assert painted.images[0].size == (8, 8)
    assert model.statistics() == {"texts": (3, 1)}


def test_nothing_found_is_said_in_the_words_that_were_given(tmp_path: Path) -> None:
    blind = Segmenter(tiny_segmenter.save(tmp_path, BLIND), CPU)
    model = Segmenting(Painter(), Interpreted(blind, Dictionary(), ENGLISH_ONLY))
    with pytest.raises(RequestError, match="segment_nothing") as caught:
        model.render([drawing("der Kopf")], lambda step: None)
    assert caught.value.facts == {"value": "der Kopf"}


def test_without_a_segmenter_that_is_said() -> None:
    with pytest.raises(RequestError, match="segmenter_missing"):
        Segmenting(Painter(), None).render([drawing()], lambda step: None)
