"""Read pictures that people send: whatever the file holds, a plain PNG or one `RequestError` comes out."""

from __future__ import annotations

import contextlib
import hashlib
import io
import threading
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms, ImageOps

from engine.errors import RequestError
from engine.outpainting import MAX_RATIO
from engine.pictures.images import PNG_COMPRESSION

FORMATS = ("PNG", "JPEG", "WebP", "GIF", "BMP", "TIFF")
# What Telegram hands to a bot at most (https://core.telegram.org/bots/api#getfile).
MAX_BYTES = 20 * 2**20
# A phone's photo has 12 to 50 megapixels. One of 64 with transparency takes nearly a gigabyte while it is shrunk.
MAX_PIXELS = 64_000_000
MIN_SIDE = 8
# No model here draws larger sides (`ModelSpec.max_size` is 1536), and all that enters one is shrunk to its size anyway.
MAX_SIDE = 2048
# One picture at a time: for the memory, and because `catch_warnings` changes what all threads share.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Input:
    """Hold a normalised picture as a PNG file with its checksum; sizes are pixels."""

    data: bytes
    sha256: str
    width: int
    height: int


def read(data: bytes) -> Input:
    """Normalise a file that a person sent: its first frame, upright, sRGB, 8 bits, RGB or RGBA, no metadata.

    RGBA is kept only where something is transparent. Sides over `MAX_SIDE` pixels are shrunk in proportion. Takes
    seconds for the largest files, and works on one at a time. Raises `RequestError` where the file is too large, not a
    picture, of another format, damaged, or of a size or shape that nothing can be drawn from.
    """
    check_bytes(len(data))
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = _decode(data)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=PNG_COMPRESSION)
    file = buffer.getvalue()
    return Input(file, hashlib.sha256(file).hexdigest(), image.width, image.height)


def check_bytes(size_bytes: int) -> None:
    """Raise `RequestError` where a file is too large, if need be before it is fetched."""
    if size_bytes > MAX_BYTES:
        raise RequestError("picture_too_big_file", megabytes=size_bytes / 2**20, limit=MAX_BYTES // 2**20)


def open_image(data: bytes) -> Image.Image:
    """Read a normalised picture: RGB, or RGBA where something is transparent."""
    image = Image.open(io.BytesIO(data), formats=("PNG",))
    image.load()
    return image


def _decode(data: bytes) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(data), formats=[name.upper() for name in FORMATS])
        _check_size(*image.size)
        image.draft(None, (MAX_SIDE, MAX_SIDE))  # a JPEG is decoded at a half, a quarter or an eighth of its size
        image.load()
        return _normalise(image)
    except RequestError:
        raise
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except Exception:  # noqa: BLE001 - a hostile file can make a decoder raise anything
        raise _cannot_read(data) from None


def _check_size(width: int, height: int) -> None:
    """Refuse a size before anything of the picture is decoded."""
    if width * height > MAX_PIXELS:
        raise _too_many_pixels()
    if min(width, height) < MIN_SIDE:
        raise RequestError("picture_too_small", width=width, height=height, low=MIN_SIDE)
    if max(width, height) > MAX_RATIO * min(width, height):
        raise RequestError("picture_ratio", width=width, height=height, limit=MAX_RATIO)


def _too_many_pixels() -> RequestError:
    return RequestError("picture_too_many_pixels", limit=MAX_PIXELS // 1_000_000)


def _cannot_read(data: bytes) -> RequestError:
    """Tell a damaged file of an allowed format from all others."""
    Image.init()  # Pillow loads most formats only when it meets a file that the common ones do not know
    accepts = [Image.OPEN[name.upper()][1] for name in FORMATS]
    known = any(accept is not None and accept(data[:16]) is True for accept in accepts)
    return RequestError("picture_unreadable" if known or not data else "picture_format", formats=list(FORMATS))


def _normalise(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    image = _eight_bits(image)
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    with contextlib.suppress(Exception):  # broken metadata: the picture stays as it lies
        ImageOps.exif_transpose(image, in_place=True)
    alpha = image.getchannel("A") if image.mode in {"LA", "RGBA"} else None
    opaque = image.convert(image.mode.removesuffix("A")) if alpha else image
    image = _to_srgb(opaque, profile).convert("RGB")
    if alpha and alpha.getextrema() != (255, 255):
        image.putalpha(alpha)
    image.info.clear()  # what stands there would be written into the file
    return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Convert to a mode that can be resized and that a colour profile can describe: L, LA, RGB, RGBA or CMYK."""
    if image.mode.startswith(("I", "F")):
        return _scaled(image)
    if image.mode in {"L", "LA", "RGB", "RGBA", "CMYK"} and "transparency" not in image.info:
        return image
    if image.has_transparency_data:
        return image.convert("LA" if image.mode in {"1", "L", "La"} else "RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def _scaled(image: Image.Image) -> Image.Image:
    """Scale gray values of 16 or 32 bits, which Pillow would clip to white, to 8.

    Real numbers from 0 to 1 and whole ones from 0 to 65535 are taken at their word; others are spread over the range.
    """
    values = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0, neginf=0)
    low, high = 0.0, 1.0 if image.mode == "F" else 65535.0
    if values.min() < low or values.max() > high:
        low, high = float(values.min()), float(values.max())
    gray = Image.fromarray(((values - low) * (255 / ((high - low) or 1)) + 0.5).astype(np.uint8))
    gray.info = image.info
    return gray


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return image  # a broken profile, or one for other colours than the picture has
    return converted or image
