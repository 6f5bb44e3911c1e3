"""Shrink pictures that are larger than anything here can use, in little more memory than they take themselves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from PIL import Image

# Rows that are converted at a time: of a picture of 64 megapixels about eight megabytes.
BAND_ROWS = 256
# Colours that lie under a transparent pixel must not bleed into its neighbours.
PREMULTIPLIED = {"RGBA": "RGBa", "LA": "La"}
PLAIN = {premultiplied: mode for mode, premultiplied in PREMULTIPLIED.items()}

# What makes a band's pixels such as can be resized.
Convert = Callable[[Image.Image], Image.Image]


def shrunk(image: Image.Image, side: int, convert: Convert) -> Image.Image:
    """Return `image`, its pixels through `convert`, with sides of at most `side` pixels, in proportion.

    What `Image.resize` does in one step is done band by band: the rows are made narrower, then all of it lower. So
    nothing of the full size stands beside the picture, whose decoded pixels are the larger part of what this takes.
    """
    width, height = _within(image.width, image.height, side)
    narrow: Image.Image | None = None
    for top, band in bands(image):
        band = _premultiplied(convert(band)).resize((width, band.height), Image.Resampling.LANCZOS)
        narrow = narrow or Image.new(band.mode, (width, image.height))
        narrow.paste(band, (0, top))
    assert narrow  # noqa: S101 - a picture has rows
    low = narrow.resize((width, height), Image.Resampling.LANCZOS)
    return low.convert(PLAIN.get(low.mode, low.mode))


def bands(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Cut a picture into bands of some rows; each comes with the number of its first row."""
    for top in range(0, image.height, BAND_ROWS):
        yield top, image.crop((0, top, image.width, min(top + BAND_ROWS, image.height)))


def _premultiplied(image: Image.Image) -> Image.Image:
    return image.convert(PREMULTIPLIED.get(image.mode, image.mode))


def _within(width: int, height: int, side: int) -> tuple[int, int]:
    """Find the size whose longer side is `side` and whose ratio is nearest, as `Image.thumbnail` does."""
    ratio = width / height
    if ratio <= 1:
        return max(1, min(_whole(side * ratio), key=lambda it: abs(ratio - it / side))), side
    return side, max(1, min(_whole(side / ratio), key=lambda it: abs(ratio - side / it) if it else 0.0))


def _whole(number: float) -> tuple[int, int]:
    return math.floor(number), math.ceil(number)
