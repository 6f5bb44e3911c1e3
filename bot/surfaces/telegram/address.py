"""Where a message came from and how to answer it, also after a restart."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Self

from telegram import Message, ReplyParameters
from telegram.constants import ChatType

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
    as_file: bool = False
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
    name: str
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
        name=sender.name,
        is_moderator=sender.is_moderator,
        is_private=message.chat.type == ChatType.PRIVATE,
    )
