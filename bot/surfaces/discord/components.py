"""Discord's message components: the buttons below a message, and the forms that ask for what a command lacks.

A button holds all that it takes to obey it, so that it works after a restart too.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Self

import discord
from discord import ui

from bot.commands.buttons import VERBS, Button, Rows
from bot.commands.table import Command, Option
from bot.words import replies

# What our custom ids begin with.
PREFIX = "kandinsky:"
IN_ROW = 5
MOST_ROWS = 5
LONGEST_TITLE = 45
# Discord does not say when a form is closed without sending it: it is forgotten after as long.
OPEN_S = 60 * 60
STYLES = {"go": discord.ButtonStyle.success, "delete": discord.ButtonStyle.danger}


Values = dict[str, object]
Filled = Callable[[discord.Interaction[Any], Values], Awaitable[None]]


class Press(ui.DynamicItem[ui.Button[ui.View]], template=re.escape(PREFIX) + "(?P<key>.+)"):
    """Be a button that discord.py recognises by its id alone."""

    def __init__(self, item: ui.Button[ui.View], key: str) -> None:
        super().__init__(item)
        self._key = key

    @classmethod
    def of(cls, button: Button, row: int) -> Self:
        """Draw a button in the language that is spoken."""
        item = ui.Button[ui.View](
            label=replies.button(button),
            emoji=VERBS[button.verb].emoji or None,
            style=STYLES.get(button.verb, discord.ButtonStyle.secondary),
            custom_id=PREFIX + button.key,
            row=row,
        )
        return cls(item, button.key)

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003 - discord.py passes it
        item: ui.Item[Any],
        match: re.Match[str],
        /,
    ) -> Self:
        """Recognise a pressed button."""
        return cls(item, match["key"])  # type: ignore[arg-type]  # Discord sends back the button that it was given

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Let the client obey it."""
        await interaction.client.press(interaction, self._key)


def view_of(rows: Rows) -> ui.View | None:
    """Draw rows of buttons, longer ones in several; nothing where there are none."""
    short = [row[start : start + IN_ROW] for row in rows for start in range(0, len(row), IN_ROW)]
    if not short:
        return None
    view = ui.View(timeout=None)
    for index, row in enumerate(short[:MOST_ROWS]):
        for button in row:
            view.add_item(Press.of(button, index))
    return view


class Form(ui.Modal):
    """Ask for options of a command; `held` is what they hold to begin with, `filled` takes what was filled in.

    What is left empty counts as not given.
    """

    def __init__(
        self,
        title: str,
        command: Command,
        asked: Sequence[Option],
        filled: Filled,
        held: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title=title[:LONGEST_TITLE], timeout=OPEN_S)
        self._filled = filled
        self._fields = {option.name: _field(option, (held or {}).get(option.name, "")) for option in asked}
        for option in asked:
            words = replies.option_help(command, option)
            self.add_item(ui.Label(text=option.name, description=words, component=self._fields[option.name]))

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        """Pass on what was filled in."""
        values = {name: _value(field) for name, field in self._fields.items()}
        await self._filled(interaction, {name: value for name, value in values.items() if value is not None})


def options_of(command: Command, names: Sequence[str]) -> tuple[Option, ...]:
    """Return the options of `command` with these names, in their order."""
    known = {option.name: option for option in command.options}
    return tuple(known[name] for name in names)


Field = ui.TextInput[Form] | ui.FileUpload[Form]


def _field(option: Option, held: str) -> Field:
    if option.is_picture:
        return ui.FileUpload(custom_id=option.name, required=option.required, min_values=int(option.required))
    style = discord.TextStyle.paragraph if option.phrase else discord.TextStyle.short
    return ui.TextInput(custom_id=option.name, style=style, required=option.required, default=held or None)


def _value(field: Field) -> object:
    if isinstance(field, ui.FileUpload):
        return field.values[0] if field.values else None
    return field.value if field.value.strip() else None
