"""Where a message came from, who wrote it, and how to answer it, also after a restart."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Self

import structlog
from telegram import Bot, CallbackQuery, Chat, Message, ReplyParameters, User
from telegram.constants import ChatType
from telegram.error import TelegramError

from bot.surface import Origin
from engine.jobs import Job

SURFACE = "telegram"


@dataclass(frozen=True, slots=True)
class Address:
    """Hold what answering a request takes; `messages` maps "0", "1"..., "mask" and the like to the bot's own messages.

    `thread_id` is the topic of a forum, `reply_to` the message that asked. `unconfirmed` is a first message that may
    stand there although its number never came back. `album` is "sending" before the album of a batch is posted, and
    "sent" once it is known to stand there.
    """

    chat_id: int
    thread_id: int | None = None
    reply_to: int | None = None
    messages: dict[str, int] = field(default_factory=dict)
    unconfirmed: bool = False
    album: str = ""

    @classmethod
    def of(cls, message: Message) -> Self:
        """Note where `message` is to be answered."""
        # A reply in a supergroup without topics carries a thread's id too, to which nobody can post.
        thread_id = message.message_thread_id if message.is_topic_message else None
        return cls(message.chat.id, thread_id, message.message_id)

    @classmethod
    def read(cls, job: Job) -> Self:
        """Read the address back from a stored job."""
        return cls.of_values(job.address)

    @classmethod
    def of_values(cls, values: dict[str, object]) -> Self:
        """Read the address among the values of a job or an origin."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})  # type: ignore[arg-type]

    @property
    def is_private(self) -> bool:
        """Tell whether this is a person's own chat with the bot: groups have negative ids."""
        return self.chat_id > 0

    @property
    def reply(self) -> ReplyParameters | None:
        """Refer to the message that asked, as long as it is there."""
        return ReplyParameters(self.reply_to, allow_sending_without_reply=True) if self.reply_to else None


@dataclass(frozen=True, slots=True)
class Sender:
    """Say who wrote or pressed: a person, or the chat in whose name one did."""

    id: int
    locale: str | None = None
    is_moderator: bool = False


def origin(message: Message, sender: Sender, key: str) -> Origin:
    """Say in the service's words who asked with or below `message`, and where; `key` is the platform's id of it."""
    address = Address.of(message)
    topic = f"/{address.thread_id}" if address.thread_id else ""
    # Each bot account counts the messages of its private chats anew, and a store outlives a change of the token.
    return Origin(
        surface=SURFACE,
        owner=f"{SURFACE}:{sender.id}",
        place=f"{SURFACE}:{message.chat.id}{topic}",
        key=f"{SURFACE}:{message.get_bot().id}:{key}",
        address=asdict(address),
        locale=sender.locale,
        is_moderator=sender.is_moderator,
        is_private=message.chat.type == ChatType.PRIVATE,
    )


log = structlog.get_logger()

# For how long a group's administrators are taken to be those that Telegram named: each question counts in its limits.
KNOWN_FOR_S = 300.0
Administrators = Mapping[int, bool]


class People:
    """Say in the service's words who asks."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._administrators: dict[int, tuple[float, Administrators]] = {}

    async def asking(self, message: Message) -> Origin:
        """Say who wrote `message`: an anonymous administrator, or a channel, writes as a chat."""
        key = f"{message.chat.id}:{message.message_id}"
        if chat := message.sender_chat:
            sender = Sender(chat.id, is_moderator=chat.id == message.chat.id)
            return origin(message, sender, key)
        person = message.from_user
        if not person:
            return origin(message, Sender(message.chat.id), key)
        return origin(message, _sender(person, person.id, person.id in await self._of(message.chat)), key)

    async def pressing(self, query: CallbackQuery, message: Message) -> Origin:
        """Say who pressed a button below `message`; what an anonymous administrator asked for is the chat's own."""
        administrators = await self._of(message.chat)
        person = query.from_user
        owner = message.chat.id if administrators.get(person.id) else person.id
        return origin(message, _sender(person, owner, person.id in administrators), f"press {query.id}")

    async def _of(self, chat: Chat) -> Administrators:
        """Name the administrators of a group, and whether each of them acts as the group itself."""
        if chat.type == ChatType.PRIVATE:
            return {}
        asked_at, known = self._administrators.get(chat.id, (float("-inf"), {}))
        if time.monotonic() - asked_at > KNOWN_FOR_S:
            known = await self._fetched(chat.id, known)
            self._administrators[chat.id] = time.monotonic(), known
        return known

    async def _fetched(self, chat_id: int, known: Administrators) -> Administrators:
        try:
            members = await self._bot.get_chat_administrators(chat_id)
        except TelegramError as error:
            log.warning("telegram_administrators_unknown", error=type(error).__name__, reason=error.message)
            return known
        return {member.user.id: bool(getattr(member, "is_anonymous", False)) for member in members}


def _sender(person: User, owner: int, is_moderator: bool) -> Sender:
    return Sender(owner, person.language_code, is_moderator)
