"""Make the canvas that a picture grows on, and say what of it is painted."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from engine.outpainting import Layout

OVERLAP = 8


def canvas(image: Image.Image, layout: Layout, overlap: int = OVERLAP) -> tuple[Image.Image, Image.Image]:
    """Make the RGB canvas to start from, and its mask.

    What is new continues the picture's edges, blurred. The mask is white there and `overlap` pixels into the picture,
    so that `masks.composite` with a feather of this width blends the seam.
    """
    left, top, right, bottom = layout.box
    picture = image.convert("RGB").resize((right - left, bottom - top), Image.Resampling.LANCZOS)
    margins = ((top, layout.height - bottom), (left, layout.width - right), (0, 0))
    started = Image.fromarray(np.pad(np.asarray(picture), margins, mode="edge"))
    started = started.filter(ImageFilter.GaussianBlur(max(layout.width, layout.height) / 32))
    started.paste(picture, (left, top))
    mask = Image.new("L", started.size, 255)
    mask.paste(0, _inside(layout, overlap))
    return started, mask


def _inside(layout: Layout, overlap: int) -> tuple[int, int, int, int]:
    """Find what is kept: the picture without `overlap` at the edges that touch something new."""
    left, top, right, bottom = layout.box
    overlap = min(overlap, (right - left) // 4, (bottom - top) // 4)
    return (
        left + overlap * (left > 0),
        top + overlap * (top > 0),
        right - overlap * (right < layout.width),
        bottom - overlap * (bottom < layout.height),
    )
