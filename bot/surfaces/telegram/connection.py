"""The connection to Telegram: one application whose errors and logs never hold the token."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from telegram import LinkPreviewOptions
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import Application, ApplicationBuilder, BaseRateLimiter, Defaults
from telegram.request import HTTPXRequest

from bot import config

App = Application[Any, Any, Any, Any, Any, Any]
T = TypeVar("T")
log = structlog.get_logger()

CONNECTIONS = 256
CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 30  # Telegram answers an upload once it has stored the picture
POLL_READ_TIMEOUT_S = 5  # on top of the time for which Telegram holds a poll; a shutdown waits for one more
UPLOAD_TIMEOUT_S = 120
POOL_TIMEOUT_S = 60
# One of these is in each answer: https://core.telegram.org/bots/api#making-requests
SAYS = ("result", "description")
RETRY_FIRST_S = 1.0
RETRY_LONGEST_S = 30.0


def build(settings: config.Telegram, limiter: BaseRateLimiter[Any]) -> App:
    """Build an application for the configured token and addresses, which calls as often as `limiter` lets it."""
    token = settings.token.get_secret_value() if settings.token else ""
    builder = ApplicationBuilder().token(token).updater(None)
    builder = builder.request(Request(token, CONNECTIONS, READ_TIMEOUT_S))
    builder = builder.get_updates_request(Request(token, 1, POLL_READ_TIMEOUT_S))
    builder = builder.rate_limiter(limiter)
    builder = builder.defaults(Defaults(link_preview_options=LinkPreviewOptions(is_disabled=True)))
    if settings.base_url:
        builder = builder.base_url(str(settings.base_url))
    if settings.base_file_url:
        builder = builder.base_file_url(str(settings.base_file_url))
    return builder.build()


class Request(HTTPXRequest):
    """Send requests; blank the token out of the answers, because a proxy's error page may quote the address."""

    def __init__(self, token: str, connections: int, read_timeout_s: float) -> None:
        super().__init__(
            connection_pool_size=connections,
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=read_timeout_s,
            write_timeout=READ_TIMEOUT_S,
            media_write_timeout=UPLOAD_TIMEOUT_S,
            pool_timeout=POOL_TIMEOUT_S,
        )
        self._token = token.encode()

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Return the status and the body of an answer.

        Raises `NetworkError` where something in between answered: its 404 does not refuse the token, its 403 is no
        person's who blocked the bot, and whether Telegram did what was asked is not known.
        """
        status, body = await super().do_request(*args, **kwargs)
        if kwargs.get("method") == "POST":
            try:
                answer = json.loads(body)
            except ValueError:
                answer = None
            if not isinstance(answer, dict) or answer.keys().isdisjoint(SAYS):
                raise NetworkError(f"Status {status}, and no answer of Telegram")
        return status, body.replace(self._token, b"***")


async def until_answered(call: Callable[[], Awaitable[T]]) -> T:
    """Call Telegram until it does what it was asked; raise `InvalidToken` where it refuses the token."""
    wait_s = 0.0
    while True:
        try:
            return await call()
        except InvalidToken:
            raise
        except Conflict:
            log.error("telegram_conflict", hint="Another process polls with the same token; stop one of the two")
            wait_s = _longer(wait_s)
        except TelegramError as error:
            wait_s = _seconds_of(error) if isinstance(error, RetryAfter) else _longer(wait_s)
            log.warning("telegram_unreachable", error=type(error).__name__, reason=error.message, again_in_s=wait_s)
        await asyncio.sleep(wait_s)


def _longer(wait_s: float) -> float:
    return min(max(2 * wait_s, RETRY_FIRST_S), RETRY_LONGEST_S)


def _seconds_of(flood: RetryAfter) -> float:
    """Return for how long Telegram wants to be left alone."""
    return flood._retry_after.total_seconds()  # `retry_after` warns of a coming change of its type


def quiet() -> None:
    """Keep the libraries from logging addresses: those of the Bot API hold the token."""
    for name in ("telegram", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
