"""What Telegram shows of the bot before anybody writes to it: its commands and what it is, in each language."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError

from bot.commands.table import COMMANDS, START, Command
from bot.surfaces.telegram.address import SURFACE
from bot.words import replies
from bot.words.localisation import FALLBACK, LANGUAGES, say, speaking

log = structlog.get_logger()

SCOPES = (
    BotCommandScopeDefault(),
    BotCommandScopeAllPrivateChats(),
    BotCommandScopeAllGroupChats(),
    BotCommandScopeAllChatAdministrators(),
)


async def introduce(bot: Bot) -> None:
    """Set the menus and the descriptions; where that fails, those of the last start stay."""
    try:
        for scope in SCOPES:
            for language in LANGUAGES:
                await _set_menu(bot, scope, language)
        await _describe(bot)
    except TelegramError as error:
        log.warning("telegram_menu_not_set", error=type(error).__name__, reason=error.message)


def menu(scope: BotCommandScope, language: str, table: Sequence[Command] = COMMANDS) -> list[BotCommand]:
    """List what the app shows behind its "/" button; everybody pressed Start already."""
    moderating = scope.type == BotCommandScope.ALL_CHAT_ADMINISTRATORS
    offered = [it for it in table if SURFACE in it.surfaces and (moderating or not it.moderators_only)]
    with speaking(language):
        return [BotCommand(it.name, replies.command_help(it)) for it in offered if it is not START]


async def _set_menu(bot: Bot, scope: BotCommandScope, language: str) -> None:
    """Set a menu where it is not the one that is there: changing one is limited more strictly than reading it."""
    wanted, code = menu(scope, language), _code(language)
    if list(await bot.get_my_commands(scope=scope, language_code=code)) != wanted:
        await bot.set_my_commands(wanted, scope=scope, language_code=code)


async def _describe(bot: Bot) -> None:
    """Say what the bot is, where its owner has not done so; English comes last, so that an interruption is repeated."""
    if not (await bot.get_my_description()).description:
        for language in reversed(LANGUAGES):
            with speaking(language):
                await bot.set_my_description(say("telegram-description"), language_code=_code(language))
    if not (await bot.get_my_short_description()).short_description:
        for language in reversed(LANGUAGES):
            with speaking(language):
                await bot.set_my_short_description(say("telegram-short-description"), language_code=_code(language))


def _code(language: str) -> str | None:
    """Return Telegram's code of a language, or nothing for English, which everybody else sees."""
    return None if language == FALLBACK else language
