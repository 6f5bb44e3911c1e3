"""People and chats, with all that people do in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .entities import covered, detect, utf16_length
from .errors import ApiError, forbidden, migrated
from .messages import Content, Message
from .params import Upload

if TYPE_CHECKING:
    from .world import World

TEXT_LENGTH = 4096
CAPTION_LENGTH = 1024


@dataclass(frozen=True)
class User:
    """A person or a bot."""

    id: int
    first_name: str
    username: str = ""
    language_code: str = ""
    is_bot: bool = False

    def payload(self) -> dict[str, Any]:
        """Return the User the Bot API shows."""
        body: dict[str, Any] = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        named = {"username": self.username, "language_code": self.language_code}
        return body | {key: value for key, value in named.items() if value}


@dataclass(eq=False)
class Chat:
    """A private chat, a group, a supergroup or a forum."""

    world: World = field(repr=False)
    id: int
    type: str
    title: str = ""
    members: list[User] = field(default_factory=list)
    is_forum: bool = False
    bot_is_admin: bool = False
    anonymous: list[User] = field(default_factory=list)  # administrators who write in the name of the group
    messages: list[Message] = field(default_factory=list, repr=False)
    topics: dict[int | None, Message] = field(default_factory=dict)
    actions: list[str] = field(default_factory=list)
    refusal: ApiError | None = None

    @property
    def is_private(self) -> bool:
        """Tell whether this is a person's own chat with the bot."""
        return self.type == "private"

    @property
    def from_bot(self) -> list[Message]:
        """Return what the bot posted and did not delete, oldest first."""
        return [message for message in self.messages if message.sender is self.world.bot and not message.deleted]

    def payload(self) -> dict[str, Any]:
        """Return the Chat the Bot API shows."""
        if self.is_private:
            person = self.members[0].payload()
            return {"id": self.id, "type": self.type} | {
                key: person[key] for key in ("first_name", "username") if key in person
            }
        body = {"id": self.id, "type": self.type, "title": self.title}
        return body | ({"is_forum": True} if self.is_forum else {})

    async def send(
        self,
        text: str = "",
        *,
        sender: User | None = None,
        photo: bytes | None = None,
        document: bytes | None = None,
        file_name: str = "picture.png",
        caption: str = "",
        reply_to: Message | None = None,
        thread_id: int | None = None,
        media_group_id: str | None = None,
    ) -> Message:
        """Post as a person does; the bot gets an update where Telegram would send one."""
        content = self._typed(text, caption)
        if photo is not None:
            content = replace(content, sizes=self.world.files.add_photo(photo))
        if document is not None:
            content = replace(content, file=self.world.files.add_document(Upload(file_name, document)))
        return self.post(
            content, sender or self.members[0], reply_to=reply_to, thread_id=thread_id, media_group_id=media_group_id
        )

    async def send_album(
        self,
        photos: list[bytes],
        *,
        caption: str = "",
        captioned: int = 0,
        sender: User | None = None,
        reply_to: Message | None = None,
    ) -> list[Message]:
        """Post several photos under one media group; the one with the index `captioned` carries the caption."""
        album = str(self.world.next_id())
        captions = [caption if index == captioned else "" for index in range(len(photos))]
        return [
            await self.send(photo=photo, caption=words, sender=sender, reply_to=reply_to, media_group_id=album)
            for photo, words in zip(photos, captions, strict=True)
        ]

    async def edit(self, message: Message, text: str) -> None:
        """Change a person's own message."""
        message.contents.append(self._typed("", text) if message.content.has_media else self._typed(text, ""))
        if message.seen_by_bot:
            self.world.updates.push("edited_message", message.payload())
        self.world.changes.ring()

    async def delete(self, message: Message) -> None:
        """Remove a message as a person does; a bot hears nothing of it."""
        message.deleted = True
        self.world.changes.ring()

    async def wait(
        self,
        condition: Callable[[Message], Any] = lambda message: True,
        *,
        timeout_s: float = 30,
        after: Message | None = None,
    ) -> Message:
        """Return the first message of the bot, later than `after`, that meets the condition now or in time."""
        oldest = after.message_id if after else 0

        def find() -> Message | None:
            return next((it for it in self.from_bot if it.message_id > oldest and condition(it)), None)

        try:
            return await self.world.changes.until(find, timeout_s)
        except TimeoutError:
            said = "\n".join(map(str, self.messages[-20:])) or "(nothing)"
            raise AssertionError(f"no such message of the bot within {timeout_s} s; the chat shows:\n{said}") from None

    async def wait_for_action(self, action: str, *, timeout_s: float = 30) -> None:
        """Return once the bot has shown a chat action, such as upload_photo."""
        await self.world.changes.until(lambda: action in self.actions, timeout_s)

    def topic(self, name: str) -> int:
        """Open a topic in a forum; return its thread id."""
        created = {"forum_topic_created": {"name": name, "icon_color": 7322096}}
        return self.post(Content(service=created), self.members[0]).message_id

    def block(self) -> None:
        """Block the bot, as the person of a private chat may."""
        self._shut_out(forbidden("bot was blocked by the user"))

    def unblock(self) -> None:
        """Let the bot write again."""
        self.refusal = None

    def kick(self) -> None:
        """Remove the bot from the group."""
        self._shut_out(forbidden(f"bot was kicked from the {self.type} chat"))

    def migrate(self) -> Chat:
        """Turn a group into a supergroup; return the chat that goes on under a new id."""
        successor = self.world.add_chat("supergroup", title=self.title, members=self.members)
        self.post(Content(service={"migrate_to_chat_id": successor.id}), self.members[0])
        successor.post(Content(service={"migrate_from_chat_id": self.id}), self.members[0])
        self.refusal = migrated(successor.id)
        return successor

    def post(
        self,
        content: Content,
        sender: User,
        *,
        reply_to: Message | None = None,
        thread_id: int | None = None,
        media_group_id: str | None = None,
    ) -> Message:
        """Add a message and tell the bot of it where it may see it."""
        number = self.world.next_message_id(self)
        message = Message(self, number, sender, [content], reply_to, media_group_id=media_group_id)
        self._place(message, thread_id)
        self.messages.append(message)
        message.seen_by_bot = self._bot_sees(message)
        if message.seen_by_bot and sender is not self.world.bot:
            self.world.updates.push("message", message.payload())
        self.world.changes.ring()
        return message

    def _typed(self, text: str, caption: str) -> Content:
        if utf16_length(text) > TEXT_LENGTH or utf16_length(caption) > CAPTION_LENGTH:
            raise ValueError("a client would not send this: longer than 4096 characters of text or 1024 of caption")
        text, caption = text.strip(), caption.strip()
        return Content(text=text, caption=caption, entities=tuple(detect(text or caption)))

    def _place(self, message: Message, thread_id: int | None) -> None:
        """Put a message into its topic; in other supergroups each reply belongs to a thread that is no topic."""
        answered = message.reply_to
        if "forum_topic_created" in message.content.service:
            self.topics[message.message_id] = message
            thread_id = message.message_id
        elif answered and self.type == "supergroup":
            thread_id = answered.thread_id if self.is_forum else answered.thread_id or answered.message_id
        message.thread_id, message.is_topic_message = thread_id, thread_id in self.topics
        if message.is_topic_message and answered is None and thread_id != message.message_id:
            message.reply_to = self.topics[thread_id]

    def _bot_sees(self, message: Message) -> bool:
        """Apply the privacy mode: https://core.telegram.org/bots/features#privacy-mode."""
        open_to_all = self.is_private or self.bot_is_admin or self.world.reads_all_group_messages
        if open_to_all or message.content.service or message.sender is self.world.bot:
            return True
        answered = message.reply_to
        answers_bot = bool(answered and answered.seen_by_bot and not answered.content.service)
        return answers_bot or self._commands_bot(message.content)

    def _commands_bot(self, content: Content) -> bool:
        first = next(iter(content.entities), None)
        if first is None or first["type"] != "bot_command" or first["offset"]:
            return False
        addressee = covered(content.text or content.caption, first).partition("@")[2]
        return addressee.lower() in {"", self.world.bot.username.lower()}

    def _shut_out(self, refusal: ApiError) -> None:
        self.refusal = refusal
        bot = self.world.bot.payload()
        self.world.updates.push(
            "my_chat_member",
            {
                "chat": self.payload(),
                "from": self.members[0].payload(),
                "date": self.world.now(),
                "old_chat_member": {"status": "member", "user": bot},
                "new_chat_member": {"status": "kicked", "user": bot, "until_date": 0},
            },
        )
