"""Where a message came from and how to answer it, also after a restart."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Self

from telegram import Message

from bot.surface import Origin
from engine.jobs import Job

SURFACE = "telegram"


@dataclass(frozen=True, slots=True)
class Address:
    """Hold what answering a request takes; `messages` maps "0", "1"... to the bot's own messages about the job.

    `thread_id` is the topic of a forum, `reply_to` the message that asked. `unconfirmed` is a first message that may
    stand there although its number never came back.
    """

    chat_id: int
    thread_id: int | None = None
    reply_to: int | None = None
    as_file: bool = False
    messages: dict[str, int] = field(default_factory=dict)
    unconfirmed: bool = False

    @classmethod
    def of(cls, message: Message) -> Self:
        """Note where `message` is to be answered."""
        # A reply in a supergroup without topics carries a thread's id too, to which nobody can post.
        thread_id = message.message_thread_id if message.is_topic_message else None
        return cls(message.chat.id, thread_id, message.message_id)

    @classmethod
    def read(cls, job: Job) -> Self:
        """Read the address back from a stored job."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in job.address.items() if name in known})  # type: ignore[arg-type]

    @property
    def is_private(self) -> bool:
        """Tell whether this is a person's own chat with the bot: groups have negative ids."""
        return self.chat_id > 0


def origin(message: Message) -> Origin:
    """Say in the service's words who asked, and where."""
    address = Address.of(message)
    # Anonymous administrators and channels write as a chat; their `from` is one account shared by all of them.
    sender = message.sender_chat or message.from_user or message.chat
    topic = f"/{address.thread_id}" if address.thread_id else ""
    # Each bot account counts the messages of its private chats anew, and a store outlives a change of the token.
    return Origin(
        surface=SURFACE,
        owner=f"{SURFACE}:{sender.id}",
        place=f"{SURFACE}:{message.chat.id}{topic}",
        key=f"{SURFACE}:{message.get_bot().id}:{message.chat.id}:{message.message_id}",
        address=asdict(address),
    )
