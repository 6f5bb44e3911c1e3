"""The buttons below a result in the chat: how the page writes them, and what one that asks first puts into the line."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from bot.buttons import VERBS, Button, Rows

# What is pressed, and what is read on it.
Labels = tuple[tuple[tuple[str, str], ...], ...]
# The page finds them by this class.
PRESSED = "press"
# What the command needs beside the words that are still to come.
FLAGS = {"outpaint": "--extend all"}


def labelled(rows: Rows) -> Labels:
    """Say in this task's language what each button does."""
    return tuple(tuple((button.key, words_of(button)) for button in row) for row in rows)


def words_of(button: Button) -> str:
    """Say what a button does, its sign in front."""
    return f"{VERBS[button.verb].emoji} {button.label}".strip()


def html(labels: Labels) -> str:
    """Write buttons as HTML, a line for each row."""
    return "".join(f'<div class="{PRESSED}es">{"".join(map(_button, row))}</div>' for row in labels)


def line_for(button: Button, filled: Mapping[str, str]) -> str:
    """Write the command of a button that asks first, as far as it is known: "/again --of 0123456789 a red circle"."""
    command = VERBS[button.verb].command
    assert command, "a mask is decided on, not commanded"  # noqa: S101 - a programming error
    parts = [f"/{command.name} --of {button.named}", FLAGS.get(button.verb, ""), filled.get(command.main or "", "")]
    return " ".join(part for part in parts if part) + " "


def _button(label: tuple[str, str]) -> str:
    key, words = label
    return f'<button type="button" class="{PRESSED}" value="{escape(key)}">{escape(words)}</button>'
