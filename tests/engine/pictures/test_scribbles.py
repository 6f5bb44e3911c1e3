"""What a person painted over a photo is found again in what the app sends back."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from bot.words import replies
from engine.errors import RequestError
from engine.pictures import scribbles

SIDE = 384
Y, X = np.mgrid[0:SIDE, 0:SIDE]


def photo_of(values: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def gradient() -> Image.Image:
    return photo_of(np.stack([X, Y, SIDE - X], -1) / SIDE * 200 + 20)


def noise() -> Image.Image:
    return photo_of(np.random.default_rng(1).normal(110, 30, (SIDE, SIDE, 3)))


def shapes() -> Image.Image:
    image, rng = Image.new("RGB", (SIDE, SIDE), "#7fa0c0"), np.random.default_rng(2)
    draw = ImageDraw.Draw(image)
    for number in range(40):
        x, y, width = (int(value) for value in rng.integers(0, SIDE, 3))
        box = (x, y, x + width // 5 + 5, y + width // 5 + 5)
        (draw.ellipse if number % 2 else draw.rectangle)(
            box, fill=tuple(int(value) for value in rng.integers(0, 170, 3))
        )
    return image


def texture() -> Image.Image:
    waves = 100 + 50 * np.sin(X / 3) + 50 * np.sin((X + 2 * Y) / 7)
    return photo_of(np.stack([waves, waves * 0.8, waves * 0.5], -1))


def landscape() -> Image.Image:
    rng, total = np.random.default_rng(3), np.zeros((SIDE, SIDE, 3))
    for cells in (4, 16, 64, 192):
        layer = photo_of(rng.integers(0, 256, (cells, cells, 3))).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        total += np.asarray(layer) / 4
    return photo_of(total).filter(ImageFilter.GaussianBlur(1))


def checker() -> Image.Image:
    return photo_of(np.repeat(((X // 16 + Y // 16) % 2 * 160 + 40)[..., None], 3, axis=2))


PHOTOS = (gradient, noise, shapes, texture, landscape, checker)


def stroke(width: int = 16) -> Image.Image:
    mask = Image.new("L", (SIDE, SIDE))
    points = [(90, 105), (135, 195), (225, 165), (300, 250), (262, 315)]
    draw = ImageDraw.Draw(mask)
    draw.line(points, fill=255, width=width, joint="curve")
    for x, y in points:
        draw.ellipse((x - width // 2, y - width // 2, x + width // 2, y + width // 2), fill=255)
    return mask


def ring(fill: bool = False) -> Image.Image:
    mask = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(mask).ellipse((90, 110, 290, 270), outline=255, width=12, fill=255 if fill else 0)
    return mask


def sent(photo: Image.Image, quality: int = 80, scale: float = 1.0) -> Image.Image:
    """Do what an app does: scale and compress."""
    buffer = io.BytesIO()
    size = (round(photo.width * scale), round(photo.height * scale))
    photo.resize(size, Image.Resampling.BILINEAR).save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


def painted(photo: Image.Image, mask: Image.Image, colour: str) -> Image.Image:
    copy = photo.copy()
    copy.paste(Image.new("RGB", photo.size, colour), mask=mask)
    return copy


def overlap(found: Image.Image, true: Image.Image) -> float:
    """Divide the intersection by the union."""
    one, other = np.asarray(found) > 0, np.asarray(true) > 0
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize("colour", ["red", "white", "lime", "magenta"])
@pytest.mark.parametrize("photo", PHOTOS)
def test_a_stroke_is_found_after_jpeg(photo, colour):
    found = scribbles.to_mask(photo(), sent(painted(photo(), stroke(), colour)))
    assert found.size == (SIDE, SIDE)
    assert overlap(found, stroke()) >= 0.8


@pytest.mark.parametrize(("quality", "scale"), [(60, 1.0), (80, 0.5), (80, 0.8), (85, 1.25)])
@pytest.mark.parametrize("photo", PHOTOS)
def test_a_stroke_is_found_at_the_size_and_quality_that_the_app_chooses(photo, quality, scale):
    found = scribbles.to_mask(photo(), sent(painted(photo(), stroke(), "red"), quality, scale))
    assert found.size == (SIDE, SIDE)
    assert overlap(found, stroke()) >= 0.8


@pytest.mark.parametrize("photo", PHOTOS)
def test_what_a_closed_outline_surrounds_is_meant(photo):
    found = scribbles.to_mask(photo(), sent(painted(photo(), ring(), "red")))
    assert overlap(found, ring(fill=True)) >= 0.9


@pytest.mark.parametrize("photo", PHOTOS)
def test_nothing_painted_is_nothing_found(photo):
    assert scribbles.to_mask(photo(), sent(photo())).getbbox() is None


def test_two_strokes_are_both_found():
    both = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(both).line((40, 40, 140, 60), fill=255, width=14)
    ImageDraw.Draw(both).line((200, 300, 340, 330), fill=255, width=14)
    assert overlap(scribbles.to_mask(landscape(), sent(painted(landscape(), both, "red"))), both) >= 0.8


def test_a_photo_that_the_app_made_a_little_brighter_is_still_the_same():
    brighter = painted(gradient(), stroke(), "red").point(lambda value: min(255, value + 12))
    assert overlap(scribbles.to_mask(gradient(), sent(brighter)), stroke()) >= 0.8


def test_a_cropped_photo_is_refused():
    with pytest.raises(RequestError) as caught:
        scribbles.to_mask(gradient(), gradient().crop((0, 0, SIDE, SIDE // 2)))
    assert caught.value.code == "scribble_size"
    assert "384x192" in replies.error(caught.value)
