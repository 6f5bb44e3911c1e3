"""Lay buttons out below a message, and read back from them what a message shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message

from bot.commands.buttons import VERBS, Button, Rows
from bot.words import replies
from engine.errors import RequestError

# A phone shows about so many words in a row, or so many numbers.
WORDS_IN_ROW = 3
NUMBERS_IN_ROW = 5


@dataclass(frozen=True, slots=True)
class Shown:
    """Say what a message of the bot shows: a job, and which one of its pictures, if it shows just one."""

    job_id: str
    named: str = ""
    is_sheet: bool = False


def keyboard(rows: Rows) -> InlineKeyboardMarkup | None:
    """Lay out buttons, or none; the key of each is what comes back when it is pressed."""
    laid = [[InlineKeyboardButton(text, callback_data=key) for text, key in line] for line in _lines(rows)]
    return InlineKeyboardMarkup(laid) if laid else None


def shown_in(message: Message | None) -> Shown | None:
    """Tell what `message` shows, if there are buttons of this bot below it."""
    buttons = list(_buttons(message))
    if not buttons:
        return None
    one = next((button for button in buttons if button.verb == "inpaint"), None)
    is_sheet = any(button.verb == "full" for button in buttons)
    return Shown(buttons[0].job_id, one.named if one else "", is_sheet)


def _buttons(message: Message | None) -> Iterator[Button]:
    if not message or not message.from_user or message.from_user.id != message.get_bot().id:
        return
    for row in message.reply_markup.inline_keyboard if message.reply_markup else ():
        for each in row:
            if isinstance(each.callback_data, str):
                try:
                    yield Button.read(each.callback_data)
                except RequestError:  # of an older version
                    continue


def _lines(rows: Rows) -> Iterator[list[tuple[str, str]]]:
    for row in rows:
        counted = len({button.verb for button in row}) == 1 and len(row) > WORDS_IN_ROW - 1
        labels = [(_sign(button) if counted else _label(button), button.key) for button in row]
        # Lines of about the same length: six words are three and three, four are two and two.
        count = -(-len(labels) // (NUMBERS_IN_ROW if counted else WORDS_IN_ROW))
        size = -(-len(labels) // count)
        yield from (labels[begin : begin + size] for begin in range(0, len(labels), size))


def _label(button: Button) -> str:
    return f"{VERBS[button.verb].emoji} {replies.button(button)}".strip()


def _sign(button: Button) -> str:
    return f"{VERBS[button.verb].emoji} {button.number}"
