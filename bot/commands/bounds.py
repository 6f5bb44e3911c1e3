"""How much text is read at all: what is longer is refused before any reader sees it. Pure."""

from __future__ import annotations

from bot.commands.table import Invocation, Taken, Upload
from engine.errors import RequestError
from engine.request import MAX_PROMPT
from engine.requests import MAX_PROMPTS

# In characters: a batch of the longest prompts, a negative one, and room for all its flags. Discord hands over at most
# 6,000 for each option, Telegram 4,096 for a message; the page and the shell have no bound of their own.
MAX_TEXT = (MAX_PROMPTS + 2) * MAX_PROMPT
# The same as a file in UTF-8, where a character takes up to four bytes.
MAX_LIST_BYTES = 4 * MAX_TEXT


def check_text(text: str) -> None:
    """Raise `RequestError` for a line that is longer than any command."""
    _check(len(text))


def check_texts(invocation: Invocation) -> None:
    """Raise `RequestError` where all that a command's options say is longer together than any command."""
    _check(sum(len(str(value)) for value in invocation.given.values() if not isinstance(value, Upload | Taken)))


def check_list(name: str, data: bytes) -> None:
    """Raise `RequestError` for a text file, called `name`, that is larger than any list of prompts."""
    if len(data) > MAX_LIST_BYTES:
        raise RequestError("list_too_big", file=name, kilobytes=-(-len(data) // 1000), limit=MAX_LIST_BYTES // 1000)


def _check(length: int) -> None:
    if length > MAX_TEXT:
        raise RequestError("text_too_long", length=length, limit=MAX_TEXT)
