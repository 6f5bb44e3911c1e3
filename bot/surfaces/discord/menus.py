"""Build the entries of a message's menu: commands about the picture that the message holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import discord
from discord import app_commands

from bot.commands.table import Command, find
from bot.surfaces.discord.commands import SURFACE
from bot.surfaces.discord.translator import in_their_language
from bot.words.localisation import say

# The commands in a picture's menu, and what a form asks for before each: Discord shows at most 15.
MENU = MappingProxyType(
    {
        "img2img": ("prompt", "strength"),
        "inpaint": ("mask", "where", "prompt"),
        "mix": ("parts", "image2"),
        "variations": (),
        "upscale": (),
        "show": (),
    }
)
Choose = Callable[[discord.Interaction[Any], discord.Message, Command, Sequence[str]], Awaitable[None]]


def build_menus(choose: Choose) -> list[app_commands.ContextMenu]:
    """Build the entries; each one ends in `choose`."""
    return [build_menu(find(name, SURFACE), asked, choose) for name, asked in MENU.items()]


def build_menu(command: Command, asked: Sequence[str], choose: Choose) -> app_commands.ContextMenu:
    """Build the entry for one command that takes a picture."""

    async def callback(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await choose(interaction, message, command, asked)

    name = in_their_language(partial(say, f"menu-{command.name}"))
    return app_commands.ContextMenu(name=name, callback=callback)
