"""A canvas begins with the picture at its place, and its mask is all that is new and a seam."""

import numpy as np
from PIL import Image

from engine.outpainting import Layout
from engine.pictures import masks
from engine.pictures.canvas import OVERLAP, canvas


def photo(size: tuple[int, int] = (64, 64)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (*size[::-1], 3), dtype=np.uint8))


def test_the_canvas_holds_the_picture_and_the_mask_all_that_is_new_and_a_seam():
    image, layout = photo(), Layout(128, 64, (64, 0, 128, 64))
    started, mask = canvas(image, layout, overlap=8)
    assert (started.mode, started.size, mask.mode, mask.size) == ("RGB", (128, 64), "L", (128, 64))
    assert started.crop(layout.box).tobytes() == image.tobytes()
    assert mask.getbbox() == (0, 0, 72, 64)
    assert masks.invert(mask).getbbox() == (72, 0, 128, 64)


def test_what_is_new_continues_the_edges():
    image = Image.new("RGB", (64, 64), (200, 40, 40))
    started, _ = canvas(image, Layout(128, 128, (32, 32, 96, 96)))
    assert started.getextrema() == ((200, 200), (40, 40), (40, 40))


def test_a_tiny_picture_keeps_its_middle():
    _, mask = canvas(photo((12, 12)), Layout(64, 64, (26, 26, 38, 38)))
    assert masks.invert(mask).getbbox() == (29, 29, 35, 35)


def test_after_the_composite_the_picture_is_untouched_but_for_the_seam():
    started, mask = canvas(photo(), Layout(128, 64, (64, 0, 128, 64)))
    result = masks.composite(started, Image.new("RGB", started.size, "black"), mask, OVERLAP)
    assert result.crop((72, 0, 128, 64)).tobytes() == photo().crop((8, 0, 64, 64)).tobytes()
    assert result.crop((0, 0, 63, 64)).getextrema() == ((0, 0),) * 3
