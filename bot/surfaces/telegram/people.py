"""Who writes and who presses, and whether they look after the group."""

from __future__ import annotations

import time
from collections.abc import Mapping

import structlog
from telegram import Bot, CallbackQuery, Chat, Message, User
from telegram.constants import ChatType
from telegram.error import TelegramError

from bot.surface import Origin
from bot.surfaces.telegram.address import Sender, origin

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
            sender = Sender(chat.id, chat.effective_name or "", is_moderator=chat.id == message.chat.id)
            return origin(message, sender, key)
        person = message.from_user
        if not person:
            return origin(message, Sender(message.chat.id, message.chat.effective_name or ""), key)
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
    return Sender(owner, person.full_name, person.language_code, is_moderator)
