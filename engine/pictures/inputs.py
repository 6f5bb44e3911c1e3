"""Read pictures that people send: whatever the file holds, a plain PNG or one `RequestError` comes out."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import io
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageOps

from engine.errors import RequestError
from engine.outpainting import MAX_RATIO
from engine.pictures.images import PNG_COMPRESSION
from engine.pictures.shrinking import bands, shrunk

Image.init()  # Pillow loads formats as it meets them, and then there may be no descriptor left to read their code by

V = TypeVar("V")
FORMATS = ("PNG", "JPEG", "WebP", "GIF", "BMP", "TIFF")
# What Telegram hands to a bot at most (https://core.telegram.org/bots/api#getfile).
MAX_BYTES = 20 * 2**20
# A phone's photo has 12 to 50 megapixels. Each pixel takes 4 bytes of memory while it is shrunk, in a WebP 16.
MAX_PIXELS = 64_000_000
MAX_WEBP_PIXELS = 24_000_000
MIN_SIDE = 8
# No model here draws larger sides (`ModelSpec.max_size` is 1536), and all that enters one is shrunk to its size anyway.
MAX_SIDE = 2048
# More than these take memory that is worth counting, or time.
LARGE_PIXELS = MAX_SIDE * MAX_SIDE
# A photo has about ten scans. Each costs the whole picture's time again, and a few bytes of the file.
MAX_SCANS = 64
_SCAN = b"\xff\xda"
# This one of Pillow's is written in Python: a byte of the file takes as long as ten pixels of others.
_SLOW_DECODER, _SLOW_PIXELS = "bmp_rle", 10
_TIFF_COMPRESSION, _TIFF_JPEG, _TIFF_STRIPS, _TIFF_TILES = 259, (6, 7), 273, 324


class _Quiet:
    """Keep Python's warnings silent while anybody reads; what `catch_warnings` changes is shared by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers = 0
        self._silence = warnings.catch_warnings()

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        """Be silent from the first reader that comes to the last that goes."""
        with self._lock:
            self._readers += 1
            if self._readers == 1:
                self._silence = warnings.catch_warnings()
                self._silence.__enter__()
                warnings.simplefilter("ignore")
        try:
            yield
        finally:
            with self._lock:
                self._readers -= 1
                if self._readers == 0:
                    self._silence.__exit__(None, None, None)


_quiet = _Quiet()
# One large picture at a time in the whole process, whoever reads it: for the memory.
_one_large = threading.Lock()


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
    seconds for the largest files, and works on one large one at a time. Raises `RequestError` where the file is too
    large, not a picture, of another format, damaged, or of a size or shape that nothing can be drawn from.
    """
    large = weigh(data) > LARGE_PIXELS
    with _one_large if large else contextlib.nullcontext():
        image = _guarded(data, _decode)
        if large:
            _give_back()
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=PNG_COMPRESSION)
    file = buffer.getvalue()
    return Input(file, hashlib.sha256(file).hexdigest(), image.width, image.height)


def weigh(data: bytes) -> int:
    """Tell from a file's head how much work it is to read, in pixels; raise `RequestError` as `read` does."""
    check_bytes(len(data))
    return _guarded(data, _weight)


def check_bytes(size_bytes: int) -> None:
    """Raise `RequestError` where a file is too large, if need be before it is fetched."""
    if size_bytes > MAX_BYTES:
        raise RequestError("picture_too_big_file", megabytes=size_bytes / 2**20, limit=MAX_BYTES // 2**20)


def open_image(data: bytes) -> Image.Image:
    """Read a normalised picture: RGB, or RGBA where something is transparent."""
    image = Image.open(io.BytesIO(data), formats=("PNG",))
    image.load()
    return image


def _guarded(data: bytes, work: Callable[[bytes], V]) -> V:
    """Let only a `RequestError` out of what looks at a hostile file."""
    try:
        with _quiet():
            return work(data)
    except RequestError:
        raise
    except Image.DecompressionBombError:
        raise _too_many_pixels(MAX_PIXELS) from None
    except Exception:  # noqa: BLE001 - a hostile file can make a decoder raise anything
        raise _cannot_read(data) from None


def _open(data: bytes) -> Image.Image:
    """Read the head of a file, and refuse what would take too much before anything of it is decoded."""
    image = Image.open(io.BytesIO(data), formats=[name.upper() for name in FORMATS])
    _check_size(*image.size, MAX_WEBP_PIXELS if image.format == "WEBP" else MAX_PIXELS)
    if _scans(image, data) > MAX_SCANS:
        raise _cannot_read(data)
    return image


def _scans(image: Image.Image, data: bytes) -> int:
    """Count how often a picture of this file is gone over, in a TIFF beyond once for each of its pieces."""
    if image.format in {"JPEG", "MPO"}:
        return data.count(_SCAN)
    tags = getattr(image, "tag_v2", {})
    if image.format != "TIFF" or tags.get(_TIFF_COMPRESSION) not in _TIFF_JPEG:
        return 0
    return data.count(_SCAN) - len(tags.get(_TIFF_STRIPS) or tags.get(_TIFF_TILES) or ())


def _weight(data: bytes) -> int:
    image = _open(data)
    is_slow = any(tile[0] == _SLOW_DECODER for tile in getattr(image, "tile", ()))
    return max(image.width * image.height, len(data) * _SLOW_PIXELS if is_slow else 0)


def _decode(data: bytes) -> Image.Image:
    image = _open(data)
    image.draft(None, (MAX_SIDE, MAX_SIDE))  # a JPEG is decoded at a half, a quarter or an eighth of its size
    image.load()
    return _normalise(image)


def _give_back() -> None:
    """Return to the system what the C library keeps of large pictures, as it does for each thread."""
    with contextlib.suppress(AttributeError, OSError):  # not every C library has it
        ctypes.CDLL(None).malloc_trim(0)


def _check_size(width: int, height: int, most_pixels: int) -> None:
    """Refuse a size before anything of the picture is decoded."""
    if width * height > most_pixels:
        raise _too_many_pixels(most_pixels)
    if min(width, height) < MIN_SIDE:
        raise RequestError("picture_too_small", width=width, height=height, low=MIN_SIDE)
    if max(width, height) > MAX_RATIO * min(width, height):
        raise RequestError("picture_ratio", width=width, height=height, limit=MAX_RATIO)


def _too_many_pixels(most: int) -> RequestError:
    return RequestError("picture_too_many_pixels", limit=most // 1_000_000)


def _cannot_read(data: bytes) -> RequestError:
    """Tell a damaged file of an allowed format from all others."""
    accepts = [Image.OPEN[name.upper()][1] for name in FORMATS]
    known = any(accept is not None and accept(data[:16]) is True for accept in accepts)
    return RequestError("picture_unreadable" if known or not data else "picture_format", formats=list(FORMATS))


def _normalise(image: Image.Image) -> Image.Image:
    told = {name: value for name, value in image.info.items() if name != "transparency"}
    image = _sized(image)
    image.info = told
    profile = told.get("icc_profile")
    with contextlib.suppress(Exception):  # broken metadata: the picture stays as it lies
        ImageOps.exif_transpose(image, in_place=True)
    alpha = image.getchannel("A") if image.mode in {"LA", "RGBA"} else None
    opaque = image.convert(image.mode.removesuffix("A")) if alpha else image
    image = _to_srgb(opaque, profile).convert("RGB")
    if alpha and alpha.getextrema() != (255, 255):
        image.putalpha(alpha)
    image.info.clear()  # what stands there would be written into the file
    return image


def _sized(image: Image.Image) -> Image.Image:
    """Convert to 8 bits a channel, and shrink what is too large."""
    convert = partial(_scaled, ends=_ends(image)) if image.mode.startswith(("I", "F")) else _eight_bits
    return shrunk(image, MAX_SIDE, convert) if max(image.size) > MAX_SIDE else convert(image)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Convert to a mode that can be resized and that a colour profile can describe: L, LA, RGB, RGBA or CMYK."""
    if image.mode in {"L", "LA", "RGB", "RGBA", "CMYK"} and "transparency" not in image.info:
        return image
    if image.has_transparency_data:
        return image.convert("LA" if image.mode in {"1", "L", "La"} else "RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def _ends(image: Image.Image) -> tuple[float, float]:
    """Tell which gray values of 16 or 32 bits are black and white.

    Real numbers from 0 to 1 and whole ones from 0 to 65535 are taken at their word; others are spread over the range.
    """
    found = [(float(values.min()), float(values.max())) for values in (_numbers(band) for _, band in bands(image))]
    lowest, highest = min(low for low, _ in found), max(high for _, high in found)
    white = 1.0 if image.mode == "F" else 65535.0
    return (0.0, white) if lowest >= 0 and highest <= white else (lowest, highest)


def _scaled(image: Image.Image, ends: tuple[float, float]) -> Image.Image:
    """Scale gray values, which Pillow would clip to white, to 8 bits."""
    low, high = ends
    return Image.fromarray(((_numbers(image) - low) * (255 / ((high - low) or 1)) + 0.5).astype(np.uint8))


def _numbers(image: Image.Image) -> npt.NDArray[np.float32]:
    return np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0, neginf=0)


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return image  # a broken profile, or one for other colours than the picture has
    return converted or image
