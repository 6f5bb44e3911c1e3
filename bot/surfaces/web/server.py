"""The HTTP server on the bot's own loop: as many connections as it can bear, and none that only waits."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.surfaces.web.throttle import address_of

# How long open requests may finish after the bot was told to stop.
GRACE_S = 1
# Each connection takes a descriptor, which the store and the platforms need too.
MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS = 400, 100
# How long a connection may be open without a whole head of a request.
HEAD_S = 15.0


async def serve(
    app: ASGIApp, listener: socket.socket, on_listening: Callable[[], None], proxies: Sequence[str] = ()
) -> None:
    """Answer on `listener` until cancelled; `proxies` are believed about whose request they pass on."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=GRACE_S, server_header=False,
        http=cast("Any", partial(_Connection, Connections(proxies))),
        proxy_headers=bool(proxies), forwarded_allow_ips=list(proxies),
    )  # fmt: skip
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


class Connections:
    """Count what is open, in all and by address; a proxy's connections are everybody's."""

    def __init__(self, proxies: Sequence[str]) -> None:
        self._proxies = [ip_network(proxy, strict=False) for proxy in proxies]
        self._open: Counter[str] = Counter()

    def open(self, host: str) -> bool:
        """Count one more, and tell whether it is not too many."""
        address = address_of(host)
        self._open[address] += 1
        few = self._open[address] <= MAX_CONNECTIONS_PER_ADDRESS or self._is_proxy(host)
        return few and self._open.total() <= MAX_CONNECTIONS

    def close(self, host: str) -> None:
        """Count one less."""
        address = address_of(host)
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]

    def _is_proxy(self, host: str) -> bool:
        return any(ip_address(host) in network for network in self._proxies)


class _Connection(H11Protocol):
    """Be a connection that is closed where there are too many, or where no request comes."""

    def __init__(self, connections: Connections, **named: Any) -> None:
        super().__init__(**named)
        self._connections = connections
        self._host = ""
        self._waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._host = self.client[0] if self.client else ""
        if not self._connections.open(self._host):
            transport.abort()
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_expecting()
        self._connections.close(self._host)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_busy:
            self._stop_expecting()
        elif self._waiting is None:
            self._expect()

    @property
    def _is_busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _expect(self) -> None:
        self._waiting = self.loop.call_later(HEAD_S, self._give_up)

    def _stop_expecting(self) -> None:
        if self._waiting:
            self._waiting.cancel()
        self._waiting = None

    def _give_up(self) -> None:
        self._waiting = None
        if not self._is_busy:
            self.transport.abort()
