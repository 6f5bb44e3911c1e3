"""All that one server knows: people, chats, files, updates and pressed buttons."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from .chats import Chat, User
from .errors import bad_request, forbidden
from .files import Files
from .messages import Message
from .updates import Updates
from .waiting import Changes

# Supergroup ids start here: https://core.telegram.org/api/bots/ids
SUPERGROUPS = -1_000_000_000_000


@dataclass
class Press:
    """A pressed button and, once the bot gives it, the answer to it."""

    query_id: str
    changes: Changes = field(repr=False)
    answer: dict[str, Any] | None = None

    async def answered(self, *, timeout_s: float = 30) -> dict[str, Any]:
        """Return what the bot answered: an empty dict, or text and show_alert."""
        await self.changes.until(lambda: self.answer is not None, timeout_s)
        return self.answer or {}


class World:
    """The state that people and the bot share."""

    def __init__(self, bot: User, *, reads_all_group_messages: bool = False) -> None:
        self.bot = bot
        self.reads_all_group_messages = reads_all_group_messages
        self.changes = Changes()
        self.files = Files()
        self.updates = Updates(self.changes)
        self.chats: dict[int, Chat] = {}
        self.users: dict[int, User] = {bot.id: bot}
        self.presses: dict[str, Press] = {}
        self._ids = count(1001)
        self._message_ids: dict[int, Any] = {}

    def now(self) -> int:
        """Return the seconds since 1970."""
        return int(time.time())

    def next_id(self) -> int:
        """Return an id no one has yet."""
        return next(self._ids)

    def next_message_id(self, chat: Chat) -> int:
        """Count messages per supergroup; private chats and groups share one count, as on Telegram."""
        scope = chat.id if chat.type == "supergroup" else 0
        return next(self._message_ids.setdefault(scope, count(1)))

    def add_user(self, first_name: str, username: str = "", language_code: str = "en") -> User:
        """Let a person in."""
        user = User(self.next_id(), first_name, username, language_code)
        self.users[user.id] = user
        return user

    def add_chat(self, kind: str, *, members: list[User], title: str = "", **traits: bool) -> Chat:
        """Open a chat; a private one has the id of its person."""
        number = self.next_id()
        ids = {"private": members[0].id, "group": -number, "supergroup": SUPERGROUPS - number}
        chat = Chat(self, ids[kind], kind, title, list(members), **traits)
        self.chats[chat.id] = chat
        return chat

    def chat(self, reference: Any) -> Chat:
        """Return the chat a request names by id; raise ApiError where the bot knows none."""
        if reference in (None, ""):
            raise bad_request("chat_id is empty")
        found = self.chats.get(int(reference)) if str(reference).lstrip("-").isdigit() else None
        if found is None:
            raise bad_request("chat not found")
        return found

    def writable_chat(self, reference: Any) -> Chat:
        """Return the chat a request writes to; raise ApiError where the bot was shut out, or never let in."""
        if str(reference).isdigit() and int(reference) in self.users and int(reference) not in self.chats:
            raise forbidden("bot can't initiate conversation with a user")
        chat = self.chat(reference)
        if chat.refusal is not None:
            raise chat.refusal
        return chat

    def message(self, chat: Chat, message_id: int | None, missing: str) -> Message:
        """Return a message that still stands; raise ApiError with the reason `missing` otherwise."""
        for message in chat.messages:
            if message.message_id == message_id and not message.deleted:
                return message
        raise bad_request(missing)

    def member_status(self, chat: Chat, user: User) -> str:
        """Return creator, administrator, member or left."""
        if user is self.bot:
            return "administrator" if chat.bot_is_admin else "member"
        if user not in chat.members:
            return "left"
        if user in chat.anonymous:
            return "administrator"
        return "creator" if user is chat.members[0] and not chat.is_private else "member"

    def press(self, message: Message, data: str, sender: User) -> Press:
        """Press an inline button of a message."""
        if data not in message.buttons.values():
            raise AssertionError(f"no button carries {data!r}; there are {message.buttons}")
        press = Press(str(self.next_id()), self.changes)
        self.presses[press.query_id] = press
        query = {"id": press.query_id, "from": sender.payload(), "chat_instance": str(message.chat.id), "data": data}
        self.updates.push("callback_query", query | {"message": message.payload()})
        return press

    def answer(self, query_id: str, answer: dict[str, Any]) -> None:
        """Take the one answer to a pressed button."""
        press = self.presses.pop(query_id, None)
        if press is None:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        press.answer = answer
        self.changes.ring()
