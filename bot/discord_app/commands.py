"""Build Discord's application commands from the one command table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from inspect import Parameter, Signature
from typing import Any

import discord
from discord import app_commands

from bot import replies
from bot.commands import COMMANDS, Command, Invocation, Option, Upload
from bot.discord_app.translator import in_their_language

Handler = Callable[[discord.Interaction, Invocation], Awaitable[None]]
AppCommand = app_commands.Command[Any, ..., None]
Suggest = Callable[[discord.Interaction, str], Coroutine[Any, Any, list[app_commands.Choice[str]]]]

SURFACE = "discord"
MOST_CHOICES = 25


def build_all(handle: Handler, models: Sequence[str]) -> list[AppCommand]:
    """Build every command that the table offers on Discord; each one ends in `handle`."""
    return [build(command, handle, models) for command in COMMANDS if SURFACE in command.surfaces]


def build(command: Command, handle: Handler, models: Sequence[str]) -> AppCommand:
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
    if any(option.name == "model" for option in offered):
        app_commands.autocomplete(model=_suggest(models))(callback)
    description = in_their_language(partial(replies.command_help, command))
    return app_commands.Command(name=command.name, description=description, callback=callback)


_INTERACTION = Parameter("interaction", Parameter.POSITIONAL_OR_KEYWORD)


def _parameter(option: Option) -> Parameter:
    default = Parameter.empty if option.required else None
    kind = discord.Attachment if option.kind is Upload else option.kind
    return Parameter(option.name, Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def _choices(command: Command, option: Option) -> list[app_commands.Choice[str | int | float]]:
    words = command.choices(option)
    return [app_commands.Choice(name=in_their_language(partial(replies.choice, word)), value=word) for word in words]


def _suggest(models: Sequence[str]) -> Suggest:
    async def suggest(_: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        fitting = [name for name in models if typed.lower() in name.lower()]
        return [app_commands.Choice(name=name, value=name) for name in fitting[:MOST_CHOICES]]

    return suggest
