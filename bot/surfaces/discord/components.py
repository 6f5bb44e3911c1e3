"""The buttons below a message: each one holds all that it takes to obey it, so that it works after a restart too."""

from __future__ import annotations

import re
from typing import Any, Self

import discord
from discord import ui

from bot.commands.buttons import VERBS, Button, Rows

# What our custom ids begin with.
PREFIX = "kandinsky:"
IN_ROW = 5
MOST_ROWS = 5
STYLES = {"go": discord.ButtonStyle.success, "delete": discord.ButtonStyle.danger}


class Press(ui.DynamicItem[ui.Button[ui.View]], template=re.escape(PREFIX) + "(?P<key>.+)"):
    """Be a button that discord.py recognises by its id alone."""

    def __init__(self, item: ui.Button[ui.View], key: str) -> None:
        super().__init__(item)
        self._key = key

    @classmethod
    def of(cls, button: Button, row: int) -> Self:
        """Draw a button in the language that is spoken."""
        item = ui.Button[ui.View](
            label=button.label,
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
