"""Find what a person painted over a photo, from the photo and what the app sent back: scaled, and as a lossy JPEG."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image, ImageFilter

from engine.errors import RequestError
from engine.pictures import masks

# Strokes are wide; more pixels only cost time.
WORK_SIDE = 1024
# How far the two shapes may differ: apps round to whole pixels.
SAME_RATIO = 0.02
# Differences in colour, of 255. Even a calm photo differs by a few after JPEG.
MIN_WEAK, MAX_WEAK = 14.0, 40.0
STRONG = 2.2
NOISE_DEVIATIONS = 6.0
# From mean to standard deviation of a Gaussian: the median absolute value is 0.6745 of it.
MEDIAN_TO_DEVIATION = 1 / 0.6745
BLUR = 1.0
GAP = 2
# A stroke ends where the difference falls to this share of what it is within so many pixels: blur spreads it further.
EDGE = 0.4
EDGE_PIXELS = 3

Bools = npt.NDArray[np.bool_]


def to_mask(original: Image.Image, painted: Image.Image) -> Image.Image:
    """Make the mask of what was painted: strokes, and what a closed outline surrounds; it has the original's size.

    The difference in colour counts where it stands out from the noise of the file, and grows from there to all that is
    connected to it and less distinct. Raises `RequestError` where `painted` has another shape than `original`.
    """
    _check_shape(original.size, painted.size)
    difference = _difference(original, painted)
    weak = float(np.clip(NOISE_DEVIATIONS * _deviation(difference), MIN_WEAK, MAX_WEAK))
    seeds = _opened(difference > STRONG * weak)
    strokes = _reached(seeds, difference > np.maximum(weak, EDGE * _local_maximum(difference)))
    closed = masks.grow(masks.grow(_image(strokes), GAP), -GAP)
    return masks.resize(_image(_filled(np.asarray(closed) > 0)), original.size)


def _check_shape(original: tuple[int, int], painted: tuple[int, int]) -> None:
    stretched = original[0] * painted[1] / (original[1] * painted[0])
    if abs(stretched - 1) > SAME_RATIO:
        raise RequestError(
            "scribble_size",
            width=painted[0],
            height=painted[1],
            original_width=original[0],
            original_height=original[1],
        )


def _difference(original: Image.Image, painted: Image.Image) -> npt.NDArray[np.float32]:
    """Measure the largest difference of any channel at the smaller of both sizes, after the common shift of each."""
    scale = min(1.0, painted.width / original.width, WORK_SIDE / max(original.size))
    size = (max(1, round(original.width * scale)), max(1, round(original.height * scale)))
    before, after = (
        np.asarray(
            image.convert("RGB").resize(size, Image.Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(BLUR)),
            dtype=np.float32,
        )
        for image in (original, painted)
    )
    difference = after - before
    difference -= np.median(difference, axis=(0, 1))
    largest: npt.NDArray[np.float32] = np.abs(difference).max(axis=2)
    return largest


def _deviation(difference: npt.NDArray[np.float32]) -> float:
    return MEDIAN_TO_DEVIATION * float(np.median(difference))


def _local_maximum(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    padded = np.pad(values, EDGE_PIXELS, mode="edge")
    for axis in (0, 1):
        padded = sliding_window_view(padded, 2 * EDGE_PIXELS + 1, axis=axis).max(axis=-1)
    return padded


def _opened(pixels: Bools) -> Bools:
    opened: Bools = np.asarray(masks.grow(masks.grow(_image(pixels), -1), 1)) > 0
    return opened


def _filled(pixels: Bools) -> Bools:
    """Fill the holes: what cannot be reached from outside."""
    border = np.ones_like(pixels)
    border[1:-1, 1:-1] = False
    filled: Bools = ~_reached(border & ~pixels, ~pixels)
    return filled


def _reached(seeds: Bools, open_pixels: Bools) -> Bools:
    """Find what of `open_pixels` is connected to `seeds` along rows and columns."""
    reached = seeds & open_pixels
    while True:
        before = int(reached.sum())
        for axis in (0, 1):
            for step in (1, -1):
                view = (slice(None, None, step), slice(None)) if axis == 0 else (slice(None), slice(None, None, step))
                reached[view] |= _swept(reached[view], open_pixels[view], axis)
        if int(reached.sum()) == before:
            return reached


def _swept(reached: Bools, open_pixels: Bools, axis: int) -> Bools:
    """Go along `axis`: an open pixel is reached where the last reached one is nearer than the last wall."""
    places = np.arange(1, reached.shape[axis] + 1, dtype=np.int32)
    places = places[:, None] if axis == 0 else places[None, :]
    last_reached = np.maximum.accumulate(np.where(reached, places, 0), axis=axis)
    last_wall = np.maximum.accumulate(np.where(open_pixels, 0, places), axis=axis)
    swept: Bools = last_reached > last_wall
    return swept


def _image(pixels: Bools) -> Image.Image:
    return Image.fromarray(pixels.astype(np.uint8) * 255)
