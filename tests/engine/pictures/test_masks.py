"""White is repainted: what a mask says, and that what it keeps is kept bit for bit."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from bot.words import replies
from bot.words.localisation import say
from engine.errors import RequestError
from engine.pictures import masks


def mask_of(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (64, 48)) -> Image.Image:
    mask = Image.new("L", size)
    for box in boxes:
        ImageDraw.Draw(mask).rectangle(box, fill=255)
    return mask


def noise(seed: int, size: tuple[int, int] = (64, 48)) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(values)


def white(mask: Image.Image) -> np.ndarray:
    values = np.asarray(mask)
    assert set(np.unique(values)) <= {0, 255}
    return values == 255


def test_transparent_pixels_are_repainted():
    image = Image.new("RGBA", (16, 8), (5, 5, 5, 255))
    image.paste((5, 5, 5, 40), (0, 0, 4, 8))
    assert masks.has_alpha(image)
    assert white(masks.of_alpha(image)).sum() == 4 * 8


@pytest.mark.parametrize("image", [Image.new("RGB", (8, 8)), Image.new("RGBA", (8, 8), (0, 0, 0, 200))])
def test_a_picture_that_shows_everything_has_no_mask_of_its_own(image):
    assert not masks.has_alpha(image)


def test_a_black_and_white_picture_is_read_as_it_looks():
    drawn = mask_of((0, 0, 9, 9)).point(lambda value: 20 + value * 200 // 255).convert("RGB")
    assert (white(masks.of_picture(drawn, (64, 48))) == white(mask_of((0, 0, 9, 9)))).all()


def test_white_on_nothing_is_white_on_black():
    drawn = Image.new("RGBA", (64, 48), (255, 255, 255, 0))
    drawn.paste((255, 255, 255, 255), (0, 0, 10, 10))
    assert white(masks.of_picture(drawn, (64, 48))).sum() == 100


def test_a_mask_of_another_size_is_refused_and_both_are_named():
    with pytest.raises(RequestError) as caught:
        masks.of_picture(mask_of(), (48, 64))
    assert caught.value.code == "mask_size"
    assert "64x48" in replies.error(caught.value)
    assert "48x64" in replies.error(caught.value)


@pytest.mark.parametrize(("colour", "code"), [(0, "mask_empty"), (255, "mask_full")])
def test_a_mask_of_nothing_or_everything_is_refused(colour, code):
    with pytest.raises(RequestError) as caught:
        masks.check(Image.new("L", (8, 8), colour))
    assert caught.value.code == code
    assert replies.error(caught.value) == say(replies.key("error", code))


def test_any_other_mask_is_fine():
    masks.check(mask_of((0, 0, 0, 0)))


def test_inverting_exchanges_what_is_kept_and_repainted():
    assert (white(masks.invert(mask_of((3, 3, 9, 9)))) == ~white(mask_of((3, 3, 9, 9)))).all()


@pytest.mark.parametrize("pixels", [0, 1, 7, 12])
def test_growing_adds_so_many_pixels_to_each_side(pixels):
    grown = masks.grow(mask_of((20, 20, 24, 24)), pixels)
    wanted = mask_of((20 - pixels, 20 - pixels, 24 + pixels, 24 + pixels))
    assert (white(grown) == white(wanted)).all()


def test_a_single_pixel_grows_over_hundreds():
    assert white(masks.grow(mask_of((0, 0, 0, 0), size=(400, 8)), 300))[0].sum() == 301


def test_shrinking_takes_them_away_but_not_at_the_picture_s_own_edge():
    assert (white(masks.grow(mask_of((0, 10, 30, 30)), -5)) == white(mask_of((0, 15, 25, 25)))).all()


def test_a_mask_grows_or_shrinks_with_its_picture_and_thin_strokes_stay_whole():
    line = mask_of((0, 20, 63, 20))
    assert white(masks.resize(line, (16, 12)))[5].all()
    assert white(masks.resize(line, (128, 96))).sum() == 2 * 128
    assert not white(masks.resize(mask_of(), (16, 12))).any()


def test_the_overlay_changes_only_what_is_repainted():
    image, mask = noise(1), mask_of((10, 10, 30, 30))
    changed = (np.asarray(masks.overlay(image, mask)) != np.asarray(image)).any(axis=2)
    assert not changed[~white(mask)].any()
    assert changed[white(mask)].mean() > 0.95


@pytest.mark.parametrize("radius", [0, 1, 4, 9])
def test_a_feather_lies_within_the_mask(radius):
    mask = mask_of((10, 5, 50, 40))
    weights = np.asarray(masks.feather(mask, radius))
    assert (weights[~white(mask)] == 0).all()
    assert (weights[white(mask)] > 0).all()
    assert weights[22, 30] == 255
    assert weights[22, 10] == round(255 / (radius + 1))


def test_a_feather_leaves_the_picture_s_own_edge_alone():
    assert np.asarray(masks.feather(mask_of((0, 0, 30, 47)), 6))[0, 0] == 255


@pytest.mark.parametrize("radius", [0, 1, 8])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_what_is_kept_is_the_original_bit_for_bit(radius, mode):
    original, drawn, mask = noise(1), noise(2), mask_of((10, 5, 50, 40))
    result = np.asarray(masks.composite(original.convert(mode), drawn, mask, radius))
    assert (result[~white(mask)] == np.asarray(original)[~white(mask)]).all()
    inner = white(masks.grow(mask, -radius))
    assert (result[inner] == np.asarray(drawn)[inner]).all()


def test_what_was_drawn_at_another_size_is_scaled_to_the_original_s():
    original, mask = noise(1), mask_of((10, 5, 50, 40))
    result = masks.composite(original, Image.new("RGB", (32, 24), "red"), mask, 2)
    assert result.size == (64, 48)
    assert result.getpixel((30, 20)) == (255, 0, 0)


def test_a_latent_is_repainted_if_any_of_its_pixels_is():
    cells = masks.latent_mask(mask_of((8, 8, 15, 15), (63, 47, 63, 47)), 8)
    assert (cells.shape, cells.dtype) == ((6, 8), np.float32)
    assert {(int(row), int(column)) for row, column in np.argwhere(cells == 1)} == {(1, 1), (5, 7)}
    assert cells.sum() == 2
