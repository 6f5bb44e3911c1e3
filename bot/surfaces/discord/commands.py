"""Build Discord's application commands from the one command table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from inspect import Parameter, Signature
from typing import Any

import discord
from discord import app_commands

from bot.commands.table import COMMANDS, Command, Invocation, Option, Upload
from bot.surfaces.discord.suggesting import Suggest
from bot.surfaces.discord.translator import in_their_language
from bot.words import replies

Handler = Callable[[discord.Interaction, Invocation], Awaitable[None]]
AppCommand = app_commands.Command[Any, ..., None]

SURFACE = "discord"


def build_all(handle: Handler, suggest: Mapping[str, Suggest]) -> list[AppCommand]:
    """Build every command that the table offers on Discord; each one ends in `handle`."""
    return [build(command, handle, suggest) for command in COMMANDS if SURFACE in command.surfaces]


def build(command: Command, handle: Handler, suggest: Mapping[str, Suggest]) -> AppCommand:
    """Build one command.

    Its numbers carry no native bounds: Discord would refuse them in its own words, and an outdated client's value would
    end in discord.py instead of in a sentence of ours.
    """

    async def callback(interaction: discord.Interaction, **options: object) -> None:
        await handle(interaction, Invocation(command, options))

    # discord.py reads a command's options from its callback's signature.
    offered = command.on(SURFACE)
    callback.__signature__ = Signature([_INTERACTION, *map(_parameter, offered)])  # type: ignore[attr-defined]
    described = {it.name: in_their_language(partial(replies.option_help, command, it)) for it in offered}
    app_commands.describe(**described)(callback)
    if chosen := {option.name: _choices(command, option) for option in offered if command.choices(option)}:
        app_commands.choices(**chosen)(callback)
    if suggested := {it.name: suggest[it.name] for it in offered if it.name in suggest.keys() - chosen}:
        app_commands.autocomplete(**suggested)(callback)
    description = in_their_language(partial(replies.command_help, command))
    built: AppCommand = app_commands.Command(name=command.name, description=description, callback=callback)
    # A server's own settings may let others have it: each such command checks who asks.
    return app_commands.default_permissions(manage_messages=True)(built) if command.moderators_only else built


_INTERACTION = Parameter("interaction", Parameter.POSITIONAL_OR_KEYWORD)


def _parameter(option: Option) -> Parameter:
    default = Parameter.empty if option.required else None
    kind = discord.Attachment if option.kind is Upload else option.kind
    return Parameter(option.name, Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def _choices(command: Command, option: Option) -> list[app_commands.Choice[str | int | float]]:
    words = command.choices(option)
    return [app_commands.Choice(name=in_their_language(partial(replies.choice, word)), value=word) for word in words]
