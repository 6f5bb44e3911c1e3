"""Build the entries of a message's menu: commands about the picture that the message holds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import discord
from discord import app_commands, ui

from bot import replies
from bot.commands import DRAWING_COMMANDS, Command, Invocation, Option
from bot.discord_app.client import apologise
from bot.discord_app.commands import Handler
from bot.discord_app.pictures import first_picture
from bot.discord_app.translator import in_their_language
from bot.localisation import say, speaking

# What a form asks for, of what the command takes.
ASKED = ("prompt", "strength")
# The commands that stand in a picture's menu.
MENU = ("img2img", "variations", "upscale")


def build_menus(handle: Handler) -> list[app_commands.ContextMenu]:
    """Build the entries; where the command cannot do without words, a form asks for them first."""
    return [build_menu(command, handle) for command in DRAWING_COMMANDS if command.name in MENU]


def build_menu(command: Command, handle: Handler) -> app_commands.ContextMenu:
    """Build the entry for one command that takes one picture."""
    [picture] = command.pictures()
    asked = [option for option in command.options if option.name in ASKED]
    needs_words = any(option.required for option in asked)

    async def callback(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        invocation = Invocation(command, {picture.name: first_picture(message.attachments)})
        if needs_words:
            with speaking(str(interaction.locale)):
                form = Form(invocation, asked, handle)
            await interaction.response.send_modal(form)
        else:
            await handle(interaction, invocation)

    name = in_their_language(partial(say, f"menu-{command.name}"))
    return app_commands.ContextMenu(name=name, callback=callback)


class Form(ui.Modal):
    """Ask for the options of a command; what is left empty counts as not given."""

    def __init__(self, invocation: Invocation, asked: Sequence[Option], handle: Handler) -> None:
        super().__init__(title=say(f"menu-{invocation.command.name}"))
        self._invocation = invocation
        self._handle = handle
        self._inputs = {option.name: _input(option) for option in asked}
        for option in asked:
            words = replies.option_help(invocation.command, option)
            self.add_item(ui.Label(text=option.name, description=words, component=self._inputs[option.name]))

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        """Obey the command as if it had been typed."""
        given = {name: field.value for name, field in self._inputs.items() if field.value.strip()}
        options = {**self._invocation.options, **given}
        await self._handle(interaction, Invocation(self._invocation.command, options))

    async def on_error(  # type: ignore[override]  # as discord.py itself overrides it for forms
        self, interaction: discord.Interaction[Any], error: Exception, /
    ) -> None:
        """Answer a failure as that of a typed command."""
        await apologise(interaction, error)


def _input(option: Option) -> ui.TextInput[Form]:
    style = discord.TextStyle.paragraph if option.phrase else discord.TextStyle.short
    return ui.TextInput(custom_id=option.name, style=style, required=option.required)
