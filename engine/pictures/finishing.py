"""Finish a picture after it was drawn: colours set right, a caption written into it. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageOps, ImageStat

from engine import captions
from engine.requests import AnyRequest

# How many per cent of the darkest and of the brightest pixels may become black and white.
CUT_OFF = 0.5
MAX_STRETCH = 2.5
# The share of the range from black to white that a good picture fills, and the one at which all is done that can be.
FULL_RANGE, FADED_RANGE = 0.85, 0.65
# The usual range of a picture's mean chroma, which goes from 0 (gray) to 1, and how far the saturation is turned.
LOW_CHROMA, HIGH_CHROMA = 0.12, 0.45
MOST_FADED, MOST_VIVID = 0.5, 1.8
# Below it, a picture is meant to be black and white, and its colours are noise.
GRAY_CHROMA = 0.015


def finish(image: Image.Image, request: AnyRequest) -> Image.Image:
    """Return `image` as `request` wants it beyond the drawing; a mask stays as it is."""
    if not request.draws:
        return image
    if request.enhance:
        image = enhanced(image)
    return captioned(image, request.caption) if request.caption else image


def enhanced(image: Image.Image) -> Image.Image:
    """Return an RGB picture whose washed-out or too vivid colours are set right; a good one hardly changes."""
    image = _contrasted(image.convert("RGB"))
    measured = chroma(image)
    if measured < GRAY_CHROMA:
        return image
    wanted = min(max(measured, LOW_CHROMA), HIGH_CHROMA)
    factor = min(max(wanted / measured, MOST_FADED), MOST_VIVID)
    return image if factor == 1 else ImageEnhance.Color(image).enhance(factor)


def captioned(image: Image.Image, text: str) -> Image.Image:
    """Return an RGB picture with `text` at its bottom, as large as there is room for it, legible on any ground."""
    written = image.convert("RGB")
    size, lines = captions.layout(text, *image.size)
    # All outlines first, so that none covers the letter before it.
    for colour, outline in (("black", max(1.0, size * captions.OUTLINE)), ("white", 0.0)):
        written.paste(colour, mask=_mask(lines, size, outline, *image.size))
    return written


def _mask(lines: list[str], size: int, outline: float, width: int, height: int) -> Image.Image:
    """Draw lines of `size` pixels, and so far around each letter, as what is to be coloured of `width` x `height`."""
    zoom = captions.zoom_of(size)
    mask = Image.new("L", (width * zoom, height * zoom))
    draw = ImageDraw.Draw(mask)
    baseline = height * (1 - captions.MARGIN / 2) - (len(lines) * captions.LINE - 1) * size
    for number, line in enumerate(lines):
        left = (width - captions.length(line, size)) / 2 * zoom
        for font, run in captions.runs(line, size * zoom):
            place = (left, (baseline + number * captions.LINE * size) * zoom)
            draw.text(place, run, 255, font, anchor="ls", stroke_width=outline * zoom)
            left += font.getlength(run)
    return mask.reduce(zoom)


def chroma(image: Image.Image) -> float:
    """Measure the mean distance between the largest and the smallest of red, green and blue, from 0 to 1."""
    red, green, blue = image.split()
    largest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    smallest = ImageChops.darker(ImageChops.darker(red, green), blue)
    return ImageStat.Stat(ImageChops.subtract(largest, smallest)).mean[0] / 255


def _contrasted(image: Image.Image) -> Image.Image:
    """Spread the brightness over the whole range where it fills too little of it; what is flat stays flat."""
    filled = _filled(image)
    if filled >= FULL_RANGE:
        return image
    spread = ImageOps.autocontrast(image, cutoff=CUT_OFF, preserve_tone=True)
    share = min(1, (FULL_RANGE - filled) / (FULL_RANGE - FADED_RANGE))
    limit = (MAX_STRETCH - 1) / (1 / filled - 1) if filled else 0
    return Image.blend(image, spread, min(share, limit))


def _filled(image: Image.Image) -> float:
    """Measure which share of the range from black to white a picture's brightness fills, few outliers apart."""
    histogram = image.convert("L").histogram()
    cut = sum(histogram) * CUT_OFF / 100
    up_to = list(accumulate(histogram))
    darkest = bisect_right(up_to, cut)
    brightest = bisect_left(up_to, up_to[-1] - cut)
    return max(0, brightest - darkest) / 255
