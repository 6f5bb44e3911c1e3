"""Translate messages into the service's words, and failures into sentences."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog
from telegram import BotCommand, ForceReply, Message, Update
from telegram.error import TelegramError
from telegram.ext import BaseHandler, CommandHandler, ContextTypes, MessageHandler, filters

from bot import commands, replies
from bot.commands import Invocation
from bot.parsing import parse_text
from bot.service import Service
from bot.telegram_app.address import SURFACE, origin
from bot.telegram_app.texts import TEXT_LENGTH, shorten
from engine.errors import RequestError

log = structlog.get_logger()

Context = ContextTypes.DEFAULT_TYPE
Handler = BaseHandler[Update, Context, Any]
Callback = Callable[[Update, Context], Coroutine[Any, Any, None]]

OFFERED = tuple(command for command in commands.COMMANDS if SURFACE in command.surfaces)
# Neither an edited message nor one passed on from elsewhere asks for anything.
ASKED = filters.UpdateType.MESSAGE & ~filters.FORWARDED
PRIVATE = ASKED & filters.ChatType.PRIVATE


class AnswersQuestion(filters.MessageFilter):
    """Pass the answers to the bot's question for a prompt; the question itself is all that must be remembered."""

    def filter(self, message: Message) -> bool:
        """Tell whether `message` replies to the question."""
        asked = message.reply_to_message
        mine = bool(asked and asked.from_user and asked.from_user.id == message.get_bot().id)
        return mine and bool(asked and asked.text == replies.ASK_PROMPT)


class Handlers:
    """Answer what people write."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def build(self) -> list[Handler]:
        """List the handlers; the first that fits a message gets it."""
        return [
            CommandHandler([it.name for it in OFFERED if it.makes_job], taking(self._make), ASKED),
            CommandHandler([it.name for it in OFFERED if not it.makes_job], taking(self._answer), ASKED),
            MessageHandler(ASKED & filters.TEXT & ~filters.COMMAND & AnswersQuestion(), taking(self._take_prompt)),
            MessageHandler(PRIVATE & filters.COMMAND, taking(self._refuse)),
            MessageHandler(PRIVATE & filters.TEXT, taking(self._hint)),
        ]

    async def _make(self, message: Message) -> None:
        invocation = parse_text(message.text or "", SURFACE)
        if invocation.options:
            await self._submit(message, invocation)
        else:
            question = ForceReply(selective=True, input_field_placeholder=replies.PROMPT_PLACEHOLDER)
            await message.reply_text(replies.ASK_PROMPT, reply_markup=question)

    async def _take_prompt(self, message: Message) -> None:
        await self._submit(message, parse_text(f"/{commands.IMAGINE.name} {message.text}", SURFACE))

    async def _submit(self, message: Message, invocation: Invocation) -> None:
        """Commit a job; its follower acknowledges it at once, so that a job has one writer of messages."""
        self._service.follow(await self._service.submit(invocation, origin(message)))

    async def _answer(self, message: Message) -> None:
        invocation = parse_text(message.text or "", SURFACE)
        await say(message, await self._service.answer(invocation, origin(message)))

    async def _refuse(self, message: Message) -> None:
        """Raise what the table says of a command that is not in it."""
        commands.find((message.text or "").split()[0].removeprefix("/"), SURFACE)

    async def _hint(self, message: Message) -> None:
        await say(message, replies.NO_WORDS)


def menu() -> list[BotCommand]:
    """List what the app shows behind its "/" button; everybody pressed Start already."""
    return [BotCommand(it.name, replies.COMMAND_HELP[it.name]) for it in OFFERED if it is not commands.START]


def taking(handle: Callable[[Message], Awaitable[None]]) -> Callback:
    """Let a function of a message handle an update."""

    async def callback(update: Update, _: Context) -> None:
        if update.message:
            await handle(update.message)

    return callback


async def say(message: Message, text: str) -> None:
    """Answer in the same chat and topic, in plain text; in groups as a reply."""
    await message.reply_text(shorten(text, TEXT_LENGTH))


async def on_error(update: object, context: Context) -> None:
    """Say whose fault it was; what nobody foresaw goes to the log with its traceback."""
    error = context.error
    message = update.message if isinstance(update, Update) else None
    if isinstance(error, TelegramError):  # the answer itself did not arrive: another one would not either
        log.warning("telegram_answer_lost", error=type(error).__name__, reason=error.message)
    elif isinstance(error, RequestError):
        await _apologise(message, replies.error(error))
    elif error:
        # As text: a renderer that prints local variables would print the token.
        log.error("telegram_update_failed", traceback="".join(traceback.format_exception(error)))
        await _apologise(message, replies.ERRORS["engine_error"])


async def _apologise(message: Message | None, text: str) -> None:
    try:
        if message:
            await say(message, text)
    except TelegramError as error:
        log.warning("telegram_answer_lost", error=type(error).__name__, reason=error.message)
