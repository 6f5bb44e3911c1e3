"""Make picture files as people send them, the good and the bad."""

import io
import struct
import zlib

from PIL import Image, ImageDraw


def file_of(image: Image.Image, file_format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def quarters(mode: str = "RGB") -> Image.Image:
    """Make 64 x 48 pixels: red, green, blue and white quarters, from the upper left on."""
    image = Image.new("RGB", (64, 48), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 31, 23), fill=(255, 0, 0))
    draw.rectangle((32, 0, 63, 23), fill=(0, 255, 0))
    draw.rectangle((0, 24, 31, 47), fill=(0, 0, 255))
    return image.convert(mode)


def declared_png(width: int, height: int) -> bytes:
    """Make a PNG that says it has this size, and holds next to nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
