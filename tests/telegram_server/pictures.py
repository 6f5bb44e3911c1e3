"""Pictures to send, and looks at those that come back."""

import io

from PIL import Image


def png(size: tuple[int, int] = (64, 64), colour: str = "red") -> bytes:
    """Return an evenly coloured PNG."""
    encoded = io.BytesIO()
    Image.new("RGB", size, colour).save(encoded, "PNG")
    return encoded.getvalue()


def gif() -> bytes:
    """Return an animation of two frames."""
    encoded = io.BytesIO()
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(encoded, "GIF", save_all=True, append_images=frames[1:], duration=100, loop=0)
    return encoded.getvalue()


def decoded(data: bytes | None) -> Image.Image:
    """Return a picture whose pixels are loaded."""
    assert data
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def is_red(data: bytes | None) -> bool:
    """Tell whether the middle pixel is red, within JPEG's noise."""
    picture = decoded(data).convert("RGB")
    red, green, blue = picture.getpixel((picture.width // 2, picture.height // 2))
    return red > 240 and green < 15 and blue < 15
