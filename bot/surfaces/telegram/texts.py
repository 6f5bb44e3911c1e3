"""Keep a text within the Bot API's limits, which count UTF-16 units."""

from __future__ import annotations

from telegram.constants import MessageLimit

TEXT_LENGTH = int(MessageLimit.MAX_TEXT_LENGTH)
CAPTION_LENGTH = int(MessageLimit.CAPTION_LENGTH)


def shorten(text: str, limit: int) -> str:
    """Cut `text` to `limit` UTF-16 units in front of its last line, which holds the seed or the sum."""
    if units(text) <= limit:
        return text
    head, newline, last = text.rpartition("\n")
    room = limit - units(newline + last) - 1
    return _cut(head, room) + "…" + newline + last if room > 0 and head else _cut(text, limit - 1) + "…"


def units(text: str) -> int:
    """Count the UTF-16 units of a text."""
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str, units: int) -> str:
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore").rstrip()
