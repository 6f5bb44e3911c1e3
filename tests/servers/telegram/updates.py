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

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            self.pending = self.pending[offset:]
        self.pending = [update for update in self.pending if update["update_id"] >= offset]
        self._changes.ring()

    async def _deliver(self, webhook: Webhook) -> None:
        """Post each update in order until the webhook answers with a 2xx status."""
        headers = {SECRET_HEADER: webhook.secret} if webhook.secret else {}
        async with aiohttp.ClientSession(headers=headers) as session:
            pause_s = RETRY_S
            while True:
                await self._changes.until(lambda: bool(self.pending), timeout_s=None)
                update = self.pending[0]
                if await self._posted(session, webhook.url, update):
                    self._confirm(update["update_id"] + 1)
                    pause_s = RETRY_S
                else:
                    await asyncio.sleep(pause_s)
                    pause_s = min(2 * pause_s, RETRY_AT_MOST_S)

    async def _posted(self, session: aiohttp.ClientSession, url: str, update: dict[str, Any]) -> bool:
        try:
            async with session.post(url, json=update) as answer:
                if not answer.ok:
                    self._note(f"Wrong response from the webhook: {answer.status} {answer.reason}")
                return answer.ok
        except aiohttp.ClientError as error:
            self._note(f"Connection failed: {type(error).__name__}")
            return False

    def _note(self, failure: str) -> None:
        self.last_error = (int(time.time()), failure)
        self._changes.ring()


def _refuse_bad_secret(webhook: Webhook | None) -> None:
    if webhook and webhook.secret and not re.fullmatch(r"[\w-]{1,256}", webhook.secret, re.ASCII):
        raise bad_request("secret token contains unallowed characters")
