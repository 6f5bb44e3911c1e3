"""Forms that ask for what a button or a menu's entry lacks: words, and pictures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import discord
from discord import ui

from bot.commands.table import Command, Option
from bot.words import replies

LONGEST_TITLE = 45
# Discord does not say when a form is closed without sending it: it is forgotten after as long.
OPEN_S = 60 * 60

Values = dict[str, object]
Filled = Callable[[discord.Interaction[Any], Values], Awaitable[None]]


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
