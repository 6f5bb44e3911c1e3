"""Let Telegram call: it is answered once an update is handled here or kept on disk, and calls again otherwise.

PTB's own handler answers as soon as an update is in its queue: a kill would lose it.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from pydantic import HttpUrl
from telegram import Bot
from tornado.httpserver import HTTPServer
from tornado.web import Application, HTTPError, RequestHandler

from bot.surfaces.telegram.connection import until_answered
from bot.surfaces.telegram.inbox import Inbox
from bot.surfaces.telegram.kept import Raw
from bot.surfaces.telegram.polling import UPDATES

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
# What takes longer to handle is kept on disk first. There is no hurry: calls come side by side.
HANDLED_S = 3.0
# Telegram hangs up after a minute without an answer: https://github.com/tdlib/telegram-bot-api, WebhookActor.cpp
ANSWERED_S = 40.0
# Telegram repeats what ended the bot after at most two minutes.
WARY_S = 120.0
LARGEST_BYTES = 1024 * 1024


class Webhook:
    """Receive updates on `listener`, at the path of `url`; whatever stands in front forwards it unchanged."""

    def __init__(self, bot: Bot, inbox: Inbox, listener: socket.socket, url: HttpUrl, secret: str) -> None:
        self._bot = bot
        self._inbox = inbox
        self._url = url
        self._secret = secret
        self._started_at = time.monotonic()
        kept = {"receive": self.receive, "secret": secret}
        hook = _Quiet([(f"{re.escape(url.path or '/')}/?", _Hook, kept)])
        self._server = HTTPServer(hook, max_body_size=LARGEST_BYTES)
        self._listener = listener

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Receive until cancelled; raise `InvalidToken` where Telegram refuses the token."""
        self._server.add_socket(self._listener)
        await until_answered(self._register)
        on_ready()
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Stop listening, and end what is under way."""
        self._server.stop()
        await self._inbox.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._server.close_all_connections(), 1)

    async def receive(self, raw: Raw) -> bool:
        """Take an update; tell whether Telegram may forget it."""
        is_in_album = "media_group_id" in raw.get("message", {})
        if is_in_album or time.monotonic() - self._started_at < WARY_S:
            await self._inbox.take_kept([raw])
        if is_in_album:  # the rest of an album comes only after this answer: it cannot wait until the album is handled
            return True
        number, task = raw["update_id"], self._inbox.take(raw)
        for wait_s in (HANDLED_S, ANSWERED_S):
            if task and number in self._inbox.unsafe:
                await asyncio.wait({task}, timeout=wait_s)
                await self._inbox.keep([number])
        return number not in self._inbox.unsafe

    async def _register(self) -> bool:
        return await self._bot.set_webhook(str(self._url), secret_token=self._secret, allowed_updates=UPDATES)


class _Quiet(Application):
    def log_request(self, handler: RequestHandler) -> None:
        """Log nothing: strangers' requests are no news, and Telegram's hold what people wrote."""


class _Hook(RequestHandler):
    """Answer Telegram's calls, and nobody else's."""

    def initialize(self, receive: Callable[[Raw], asyncio.Future[bool]], secret: str) -> None:
        """Take what receives updates, and the word that only Telegram knows."""
        self._receive = receive
        self._secret = secret.encode()

    async def post(self) -> None:
        """Answer 200 once the update is safe, 503 where it is not in time: it then comes again."""
        given = self.request.headers.get(SECRET_HEADER, "").encode()
        if not hmac.compare_digest(given, self._secret):
            raise HTTPError(HTTPStatus.FORBIDDEN)
        if not await self._receive(_update_in(self.request.body)):
            raise HTTPError(HTTPStatus.SERVICE_UNAVAILABLE)


def _update_in(body: bytes) -> Raw:
    try:
        raw = json.loads(body)
    except ValueError:
        raw = None
    if not isinstance(raw, dict) or not isinstance(raw.get("update_id"), int):
        raise HTTPError(HTTPStatus.BAD_REQUEST)
    return raw
