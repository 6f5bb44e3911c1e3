"""Translate messages into the service's words, and failures into sentences."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

import structlog
from telegram import Message, Update
from telegram.constants import ChatType
from telegram.error import TelegramError
from telegram.ext import BaseHandler, CommandHandler, ContextTypes, MessageHandler, filters

from bot import commands, replies
from bot.commands import Invocation
from bot.localisation import say
from bot.parsing import parse_text
from bot.service import Service
from bot.telegram_app.address import SURFACE, origin
from bot.telegram_app.albums import Albums
from bot.telegram_app.asking import ask, asked_line, line_of, question_for
from bot.telegram_app.pictures import fetch, sent_with
from bot.telegram_app.texts import TEXT_LENGTH, shorten
from engine.errors import EngineError, RequestError

log = structlog.get_logger()

Context = ContextTypes.DEFAULT_TYPE
Handler = BaseHandler[Update, Context, Any]
Callback = Callable[[Update, Context], Coroutine[Any, Any, None]]

OFFERED = tuple(command for command in commands.COMMANDS if SURFACE in command.surfaces)
# Neither an edited message nor one passed on from elsewhere asks for anything.
ASKED = filters.UpdateType.MESSAGE & ~filters.FORWARDED
PRIVATE = ASKED & filters.ChatType.PRIVATE


class AnswersQuestion(filters.MessageFilter):
    """Pass the answers to the bot's questions."""

    def filter(self, message: Message) -> bool:
        """Tell whether `message` replies to a question."""
        return asked_line(message.reply_to_message) is not None


class Handlers:
    """Answer what people write."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._albums = Albums()

    def build(self) -> list[Handler]:
        """List the handlers; the first that fits a message gets it."""
        return [
            CommandHandler([it.name for it in OFFERED], taking(self._take), ASKED),
            MessageHandler(ASKED & (filters.PHOTO | filters.Document.ALL), taking(self._take)),
            MessageHandler(ASKED & filters.TEXT & ~filters.COMMAND & AnswersQuestion(), taking(self._take)),
            MessageHandler(PRIVATE & filters.COMMAND, taking(self._refuse)),
            MessageHandler(PRIVATE & filters.TEXT, taking(self._hint)),
        ]

    async def _take(self, message: Message) -> None:
        """Obey a message, or an album once it is whole."""
        messages = await self._albums.gather(message)
        if found := line_of(messages) if messages else None:
            await self._obey(*found, messages)
        elif messages and message.chat.type == ChatType.PRIVATE:
            await respond(message, say("no-command"))

    async def _obey(self, message: Message, line: str, messages: Sequence[Message]) -> None:
        """Obey the command in `line`, which `message` gave, with the pictures of all `messages`."""
        if not message.text and message.chat.type != ChatType.PRIVATE and not _is_offered(line):
            return  # several bots share a group
        invocation = parse_text(line, SURFACE)
        if not invocation.command.makes_job:
            await respond(message, (await self._service.answer(invocation, origin(message))).text)
            return
        pictures = sent_with(messages, invocation.command)
        question = question_for(invocation, bool(pictures))
        if question and len(pictures) < 2:  # a question holds one picture
            await ask(message, question, line, pictures)
        else:
            await self._submit(message, replace(invocation, pictures=await fetch(message.get_bot(), pictures)))

    async def _submit(self, message: Message, invocation: Invocation) -> None:
        """Commit a job; its follower acknowledges it at once, so that a job has one writer of messages."""
        self._service.follow(await self._service.submit(invocation, origin(message)))

    async def _refuse(self, message: Message) -> None:
        """Raise what the table says of a command that is not in it."""
        commands.find((message.text or "").split()[0].removeprefix("/"), SURFACE)

    async def _hint(self, message: Message) -> None:
        await respond(message, say("no-words"))


def _is_offered(line: str) -> bool:
    name = line.split()[0].removeprefix("/").partition("@")[0].lower()
    return name in {command.name for command in OFFERED}


def taking(handle: Callable[[Message], Awaitable[None]]) -> Callback:
    """Let a function of a message handle an update."""

    async def callback(update: Update, _: Context) -> None:
        if update.message:
            await handle(update.message)

    return callback


async def respond(message: Message, text: str) -> None:
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
        await _apologise(message, replies.error(EngineError()))


async def _apologise(message: Message | None, text: str) -> None:
    try:
        if message:
            await respond(message, text)
    except TelegramError as error:
        log.warning("telegram_answer_lost", error=type(error).__name__, reason=error.message)
