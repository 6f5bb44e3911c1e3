"""Read the parts of a mix or a morph: words and pictures with weights. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.commands.table import Taken
from engine.errors import RequestError
from engine.request import Request

# "a tiger":0.4, whatever quotation marks the keyboard writes; cat.png:0.6; image2:0.6.
_WEIGHT = r":(\d+(?:\.\d+)?|\.\d+)"
_CLOSING = '"“”«»'
_QUOTED = re.compile(rf"[\"“”„«»](.[^{_CLOSING}]*)[{_CLOSING}](?:{_WEIGHT})?")
_NAMED = re.compile(
    rf"([^\s|]+\.(?:png|jpe?g|webp|gif|bmp|tiff?)|(?:image|picture)[1-4])(?:{_WEIGHT})?(?=[\s|]|$)", re.IGNORECASE
)
_WORDS = re.compile(r"([^|]+)")
_AT_THE_END = re.compile(rf"{_WEIGHT}$")
_GAP = re.compile(r"[\s|]*")


def read_parts(kind: type[Request], text: str, given: Sequence[Taken]) -> dict[str, object]:
    """Read what is to be mixed: words and pictures in the order in which they are named, then the other pictures.

    Returns the fields of a `Mix` or a `Morph`; raises `RequestError` where a morph has not just two ends.
    """
    named = {picture.name.lower(): picture for picture in given}
    named |= {f"{word}{number}": picture for word in ("image", "picture") for number, picture in enumerate(given, 1)}
    parts, left = [], list(given)
    for token, weight in split_parts(text):
        picture = named.get(token.lower())
        if picture in left:
            left.remove(picture)
        parts.append(_part(picture, token, weight))
    parts += [_part(picture, "", None) for picture in left]
    if kind.is_average:
        return {"parts": parts}
    if len(parts) != 2:
        raise RequestError("wrong_ends", count=len(parts))
    return {"start": parts[0], "end": parts[1]}


def _part(picture: Taken | None, token: str, weight: str | None) -> dict[str, object]:
    what: dict[str, object] = {"picture": picture.picture} if picture else {"text": token}
    return what | ({"weight": float(weight)} if weight else {})


def split_parts(text: str) -> Iterator[tuple[str, str | None]]:
    """Split `"a tiger":0.4 cat.png:0.6` or `a tiger | a cat` into words or names and their weights.

    It looks at each character a few times, however long the text is: what one look has passed over is taken.
    """
    text = " ".join(text.split())
    last_mark = max(map(text.rfind, _CLOSING))
    place = _after_gap(text, 0)
    while place < len(text):
        # A mark that nothing closes is a character like any other, and nobody looks for its end.
        quoted = _QUOTED.match(text, place) if place + 2 <= last_mark else None
        if match := quoted or _NAMED.match(text, place):
            yield match[1].strip(), match[2]
        elif match := _WORDS.match(text, place):
            yield _weighed(match[1].strip())
        place = _after_gap(text, match.end() if match else len(text))


def _after_gap(text: str, place: int) -> int:
    match = _GAP.match(text, place)
    return match.end() if match else place


def _weighed(words: str) -> tuple[str, str | None]:
    """Take the weight off the end of some words; a weight alone is words."""
    weight = _AT_THE_END.search(words, 1)
    return (words[: weight.start()].strip(), weight[1]) if weight else (words, None)
