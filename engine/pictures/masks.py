"""Say where a picture is repainted: masks are "L" images of the picture's size, white (255) where it is, else black."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageFilter

from engine.errors import RequestError

THRESHOLD = 128
TINT = (255, 0, 160)
TINT_STRENGTH = 0.55
# A box over eight-bit values sees a single white pixel as long as it is at most 255 pixels wide.
_MAX_BOX_RADIUS = 127


def has_alpha(image: Image.Image) -> bool:
    """Tell whether transparent pixels say where `image` is repainted."""
    return image.mode == "RGBA" and of_alpha(image).getbbox() is not None


def of_alpha(image: Image.Image) -> Image.Image:
    """Make the mask that repaints the pixels of an RGBA image that are more than half transparent."""
    return image.getchannel("A").point(lambda alpha: 255 * (alpha < THRESHOLD))


def of_picture(mask_image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Read a black-and-white picture as the mask of a picture of `size`; what is transparent in it counts as black.

    Raises `RequestError` where its size is another.
    """
    if mask_image.size != size:
        raise RequestError(
            "mask_size", mask_width=mask_image.width, mask_height=mask_image.height, width=size[0], height=size[1]
        )
    if mask_image.mode == "RGBA":
        mask_image = Image.alpha_composite(Image.new("RGBA", size, "black"), mask_image)
    return mask_image.convert("L").point(lambda value: 255 * (value >= THRESHOLD))


def check(mask: Image.Image) -> None:
    """Raise `RequestError` where nothing would be repainted, or everything."""
    extrema = mask.getextrema()
    if extrema == (0, 0):
        raise RequestError("mask_empty")
    if extrema == (255, 255):
        raise RequestError("mask_full")


def invert(mask: Image.Image) -> Image.Image:
    """Repaint what was kept, and keep what was repainted."""
    return ImageChops.invert(mask)


def grow(mask: Image.Image, pixels: int) -> Image.Image:
    """Repaint also what lies up to `pixels` to any side of the mask; a negative number shrinks it."""
    if pixels < 0:
        return invert(grow(invert(mask), -pixels))
    while pixels > 0:
        radius = min(pixels, _MAX_BOX_RADIUS)
        for box in ((radius, 0), (0, radius)):
            mask = mask.filter(ImageFilter.BoxBlur(box)).point(lambda value: 255 * (value > 0))
        pixels -= radius
    return mask


def resize(mask: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scale a mask; a pixel is repainted if any part of it was, so that thin strokes stay whole."""
    coverage = mask.convert("F").resize(size, Image.Resampling.BOX)
    return Image.fromarray(np.where(np.asarray(coverage) > 0.5, 255, 0).astype(np.uint8))


def overlay(image: Image.Image, mask: Image.Image) -> Image.Image:
    """Show as an RGB image what `mask` repaints, tinted."""
    shown = image.convert("RGB")
    tinted = Image.blend(shown, Image.new("RGB", shown.size, TINT), TINT_STRENGTH)
    return Image.composite(tinted, shown, mask)


def feather(mask: Image.Image, radius: int) -> Image.Image:
    """Make weights that rise from the mask's edge inwards, over `radius` pixels, and are 0 wherever the mask is.

    The weight of a pixel is its chessboard distance to what is kept, over `radius` + 1, at most 1 (255). The picture's
    own edge is no edge of the mask.
    """
    depth = sum(np.asarray(grow(mask, -inset), dtype=np.float32) for inset in range(radius + 1))
    return Image.fromarray(np.round(depth / (radius + 1)).astype(np.uint8))


def composite(original: Image.Image, drawn: Image.Image, mask: Image.Image, radius: int) -> Image.Image:
    """Put what was drawn into the original, as RGB: the kept pixels stay bit for bit, the edge is feathered inside.

    `drawn` is scaled to the original's size; `mask` has it.
    """
    kept = original.convert("RGB")
    new = drawn.convert("RGB").resize(kept.size, Image.Resampling.LANCZOS)
    return Image.composite(new, kept, feather(mask, radius))


def latent_mask(mask: Image.Image, factor: int = 8) -> npt.NDArray[np.float32]:
    """Reduce a mask to latents, [height / factor, width / factor]: 1 where any pixel of the cell is repainted, else 0.

    Both sides of the mask must be multiples of `factor`.
    """
    cells = np.asarray(mask).reshape(mask.height // factor, factor, mask.width // factor, factor)
    repainted: npt.NDArray[np.bool_] = cells.max(axis=(1, 3)) >= THRESHOLD
    return repainted.astype(np.float32)
