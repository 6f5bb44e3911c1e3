"""The queue of updates, drained by long polling or delivered to a webhook."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from .errors import ApiError, bad_request
from .waiting import Changes

# What Telegram keeps back unless a bot asks for it: https://core.telegram.org/bots/api#getupdates
ON_REQUEST = {"chat_member", "message_reaction", "message_reaction_count"}
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
RETRY_S = 0.05
RETRY_AT_MOST_S = 1.0
# As in https://github.com/tdlib/telegram-bot-api, Client.cpp and WebhookActor.cpp: a poll that repeats its offset too
# soon gets one update and waits at least so long; a webhook that says nothing for a minute is called again.
HASTY_S = 0.5
REPEATED_S = 3.0
WEBHOOK_SILENT_S = 60
PRESSES = 3 << 33


@dataclass(frozen=True)
class Webhook:
    """Where updates are delivered, and the secret that proves their origin."""

    url: str
    secret: str = ""
    max_connections: int = 40


class Updates:
    """Updates not yet confirmed by the bot, in order."""

    def __init__(self, changes: Changes) -> None:
        self.pending: list[dict[str, Any]] = []
        self.webhook: Webhook | None = None
        self.last_error: tuple[int, str] | None = None
        self._changes = changes
        self._allowed: list[str] = []
        self._next_id = 100_001
        self._poller: object | None = None
        self._ended_by = ""
        self._asked: tuple[int, float] = (-1, float("-inf"))
        self._delivery: asyncio.Task[None] | None = None

    def push(self, kind: str, payload: dict[str, Any]) -> None:
        """Queue an update unless the bot did not ask for its kind."""
        wanted = kind in self._allowed if self._allowed else kind not in ON_REQUEST
        if wanted:
            self.pending.append({"update_id": self._next_id, kind: payload})
            self._next_id += 1
            self._changes.ring()

    def allow(self, kinds: list[str] | None) -> None:
        """Set which kinds of update the bot gets; None keeps the last choice, an empty list is the default."""
        if kinds is not None:
            self._allowed = kinds

    async def poll(self, offset: int, limit: int, timeout_s: float) -> list[dict[str, Any]]:
        """Confirm all updates before `offset`; wait for the next ones, and give way to a later poller."""
        if self.webhook:
            reason = (
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
            raise ApiError(409, f"Conflict: {reason}")
        limit, timeout_s = self._slowed(offset, limit, timeout_s)
        self._confirm(offset)
        mine = object()
        self._take_over(mine, "other getUpdates request; make sure that only one bot instance is running")
        with contextlib.suppress(TimeoutError):
            await self._changes.until(lambda: self.pending or self._poller is not mine, timeout_s)
        if self._poller is not mine:
            raise ApiError(409, f"Conflict: terminated by {self._ended_by}")
        self._poller = None
        return self.pending[:limit]

    async def set_webhook(self, webhook: Webhook | None, *, drop_pending: bool) -> None:
        """Deliver to this webhook from now on, or to none."""
        _refuse_bad_secret(webhook)
        await self.stop_delivery()
        self._take_over(None, "setWebhook request")
        if drop_pending:
            self.pending.clear()
        self.webhook, self.last_error = webhook, None
        if webhook:
            self._delivery = asyncio.create_task(self._deliver(webhook))

    async def stop_delivery(self) -> None:
        """End the delivery to a webhook; what it did not confirm stays in the queue."""
        if self._delivery:
            self._delivery.cancel()
            await asyncio.wait([self._delivery])
            self._delivery = None

    def close(self) -> None:
        """Send a waiting poller away."""
        self._take_over(None, "the end of the server")

    def _take_over(self, poller: object | None, reason: str) -> None:
        self._poller, self._ended_by = poller, reason
        self._changes.ring()

    def _slowed(self, offset: int, limit: int, timeout_s: float) -> tuple[int, float]:
        """Give less to a poll that repeats the offset of the one just before."""
        (last, asked_at), now = self._asked, time.monotonic()
        self._asked = offset, now
        if offset != last:
            return limit, timeout_s
        limit = 1 if now - asked_at < HASTY_S else limit
        return limit, max(timeout_s, REPEATED_S) if now - asked_at < REPEATED_S else timeout_s

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self.pending = self.pending[offset:]
        self.pending = [update for update in self.pending if update["update_id"] >= offset]
        self._changes.ring()

    async def _deliver(self, webhook: Webhook) -> None:
        """Post updates side by side, those of one chat in order: the next one once the webhook answered with a 2xx."""
        headers = {SECRET_HEADER: webhook.secret} if webhook.secret else {}
        busy: dict[int, asyncio.Task[None]] = {}
        room = asyncio.Semaphore(webhook.max_connections)
        async with aiohttp.ClientSession(headers=headers) as session, asyncio.TaskGroup() as tasks:
            while True:
                update = await self._changes.until(lambda: self._next(busy), timeout_s=None)
                line = _line(update)
                busy[line] = tasks.create_task(self._insist(session, webhook.url, update, room))
                busy[line].add_done_callback(lambda _, line=line: self._free(busy, line))

    def _next(self, busy: dict[int, asyncio.Task[None]]) -> dict[str, Any] | None:
        return next((update for update in self.pending if _line(update) not in busy), None)

    def _free(self, busy: dict[int, asyncio.Task[None]], line: int) -> None:
        del busy[line]
        self._changes.ring()

    async def _insist(
        self, session: aiohttp.ClientSession, url: str, update: dict[str, Any], room: asyncio.Semaphore
    ) -> None:
        pause_s = RETRY_S
        while True:
            async with room:
                posted = await self._posted(session, url, update)
            if posted:
                break
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, RETRY_AT_MOST_S)
        if update in self.pending:  # they may have been dropped meanwhile
            self.pending.remove(update)

    async def _posted(self, session: aiohttp.ClientSession, url: str, update: dict[str, Any]) -> bool:
        try:
            silent = aiohttp.ClientTimeout(total=WEBHOOK_SILENT_S)
            async with session.post(url, json=update, timeout=silent) as answer:
                if not answer.ok:
                    self._note(f"Wrong response from the webhook: {answer.status} {answer.reason}")
                return answer.ok
        except (aiohttp.ClientError, TimeoutError) as error:
            self._note(f"Connection failed: {type(error).__name__}")
            return False

    def _note(self, failure: str) -> None:
        self.last_error = (int(time.time()), failure)
        self._changes.ring()


def _line(update: dict[str, Any]) -> int:
    """Name the queue of an update: messages are told apart by their chat, presses by their person."""
    if "callback_query" in update:
        return int(update["callback_query"]["from"]["id"]) + PRESSES
    [told] = [value for kind, value in update.items() if kind != "update_id"]
    return int(told["chat"]["id"]) if "chat" in told else int(update["update_id"])


def _refuse_bad_secret(webhook: Webhook | None) -> None:
    if webhook and webhook.secret and not re.fullmatch(r"[\w-]{1,256}", webhook.secret, re.ASCII):
        raise bad_request("secret token contains unallowed characters")
