"""Build Discord's application commands from the one command table: slash commands, and a picture's menu."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from inspect import Parameter, Signature
from types import MappingProxyType
from typing import Any

import discord
from discord import Locale, app_commands
from discord.app_commands import TranslationContextTypes, Translator, locale_str

from bot.commands.table import COMMANDS, Command, Invocation, Option, Upload, find
from bot.surfaces.discord.address import SURFACE
from bot.surfaces.discord.suggesting import Suggest
from bot.words import replies
from bot.words.localisation import FALLBACK, language_of, say, speaking

Handler = Callable[[discord.Interaction, Invocation], Awaitable[None]]
AppCommand = app_commands.Command[Any, ..., None]
Choose = Callable[[discord.Interaction[Any], discord.Message, Command, Sequence[str]], Awaitable[None]]

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


def build_all(handle: Handler, suggest: Mapping[str, Suggest]) -> list[AppCommand]:
    """Build every command that the table offers on Discord; each one ends in `handle`."""
    return [build(command, handle, suggest) for command in COMMANDS if SURFACE in command.surfaces]


def build(command: Command, handle: Handler, suggest: Mapping[str, Suggest]) -> AppCommand:
    """Build one command.

    Its numbers carry no native bounds: Discord would refuse them in its own words, and an outdated client's value would
    end in discord.py instead of in a sentence of ours.
    """

    async def callback(interaction: discord.Interaction, **options: object) -> None:
        given = {name: value for name, value in options.items() if value is not None}
        await handle(interaction, Invocation(command, given))

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


def build_menus(choose: Choose) -> list[app_commands.ContextMenu]:
    """Build the entries; each one ends in `choose`."""
    return [build_menu(find(name, SURFACE), asked, choose) for name, asked in MENU.items()]


def build_menu(command: Command, asked: Sequence[str], choose: Choose) -> app_commands.ContextMenu:
    """Build the entry for one command that takes a picture."""

    async def callback(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await choose(interaction, message, command, asked)

    name = in_their_language(partial(say, f"menu-{command.name}"))
    return app_commands.ContextMenu(name=name, callback=callback)


def in_their_language(words: Callable[[], str]) -> locale_str:
    """Mark what `words` says, which is English here, to be said again in each language."""
    with speaking(FALLBACK):
        return locale_str(words(), words=words)


# Discord asks for each of some dozens of locales, of each of some hundreds of words.
SPOKEN = frozenset(locale for locale in Locale if language_of(str(locale)) != FALLBACK)


class Words(Translator):
    """Translate what was marked; the names of commands and options, which nobody marked, stay as they are."""

    async def translate(self, string: locale_str, locale: Locale, context: TranslationContextTypes) -> str | None:
        """Say `string` in the language of `locale`, or nothing where that is English anyway."""
        words: Callable[[], str] | None = string.extras.get("words")
        if words is None or locale not in SPOKEN:
            return None
        with speaking(str(locale)):
            return words()


_INTERACTION = Parameter("interaction", Parameter.POSITIONAL_OR_KEYWORD)


def _parameter(option: Option) -> Parameter:
    default = Parameter.empty if option.required else None
    kind = discord.Attachment if option.kind is Upload else option.kind
    return Parameter(option.name, Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def _choices(command: Command, option: Option) -> list[app_commands.Choice[str | int | float]]:
    words = command.choices(option)
    return [app_commands.Choice(name=in_their_language(partial(replies.choice, word)), value=word) for word in words]
