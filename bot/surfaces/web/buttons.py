"""The buttons below a result in the chat: how the page writes them, and what one that asks first puts into the line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType

from bot.commands.buttons import VERBS, Button, Rows
from bot.commands.parsing import write_text
from bot.commands.table import Invocation
from bot.words import replies

# The page finds them by this class.
PRESSED = "press"
# What the command needs beside the words that are still to come.
MORE: Mapping[str, Mapping[str, object]] = MappingProxyType({"outpaint": {"extend": "all"}})


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one row of buttons in somebody's language: for each its key, what is read on it, and all that it says.

    `head` stands before buttons that do the same with several pictures; they then show numbers alone.
    """

    head: str
    buttons: tuple[tuple[str, str, str], ...]


def labelled(rows: Rows) -> tuple[Row, ...]:
    """Say in this task's language what each button does."""
    return tuple(_row(row) for row in rows)


def words_of(button: Button) -> str:
    """Say what a button does, its sign in front."""
    return f"{VERBS[button.verb].emoji} {replies.button(button)}".strip()


def html(rows: tuple[Row, ...]) -> str:
    """Write buttons as HTML."""
    return "".join(
        f'<div class="{PRESSED}es">{escape(row.head)} {"".join(_button(*it) for it in row.buttons)}</div>'
        for row in rows
    )


def line_for(button: Button, filled: Mapping[str, str]) -> str:
    """Write the command of a button that asks first, as far as it is known: "/again --of 0123456789 a red circle"."""
    command = VERBS[button.verb].command
    assert command, "a mask is decided on, not commanded"  # noqa: S101 - a programming error
    options = {"of": button.named, **MORE.get(button.verb, {}), (command.main or ""): filled.get(command.main or "")}
    return f"{write_text(Invocation(command, options), main_last=True)} "


def _row(row: tuple[Button, ...]) -> Row:
    if len(row) > 1 and len({button.verb for button in row}) == 1:
        whole = words_of(Button(row[0].verb, row[0].job_id))
        return Row(whole, tuple((it.key, str(it.number), words_of(it)) for it in row))
    return Row("", tuple((it.key, words_of(it), words_of(it)) for it in row))


def _button(key: str, words: str, title: str) -> str:
    described = f'value="{escape(key)}" title="{escape(title)}"'
    return f'<button type="button" class="{PRESSED}" {described}>{escape(words)}</button>'
