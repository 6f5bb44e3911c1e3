"""What each person has in front of them: one chat per owner, kept in memory, with an acknowledgement by the page."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from bot.surfaces.web.buttons import Row

MESSAGES_KEPT = 50
# A page that comes back late finds this many; a script that never asks for its answers fills no more.
UNTAKEN_KEPT = 500
CHATS_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Message:
    """Hold one bubble; the same `key` again replaces it in place. `on_form` shows it beside the form too.

    `preview` is a small JPEG of the pictures that are still to come; `files` are for keeping and not shown. `job_id`
    names the job whose pictures it holds; `covered` ones are blurred until somebody points at them.
    """

    key: str
    role: Literal["user", "assistant"]
    text: str
    pictures: tuple[Path, ...] = ()
    on_form: bool = False
    preview: bytes | None = None
    files: tuple[Path, ...] = ()
    buttons: tuple[Row, ...] = ()
    job_id: str = ""
    covered: bool = False
    revision: int = 0


class Chat:
    """Keep one owner's latest messages, more of those that no page has taken yet, and everything that is awaited.

    Every change has a higher `revision`. They start at the clock, so that a page left open over a restart of the bot
    holds another one than any here: an older one, or where the clock was set back, one that is still to come.
    """

    def __init__(self) -> None:
        self.revision = time.time_ns() // 1_000
        self._taken = self.revision
        self._messages: dict[str, Message] = {}
        self._changed = asyncio.Event()
        self._awaited: set[int] = set()

    @property
    def messages(self) -> list[Message]:
        """List the messages, oldest first."""
        return list(self._messages.values())

    @property
    def is_awaited(self) -> bool:
        """Tell whether something here waits for the page to take it."""
        return bool(self._awaited)

    def put(self, message: Message) -> int:
        """Show a message, in the place of the one with the same key if there is one; return the new revision."""
        self.revision += 1
        self._messages[message.key] = replace(message, revision=self.revision)
        self._trim()
        self._notify()
        return self.revision

    def clear(self, job_id: str, text: str) -> list[Path]:
        """Leave `text` of every message about a job; return the files that nothing here shows any more."""
        about = [message for message in self.messages if message.job_id == job_id]
        for message in about:
            self.put(Message(message.key, message.role, text, on_form=message.on_form))
        return [path for message in about for path in (*message.pictures, *message.files)]

    def shown(self, revision: int) -> int:
        """Return the revision that a page shows which names `revision`: 0 for one of another run of the bot."""
        return revision if revision <= self.revision else 0

    def take(self, revision: int) -> None:
        """Note that a page shows everything up to `revision`."""
        if self._taken < revision <= self.revision:
            self._taken = revision
            self._notify()

    async def until_taken(self, revision: int) -> None:
        """Wait for a page that shows `revision`."""
        self._awaited.add(revision)
        try:
            while self._taken < revision:
                await self._changed.wait()
        finally:
            self._awaited.discard(revision)

    async def until_newer(self, revision: int, timeout_s: float) -> bool:
        """Wait at most `timeout_s` for something newer than `revision`, and tell whether it came."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self.revision <= revision:
                    await self._changed.wait()
        return self.revision > revision

    def _trim(self) -> None:
        messages = self.messages
        old = {message.key for message in messages[:-MESSAGES_KEPT] if message.revision <= self._taken}
        lost = {message.key for message in messages[:-UNTAKEN_KEPT] if message.revision not in self._awaited}
        for key in old | lost:
            del self._messages[key]

    def _notify(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class Chats:
    """Find an owner's chat; of those that nothing waits in, the longest unused make room for new ones."""

    def __init__(self) -> None:
        self._chats: OrderedDict[str, Chat] = OrderedDict()

    def __getitem__(self, owner: str) -> Chat:
        """Return the owner's chat, a new one if need be."""
        chat = self._chats.pop(owner, None) or Chat()
        self._chats[owner] = chat
        if len(self._chats) > CHATS_KEPT:
            self._drop_one()
        return chat

    def _drop_one(self) -> None:
        idle = next((owner for owner, chat in self._chats.items() if not chat.is_awaited), None)
        if idle is not None:
            del self._chats[idle]
