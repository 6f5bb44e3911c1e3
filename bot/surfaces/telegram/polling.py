"""Ask Telegram for updates, and let it forget each only once it is handled here or kept on disk.

PTB's own `Updater` confirms updates as soon as they are in its queue: a kill would lose them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from telegram import Bot
from telegram.error import NetworkError, TelegramError

from bot.surfaces.telegram.connection import POLL_READ_TIMEOUT_S, until_answered
from bot.surfaces.telegram.inbox import Inbox
from bot.surfaces.telegram.kept import Raw

# What is handled; Telegram keeps everything else back.
UPDATES = ("message", "callback_query")
# For how long Telegram holds a poll that has nothing to say.
POLL_S = 10
# Telegram sends what it must not forget again and again: as long as there is such, it is asked no more often than this.
PAUSE_S = 0.1
# So many at a time; there is no asking for more before these may be forgotten.
MOST = 100
LAST_POLL_S = 2.0


class Poller:
    """Receive updates by long polling."""

    def __init__(self, bot: Bot, inbox: Inbox) -> None:
        self._bot = bot
        self._inbox = inbox
        self._next = 0
        self._asked: int | None = None

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Receive until cancelled; raise `InvalidToken` once Telegram refuses the token."""
        await until_answered(self._bot.delete_webhook)
        on_ready()
        raws = await self._receive()
        await self._inbox.take_kept(raws)  # among the first may be what ended an earlier run
        while True:
            self._next = raws[-1]["update_id"] + 1 if raws else self._next
            await self._inbox.rest(PAUSE_S, more_wait=len(raws) == MOST)
            raws = await self._receive()
            for raw in raws:
                self._inbox.take(raw)

    async def close(self) -> None:
        """Tell Telegram what it may forget, so that it does not come again; the bot that says so need not listen."""
        await self._inbox.close()
        if self._asked is not None and self._offset() > self._asked:
            with suppress(TelegramError, TimeoutError):
                await asyncio.wait_for(self._poll(self._offset(), 0, 1), LAST_POLL_S)

    def _offset(self) -> int:
        """Name the first update that Telegram must still remember."""
        return min(self._inbox.unsafe, default=self._next)

    async def _receive(self) -> list[Raw]:
        offset = self._offset()
        # Whoever repeats an offset within half a second gets only one update; 0 stands for the first that there is.
        offset = 0 if offset == self._asked else offset
        self._asked = offset  # Telegram forgets as it is asked, not as it answers
        return await until_answered(partial(self._poll, offset, POLL_S, MOST))

    async def _poll(self, offset: int, timeout_s: int, limit: int) -> list[Raw]:
        """Return updates as they came: one that PTB cannot read must not hold back the others."""
        wanted: dict[str, Any] = {"offset": offset, "timeout": timeout_s, "limit": limit, "allowed_updates": UPDATES}
        raws = await self._bot._post("getUpdates", wanted, read_timeout=timeout_s + POLL_READ_TIMEOUT_S)
        if not isinstance(raws, list) or not all(isinstance(raw, dict) and "update_id" in raw for raw in raws):
            raise NetworkError("Telegram's answer holds no updates")
        return raws
