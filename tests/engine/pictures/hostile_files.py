"""Files that cost their reader much more than their sender."""

import io
import struct
import zlib

from PIL import Image

SIDE = 8_000
_SCAN = b"\xff\xda"


def large_png(side: int = SIDE, mode: str = "RGBA") -> bytes:
    """Return a picture of 64 megapixels in some kilobytes, the same every time."""
    channels = len(mode)
    packer, row = zlib.compressobj(9), b"\0" + bytes((40, 90, 200, 128)[:channels]) * side
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, {3: 2, 4: 6}[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def jpeg_of_scans(scans: int, side: int = 2_000) -> bytes:
    """Return a progressive JPEG whose last scan, which changes nothing, comes again and again."""
    buffer = io.BytesIO()
    Image.new("L", (side, side), 128).save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    last = data[data.rindex(_SCAN) : -2]
    return data[:-2] + last * scans + data[-2:]


def bmp_of_runs(side: int = 2_000, runs: int = 200_000) -> bytes:
    """Return a BMP whose pixels are runs of one each, which Pillow reads in Python."""
    runs_of_one = b"\1\5" * runs
    head = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(runs_of_one), 0, 0, 256, 0)
    start = 14 + len(head) + 1024
    return b"BM" + struct.pack("<IHHI", start + len(runs_of_one), 0, 0, start) + head + bytes(1024) + runs_of_one


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
