"""The connection to Telegram: one application whose errors and logs never hold the token."""

from __future__ import annotations

import logging
from typing import Any

from telegram import LinkPreviewOptions
from telegram.ext import AIORateLimiter, Application, ApplicationBuilder, BaseRateLimiter, Defaults
from telegram.request import HTTPXRequest

from bot import config

App = Application[Any, Any, Any, Any, Any, Any]

FLOOD_RETRIES = 5
CONNECTIONS = 256
CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 30  # Telegram answers an upload once it has stored the picture
POLL_READ_TIMEOUT_S = 5  # on top of the time for which Telegram holds a poll; a shutdown waits for one more
UPLOAD_TIMEOUT_S = 120
POOL_TIMEOUT_S = 60


def build(settings: config.Telegram) -> App:
    """Build an application for the configured token and addresses."""
    token = settings.token.get_secret_value() if settings.token else ""
    builder = ApplicationBuilder().token(token).concurrent_updates(True)
    builder = builder.request(Request(token, CONNECTIONS, READ_TIMEOUT_S))
    builder = builder.get_updates_request(Request(token, 1, POLL_READ_TIMEOUT_S))
    limiter: BaseRateLimiter[Any] = AIORateLimiter(max_retries=FLOOD_RETRIES)
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
        """Return the status and the body of an answer."""
        status, body = await super().do_request(*args, **kwargs)
        return status, body.replace(self._token, b"***")


def quiet() -> None:
    """Keep the libraries from logging addresses: those of the Bot API hold the token."""
    for name in ("telegram", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
