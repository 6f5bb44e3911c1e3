"""A message and all it has shown: its first content and each edit."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .entities import Entity
from .files import Photo, StoredFile

if TYPE_CHECKING:
    from .chats import Chat, User

# The account that stands for every anonymous administrator: https://core.telegram.org/bots/api#message
GROUP_ANONYMOUS_BOT = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}


@dataclass(frozen=True)
class Content:
    """What a message shows at one time; text and caption are empty where there is none."""

    text: str = ""
    caption: str = ""
    entities: tuple[Entity, ...] = ()
    sizes: Photo = ()
    file: StoredFile | None = None
    animated: bool = False
    reply_markup: dict[str, Any] | None = None
    spoiler: bool = False
    service: dict[str, Any] = field(default_factory=dict)

    @property
    def has_media(self) -> bool:
        """Tell whether a photo or a document is shown."""
        return bool(self.sizes or self.file)

    @property
    def photo(self) -> bytes | None:
        """Return the largest size of the photo, as recompressed."""
        return self.sizes[-1].data if self.sizes else None

    @property
    def document(self) -> bytes | None:
        """Return the bytes of the document, as uploaded."""
        return self.file.data if self.file and not self.animated else None

    @property
    def animation(self) -> bytes | None:
        """Return the bytes of the animation, as uploaded."""
        return self.file.data if self.file and self.animated else None

    @property
    def inline_keyboard(self) -> list[list[dict[str, Any]]]:
        """Return the rows of inline buttons."""
        return (self.reply_markup or {}).get("inline_keyboard", [])

    def payload(self) -> dict[str, Any]:
        """Return the fields of a Message that this content fills."""
        body = self.service | self._words()
        if self.sizes:
            body["photo"] = [size.photo_size() for size in self.sizes]
        if self.file:
            body["document"] = self.file.document()
        if self.file and self.animated:  # the document stays, for clients that know no animations
            body["animation"] = self.file.animation()
        if self.spoiler:
            body["has_media_spoiler"] = True
        if self.inline_keyboard:
            body["reply_markup"] = {"inline_keyboard": self.inline_keyboard}
        return body

    def _words(self) -> dict[str, Any]:
        words = {"text": self.text} if self.text else {"caption": self.caption} if self.caption else {}
        if words and self.entities:
            words["entities" if self.text else "caption_entities"] = list(self.entities)
        return words


@dataclass(eq=False)
class Message:
    """One message in a chat, as people see it."""

    chat: Chat
    message_id: int
    sender: User
    contents: list[Content]
    reply_to: Message | None = None
    thread_id: int | None = None
    is_topic_message: bool = False
    media_group_id: str | None = None
    deleted: bool = False
    seen_by_bot: bool = False
    date: int = field(default_factory=lambda: int(time.time()))

    @property
    def content(self) -> Content:
        """Return what the message shows now."""
        return self.contents[-1]

    @property
    def edits(self) -> list[Content]:
        """Return what each edit made of the message, oldest first."""
        return self.contents[1:]

    @property
    def text(self) -> str:
        """Return the text, empty where there is none."""
        return self.content.text

    @property
    def caption(self) -> str:
        """Return the caption, empty where there is none."""
        return self.content.caption

    @property
    def words(self) -> str:
        """Return the text or the caption."""
        return self.text or self.caption

    @property
    def photo(self) -> bytes | None:
        """Return the largest size of the photo, as recompressed."""
        return self.content.photo

    @property
    def document(self) -> bytes | None:
        """Return the bytes of the document, as uploaded."""
        return self.content.document

    @property
    def animation(self) -> bytes | None:
        """Return the bytes of the animation, as uploaded."""
        return self.content.animation

    @property
    def file_name(self) -> str:
        """Return the name of the document, empty where there is none."""
        return self.content.file.name if self.content.file else ""

    @property
    def reply_markup(self) -> dict[str, Any] | None:
        """Return the keyboard or the ForceReply the bot attached."""
        return self.content.reply_markup

    @property
    def force_reply(self) -> bool:
        """Tell whether the person's client opens a reply to this message."""
        return bool((self.reply_markup or {}).get("force_reply"))

    @property
    def buttons(self) -> dict[str, str]:
        """Return the callback data of each inline button by its label."""
        return {
            button["text"]: button["callback_data"]
            for row in self.content.inline_keyboard
            for button in row
            if "callback_data" in button
        }

    def payload(self, *, with_reply: bool = True) -> dict[str, Any]:
        """Return this message as the Bot API shows it, with the message it replies to one level deep."""
        body: dict[str, Any] = {"message_id": self.message_id, "date": self.date, "chat": self.chat.payload()}
        body |= self._writer() | self._place() | self.content.payload()
        if self.edits:
            body["edit_date"] = int(time.time())
        if with_reply and self.reply_to:
            body["reply_to_message"] = self.reply_to.payload(with_reply=False)
        return body

    def _writer(self) -> dict[str, Any]:
        if self.sender in self.chat.anonymous:
            return {"from": GROUP_ANONYMOUS_BOT, "sender_chat": self.chat.payload()}
        return {"from": self.sender.payload()}

    def _place(self) -> dict[str, Any]:
        place: dict[str, Any] = {"media_group_id": self.media_group_id} if self.media_group_id else {}
        if self.thread_id is not None:
            place["message_thread_id"] = self.thread_id
        return place | ({"is_topic_message": True} if self.is_topic_message else {})

    def __str__(self) -> str:
        media = " [photo]" if self.photo else f" [{self.file_name}]" if self.content.file else ""
        state = " (deleted)" if self.deleted else f" ({len(self.edits)} edits)" if self.edits else ""
        return f"{self.message_id} {self.sender.first_name}:{media} {self.words[:100]!r}{state}"
