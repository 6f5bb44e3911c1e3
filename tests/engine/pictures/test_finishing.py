"""Finishing: bad colours are set right, good ones left alone, and each picture of a request is finished alike."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageEnhance, ImageStat

from engine.events import Done
from engine.pictures import images
from engine.pictures.finishing import HIGH_CHROMA, LOW_CHROMA, chroma, enhanced, finish
from engine.request import InputPicture
from engine.requests import Segment, Text2Image
from engine.workers.render import Renderer, Work
from tests.engine.workers.worker_bench import task
from tests.engine.workers.worker_doubles import Sleeper, draw_all

REQUEST = Text2Image(model="demo", prompt="a fox")


def good() -> Image.Image:
    """Make a picture with dark, bright and moderately coloured places."""
    across, down = np.meshgrid(np.linspace(0, 1, 128), np.linspace(0, 1, 128))
    colours = np.stack([across, 0.6 * across + 0.3 * down, 0.7 * across + 0.1 * np.sin(9 * down)], axis=-1)
    return Image.fromarray((np.clip(1.15 * colours, 0, 1) * 255).astype(np.uint8))


def washed_out() -> Image.Image:
    faded = ImageEnhance.Color(good()).enhance(0.4)
    return Image.blend(faded, Image.new("RGB", faded.size, (190, 190, 190)), 0.6)


def contrast(image: Image.Image) -> float:
    return ImageStat.Stat(image.convert("L")).stddev[0]


def difference(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def test_a_good_picture_is_left_alone():
    assert LOW_CHROMA < chroma(good()) < HIGH_CHROMA
    assert enhanced(good()).tobytes() == good().tobytes()


def test_a_picture_that_is_nearly_good_hardly_changes():
    nearly = Image.blend(good(), Image.new("RGB", good().size, (128, 128, 128)), 0.1)
    assert 0 < difference(enhanced(nearly), nearly) < 4


def test_a_washed_out_picture_gets_its_contrast_and_colours_back():
    after = enhanced(washed_out())
    assert contrast(after) > 2 * contrast(washed_out())
    assert chroma(after) > 1.8 * chroma(washed_out())
    assert difference(after, good()) < difference(washed_out(), good()) / 2


def test_a_picture_that_is_too_vivid_is_toned_down():
    vivid = ImageEnhance.Color(good()).enhance(5)
    assert chroma(vivid) > HIGH_CHROMA
    assert chroma(enhanced(vivid)) == pytest.approx(HIGH_CHROMA, abs=0.03)


@pytest.mark.parametrize("colour", ["black", "white", (90, 90, 90)], ids=str)
def test_what_is_flat_stays_flat(colour):
    flat = Image.new("RGB", (64, 64), colour)
    assert enhanced(flat).tobytes() == flat.tobytes()


def test_faint_noise_is_not_blown_up_and_gray_gets_no_colours():
    noise = Image.effect_noise((64, 64), 4).convert("RGB")
    assert contrast(enhanced(noise)) < 3 * contrast(noise)
    assert chroma(enhanced(noise)) == 0


def test_only_what_was_asked_for_is_done_and_a_mask_stays_a_mask():
    image, sent = washed_out(), InputPicture(sha256="0" * 64, width=128, height=128)
    looks = {"enhance": True, "caption": "a fox"}
    assert finish(image, REQUEST) is image
    assert finish(image, Segment(model="demo", prompt="fox", picture=sent, **looks)) is image
    both = finish(image, REQUEST.model_copy(update=looks))
    assert ImageChops.difference(both, enhanced(image)).getbbox()[1] > 64


def test_a_worker_finishes_every_picture_before_it_is_encoded():
    said = []
    with ThreadPoolExecutor(1) as encoders:
        work = task("job", steps=1, count=2, caption="a fox")
        draw_all(Renderer({"demo": Sleeper()}, 1, said.append, encoders), [Work(work, threading.Event())])
    assert isinstance(said[-1], Done)
    for picture in said[-1].pictures:
        assert images.decode(picture).convert("L").getextrema() == (0, 255)
        assert "Caption: a fox" in images.read_parameters(picture.data)
