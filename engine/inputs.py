"""Read pictures that people send."""

from __future__ import annotations

import io

from PIL import Image


def open_image(data: bytes) -> Image.Image:
    """Read a normalised picture."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image
