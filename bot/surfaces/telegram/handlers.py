"""Translate messages and presses into the service's words, and failures into sentences."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from telegram import Bot, CallbackQuery, Message, Update
from telegram.constants import ChatType
from telegram.error import TelegramError
from telegram.ext import BaseHandler, CallbackQueryHandler, CommandHandler, ContextTypes, MessageHandler, filters

from bot.commands import table as commands
from bot.commands.parsing import parse_text
from bot.service.service import Service
from bot.surface import Answer, Origin, Undeliverable
from bot.surfaces.telegram.address import SURFACE, Address
from bot.surfaces.telegram.albums import Albums
from bot.surfaces.telegram.answering import respond
from bot.surfaces.telegram.asking import asked, line_of
from bot.surfaces.telegram.obeying import Obeying, Wish
from bot.surfaces.telegram.people import People
from bot.surfaces.telegram.pictures import sent_with
from bot.surfaces.telegram.pressing import Pressing, tell
from bot.surfaces.telegram.referring import painted_over, referring
from bot.words import replies
from bot.words.localisation import say, speaking
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
        return asked(message.reply_to_message) is not None


class Handlers:
    """Answer what people write and press, each in their language."""

    def __init__(self, bot: Bot, service: Service) -> None:
        self._bot = bot
        self._service = service
        self._albums = Albums()
        self._people = People(bot)
        self._obeying = Obeying(bot, service)
        self._pressing = Pressing(service, self._obeying)

    def build(self) -> list[Handler]:
        """List the handlers; the first that fits an update gets it."""
        take = self._speaking(self._take)
        return [
            CallbackQueryHandler(self._press),
            CommandHandler([it.name for it in OFFERED], take, ASKED),
            MessageHandler(ASKED & (filters.PHOTO | filters.Document.ALL), take),
            MessageHandler(ASKED & filters.TEXT & ~filters.COMMAND & AnswersQuestion(), take),
            MessageHandler(PRIVATE & filters.COMMAND, self._speaking(self._refuse)),
            MessageHandler(PRIVATE & filters.TEXT, self._speaking(self._hint)),
        ]

    def _speaking(self, handle: Callable[[Message], Awaitable[None]]) -> Callback:
        """Let a function of a message handle an update, in the language of its writer."""

        async def callback(update: Update, _: Context) -> None:
            if message := update.message:
                origin = await self._people.asking(message)
                with speaking((await self._service.settings(origin)).language):
                    await told(handle(message), partial(self._say, message))

        return callback

    async def _press(self, update: Update, _: Context) -> None:
        """Obey a press, in the language of the person who pressed."""
        query = update.callback_query
        if not query or not query.message:
            return
        message = _readable(query)
        origin = await self._people.pressing(query, message)
        with speaking((await self._service.settings(origin)).language):
            await told(self._pressing.obey(query, message, origin), partial(self._say_to_presser, query, message))

    async def _take(self, message: Message) -> None:
        """Obey a message, or an album once it is whole."""
        messages = await self._albums.gather(message)
        if found := (line_of(messages) or painted_over(messages)) if messages else None:
            await self._obey(*found, messages)
        elif messages and message.chat.type == ChatType.PRIVATE:
            await self._say(message, say("no-command"))

    async def _obey(self, message: Message, line: str, messages: Sequence[Message]) -> None:
        """Obey the command in `line`, which `message` gave, with the pictures of all `messages`."""
        if not message.text and message.chat.type != ChatType.PRIVATE and not _is_offered(line):
            return  # several bots share a group
        line = referring(line, messages)
        invocation = parse_text(line, SURFACE)
        origin = await self._people.asking(message)
        wish = Wish(line, invocation, origin, sent_with(messages, invocation))
        if answer := await self._obeying.obey(wish):
            await self._obeying.post(answer, replace(wish, origin=_unquoted(origin)))

    async def _refuse(self, message: Message) -> None:
        """Raise what the table says of a command that is not in it."""
        commands.find((message.text or "").split()[0].removeprefix("/"), SURFACE)

    async def _hint(self, message: Message) -> None:
        await self._say(message, say("no-words"))

    async def _say(self, message: Message, text: str) -> None:
        """Answer in the same chat and topic; in groups as a reply."""
        address = Address.of(message)
        await respond(self._bot, replace(address, reply_to=None) if address.is_private else address, Answer(text))

    async def _say_to_presser(self, query: CallbackQuery, message: Message, text: str) -> None:
        await tell(query, text, partial(self._say, message, text))


def _unquoted(origin: Origin) -> Origin:
    """Let an answer stand below its command without quoting it, where nobody else writes."""
    return replace(origin, address={**origin.address, "reply_to": None}) if origin.is_private else origin


def _readable(query: CallbackQuery) -> Message:
    """Return the message of a press; of one that Telegram shows no more, its number and its chat."""
    shown = query.message
    assert shown  # noqa: S101 - it was looked at before
    if isinstance(shown, Message):
        return shown
    message = Message(shown.message_id, shown.date, shown.chat)
    message.set_bot(query.get_bot())
    return message


def _is_offered(line: str) -> bool:
    name = line.split()[0].removeprefix("/").partition("@")[0].lower()
    return name in {command.name for command in OFFERED}


async def told(work: Awaitable[None], say_it: Callable[[str], Awaitable[None]]) -> None:
    """Do `work`, and say whose fault it was where it fails; what nobody foresaw goes to the log with its traceback."""
    try:
        await work
    except TelegramError as error:  # the answer itself did not arrive: another one would not either
        _answer_lost(error)
    except Undeliverable as error:
        await _apologise(say_it, EngineError("undeliverable", reason=str(error)))
    except RequestError as error:
        await _apologise(say_it, error)
    except Exception as error:  # noqa: BLE001 - whatever it was, the person hears of it
        # As text: a renderer that prints local variables would print the token.
        log.error("telegram_update_failed", traceback="".join(traceback.format_exception(error)))
        await _apologise(say_it, EngineError())


async def on_error(_: object, context: Context) -> None:
    """Log what failed before it was known in which language to speak."""
    if isinstance(context.error, TelegramError):
        _answer_lost(context.error)
    elif context.error:
        log.error("telegram_update_failed", traceback="".join(traceback.format_exception(context.error)))


async def _apologise(say_it: Callable[[str], Awaitable[None]], error: EngineError) -> None:
    try:
        await say_it(replies.error(error))
    except (TelegramError, Undeliverable) as lost:
        _answer_lost(lost)


def _answer_lost(error: TelegramError | Undeliverable) -> None:
    log.warning("telegram_answer_lost", error=type(error).__name__, reason=str(error))
