"""Lay out a caption for a picture: legible, in every script that the fonts here have. Pure.

`engine.pictures.finishing` writes it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib import resources
from itertools import groupby

from PIL import ImageFont

from engine.errors import RequestError

# Package, file, place in the file and weight (400 is regular, 700 bold), the first that has a character writes it:
# Latin, Greek and Cyrillic; Chinese, Japanese and Korean as written in China; signs; emoji in one colour.
FONTS = (
    ("manimgx_fonts", "NotoSans[wght].ttf", 0, 600),
    ("manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc", 2, 600),
    ("manimgx_fonts", "NotoSansSymbols[wght].ttf", 0, 600),
    ("manimgx_fonts", "NotoEmoji[wght].ttf", 0, 600),
)
# Shares of the shorter side: the size to begin with, and the one that is still read where a chat shows it small.
LARGEST, SMALLEST = 0.075, 0.024
SMALLEST_PX = 11
SMALL_PX, SMALL_ZOOM = 24, 4
LINE = 1.3
OUTLINE = 0.09
MARGIN = 0.04
# At most this share of the height is written on, or the letters become smaller; the smallest may take more of it.
ROOM, MOST_ROOM = 0.3, 0.5
NO_CHARACTER = "\uffff"
# A line neither begins with a closing sign nor ends with an opening one.
_CLOSING = "，。、！？；：）」』》】〉”’…,.!?;:)]}%"
_OPENING = "（「『《【〈“‘([{"
_WIDE = r"[\u2e80-\u303f\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff]"
_PIECES = re.compile(rf"\s+|[{re.escape(_OPENING)}]*{_WIDE}[{re.escape(_CLOSING)}]*|(?:(?!{_WIDE})\S)+")


def check(text: str, width: int, height: int) -> None:
    """Raise `RequestError` unless `text` can be written legibly into a picture of `width` x `height` pixels."""
    missing = dict.fromkeys(sign for sign in _plain(text) if not sign.isspace() and _font_of(sign) is None)
    if missing:
        raise RequestError("caption_unwritable", characters=" ".join(missing))
    if not _fits(text, width, height):
        raise RequestError("caption_too_long", width=width, height=height, limit=_fitting(text, width, height))


def zoom_of(size: int) -> int:
    """Tell how many times larger letters are drawn, then shrunk: small ones would stand unevenly, on whole pixels."""
    return SMALL_ZOOM if size < SMALL_PX else 1


def layout(text: str, width: int, height: int) -> tuple[int, list[str]]:
    """Find the largest size in pixels at which `text` fits, at least the smallest that is legible, and its lines."""
    size, smallest = max(SMALLEST_PX, round(LARGEST * min(width, height))), _smallest_size(width, height)
    while True:
        lines = _lines(text, size, _across(width))
        if size == smallest or len(lines) * size * LINE <= ROOM * height:
            return size, lines
        size = max(smallest, min(size - 1, round(size * 0.9)))


def _fits(text: str, width: int, height: int) -> bool:
    size = _smallest_size(width, height)
    return len(_lines(text, size, _across(width))) * size * LINE <= MOST_ROOM * height


def _smallest_size(width: int, height: int) -> int:
    return max(SMALLEST_PX, round(SMALLEST * min(width, height)))


def _across(width: int) -> float:
    """Tell how many pixels of the width are written on."""
    return width * (1 - 2 * MARGIN)


def _fitting(text: str, width: int, height: int) -> int:
    """Count how many characters of `text` would fit, from its beginning."""
    low, high = 0, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _fits(text[:middle], width, height) else (low, middle)
    return low


def _lines(text: str, size: int, across: float) -> list[str]:
    """Wrap `text` at spaces and between Chinese characters, and within words only that are longer than a line."""
    lines = []
    for paragraph in _plain(text).splitlines():
        line = ""
        for piece in _PIECES.findall(paragraph):
            if length((line + piece).strip(), size) <= across:
                line += piece
                continue
            lines.append(line)
            *full, line = _broken(piece.strip(), size, across)
            lines += full
        lines.append(line)
    return [line.strip() for line in lines if line.strip()]


def _broken(word: str, size: int, across: float) -> list[str]:
    """Cut a word into pieces that fit on a line."""
    pieces = [""]
    for sign in word:
        if pieces[-1] and length(pieces[-1] + sign, size) > across:
            pieces.append("")
        pieces[-1] += sign
    return pieces


def _plain(text: str) -> str:
    """Leave out what only steers how others are drawn, such as directions and variants, and compose accents."""
    kept = (sign for sign in unicodedata.normalize("NFC", text) if not _steers(sign))
    return "".join(" " if sign != "\n" and (sign.isspace() or ord(sign) < 32) else sign for sign in kept)


def _steers(sign: str) -> bool:
    return unicodedata.category(sign) == "Cf" or "\ufe00" <= sign <= "\ufe0f"


def length(line: str, size: int) -> float:
    """Measure a line of letters of `size` pixels."""
    zoom = zoom_of(size)
    return sum(font.getlength(run) for font, run in runs(line, size * zoom)) / zoom


def runs(line: str, size: int) -> list[tuple[ImageFont.FreeTypeFont, str]]:
    """Split a line into runs of one font each; an accent belongs to what stands before it."""
    numbers: list[int] = []
    for sign in line:
        follows = numbers and unicodedata.combining(sign)
        numbers.append(numbers[-1] if follows else _font_of(sign) or 0)
    pairs = groupby(zip(numbers, line, strict=True), key=lambda pair: pair[0])
    return [(_font(number, size), "".join(sign for _, sign in run)) for number, run in pairs]


@lru_cache(maxsize=4096)
def _font_of(sign: str) -> int | None:
    """Find the first font that has a character: one that has not draws what it draws for no character at all."""
    return next((number for number in range(len(FONTS)) if _glyph(number, sign) != _glyph(number, NO_CHARACTER)), None)


def _glyph(number: int, sign: str) -> tuple[tuple[int, int], bytes]:
    mask = _font(number, 32).getmask(sign)
    return mask.size, bytes(mask)


@lru_cache(maxsize=64)
def _font(number: int, size: int) -> ImageFont.FreeTypeFont:
    package, file, place, weight = FONTS[number]
    with resources.as_file(resources.files(package) / file) as path:
        font = ImageFont.truetype(path, size, index=place)
    font.set_variation_by_axes([weight])
    return font
