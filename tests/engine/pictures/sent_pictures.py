"""Files as people send them, and what comes back."""

import io
import random

from PIL import Image, ImageSequence

from engine.requests import AnyRequest, Morph
from engine.workers import fake


def png(width: int = 128, height: int = 64, colour: str = "red") -> bytes:
    """Return a picture whose file is large enough to be cut in the middle."""
    image = Image.new("RGB", (width, height), colour)
    image.paste(Image.frombytes("RGB", (32, 32), random.Random(7).randbytes(32 * 32 * 3)), (0, 0))
    return encoded(image, "PNG")


def encoded(image: Image.Image, file_format: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format)
    return buffer.getvalue()


def damaged() -> bytes:
    """Return a picture whose download ended early."""
    return png()[:2_000]


# What is no picture that anybody can draw from, with the sentence that says so.
BAD_FILES = [
    (damaged(), "That picture is damaged or incomplete."),
    (b"shopping list: milk", "That file is not a picture that can be read here."),
    (png(4, 4), "That picture is too small: 4x4 pixels, each side needs at least 8."),
    (png(1000, 100), "That picture is too long and narrow: 1000x100 pixels."),
]


def frames(data: bytes) -> list[tuple[int, int]]:
    """Return the size of each frame of a file."""
    return [frame.size for frame in ImageSequence.Iterator(Image.open(io.BytesIO(data)))]


def paint_frames(request: AnyRequest) -> list[Image.Image]:
    """Paint for the fake worker, the frames of a morph included."""
    if not isinstance(request, Morph):
        return [fake._paint(request, seed) for seed in request.seeds()]
    return [fake._paint(request, seed) for seed in range(request.frames)]
