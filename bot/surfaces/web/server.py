"""The HTTP server on the bot's own loop, and the cookie that tells one browser from another."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "kandinsky-bot"
YEAR_S = 365 * 24 * 3600
# How long open requests may finish after the bot was told to stop.
GRACE_S = 1


async def serve(app: ASGIApp, listener: socket.socket, on_listening: Callable[[], None]) -> None:
    """Answer on `listener` until cancelled."""
    config = uvicorn.Config(app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=GRACE_S)
    server = _Server(config, on_listening)
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="web server")
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    """Serve beside the rest of the bot, which catches the signals itself."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_listening()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Gate:
    """Give each browser its cookie, and keep the page from fetching other sites for whoever asks."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the page."""
        if scope["type"] == "http" and "/file=http" in scope["path"]:  # Gradio would fetch that address
            return await PlainTextResponse("Not found", 404)(scope, receive, send)
        new = scope["type"] == "http" and scope["path"] == "/" and COOKIE not in HTTPConnection(scope).cookies
        return await self._app(scope, receive, _with_cookie(scope, send) if new else send)


def _with_cookie(scope: Scope, send: Send) -> Send:
    secure = "; Secure" if scope["scheme"] == "https" else ""
    cookie = f"{COOKIE}={secrets.token_urlsafe(24)}; Path=/; Max-Age={YEAR_S}; HttpOnly; SameSite=Lax{secure}"

    async def send_with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("set-cookie", cookie)
        await send(message)

    return send_with_cookie
