"""Translate messages and presses into the service's words, and failures into sentences."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from telegram import Bot, CallbackQuery, Message, Update
from telegram.constants import ChatType
from telegram.error import TelegramError
from telegram.ext import BaseHandler, CallbackQueryHandler, CommandHandler, ContextTypes, MessageHandler, filters

from bot.commands import table as commands
from bot.commands.table import Invocation
from bot.rules.visit import Visit
from bot.service.service import Say, Service, Work
from bot.surface import Answer, Origin, Undeliverable
from bot.surfaces.telegram.address import SURFACE, Address, People
from bot.surfaces.telegram.asking import asked, command_of, is_command, painted_over, referring, words_of
from bot.surfaces.telegram.obeying import Obeying, Wish, respond
from bot.surfaces.telegram.pictures import Albums, sent_with
from bot.surfaces.telegram.pressing import Pressing, tell
from bot.words.localisation import say
from engine.errors import EngineError

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

    def _speaking(self, handle: Callable[[Message, Visit], Awaitable[None]]) -> Callback:
        """Let a function of a message handle an update, in the language of its writer."""

        async def callback(update: Update, _: Context) -> None:
            if message := update.message:
                origin = await self._people.asking(message)
                await self._attend(origin, partial(handle, message), partial(self._say, message))

        return callback

    async def refuse(self, error: EngineError, update: Update) -> None:
        """Say to whoever wrote or pressed why it is not done, without having tried."""

        async def fail(*_: object) -> None:
            raise error

        if message := update.message:
            await self._attend(await self._people.asking(message), fail, partial(self._say, message))
        elif (query := update.callback_query) and query.message:
            message = _readable(query)
            say_so = partial(self._say_to_presser, query, message)
            await self._attend(await self._people.pressing(query, message), fail, say_so)

    async def _press(self, update: Update, _: Context) -> None:
        """Obey a press, in the language of the person who pressed."""
        query = update.callback_query
        if not query or not query.message:
            return
        message = _readable(query)
        origin = await self._people.pressing(query, message)
        obey = partial(self._pressing.obey, query, message)
        await self._attend(origin, obey, partial(self._say_to_presser, query, message))

    async def _attend(self, origin: Origin, work: Work, say: Say) -> None:
        """Do `work` for somebody; an answer that does not arrive is logged, for another one would not either."""

        async def do(visit: Visit) -> None:
            with _logged(TelegramError):
                await work(visit)

        async def tell(text: str) -> None:
            with _logged(TelegramError, Undeliverable):
                await say(text)

        await self._service.attend(origin, do, tell)

    async def _take(self, message: Message, visit: Visit) -> None:
        """Obey a message, or an album once it is whole."""
        async with self._albums.gathered(message) as messages:
            if messages and not _is_for_others(messages):
                await self._take_all(message, messages, visit)

    async def _take_all(self, message: Message, messages: Sequence[Message], visit: Visit) -> None:
        if found := command_of(messages) or painted_over(messages):
            spoken, invocation = found
            if spoken is not message:  # of an album, any may hold the words
                visit = replace(visit, origin=await self._people.asking(spoken))
            await self._obey(invocation, messages, visit)
        elif visit.origin.is_private:
            await self._say(message, say("no-command"))

    async def _obey(self, invocation: Invocation, messages: Sequence[Message], visit: Visit) -> None:
        """Obey a command with the pictures of all `messages`."""
        invocation = referring(invocation, messages)
        wish = Wish(invocation, visit, sent_with(messages, invocation))
        if answer := await self._obeying.obey(wish):
            await self._obeying.post(answer, replace(wish, visit=_unquoted(visit)))

    async def _refuse(self, message: Message, _: Visit) -> None:
        """Raise what the table says of a command that is not in it."""
        commands.find((message.text or "").split()[0].removeprefix("/"), SURFACE)

    async def _hint(self, message: Message, _: Visit) -> None:
        await self._say(message, say("no-words"))

    async def _say(self, message: Message, text: str) -> None:
        """Answer in the same chat and topic; in groups as a reply."""
        address = Address.of(message)
        await respond(self._bot, replace(address, reply_to=None) if address.is_private else address, Answer(text))

    async def _say_to_presser(self, query: CallbackQuery, message: Message, text: str) -> None:
        await tell(query, text, partial(self._say, message, text))


def _unquoted(visit: Visit) -> Visit:
    """Let an answer stand below its command without quoting it, where nobody else writes."""
    return visit.answered_at({**visit.origin.address, "reply_to": None}) if visit.origin.is_private else visit


def _readable(query: CallbackQuery) -> Message:
    """Return the message of a press; of one that Telegram shows no more, its number and its chat."""
    shown = query.message
    assert shown  # noqa: S101 - it was looked at before
    if isinstance(shown, Message):
        return shown
    message = Message(shown.message_id, shown.date, shown.chat)
    message.set_bot(query.get_bot())
    return message


def _is_for_others(messages: Sequence[Message]) -> bool:
    """Tell whether a caption in a group begins with a command of another bot."""
    given = next((message for message in messages if is_command(message)), None)
    if not given or given.text or given.chat.type == ChatType.PRIVATE:
        return False
    name = words_of(given).split()[0].removeprefix("/").partition("@")[0].lower()
    return name not in {command.name for command in OFFERED}


@contextmanager
def _logged(*losses: type[Exception]) -> Iterator[None]:
    try:
        yield
    except losses as lost:
        _answer_lost(lost)


async def on_error(_: object, context: Context) -> None:
    """Log what failed before it was known in which language to speak."""
    if isinstance(context.error, TelegramError):
        _answer_lost(context.error)
    elif context.error:
        log.error("telegram_update_failed", traceback="".join(traceback.format_exception(context.error)))


def _answer_lost(error: Exception) -> None:
    log.warning("telegram_answer_lost", error=type(error).__name__, reason=str(error))
