"""Whether the bot can serve, and its pulse: a file that the event loop touches while it is alive."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog

log = structlog.get_logger()


class CannotServe(Exception):
    """Say in a sentence for the operator why the bot, or a part of it, cannot serve."""


BEAT_S = 5.0
DEAD_AFTER_S = 30.0


@asynccontextmanager
async def heartbeat(folder: Path) -> AsyncIterator[None]:
    """Touch `folder`/heartbeat every few seconds until the end of the block, then take it away."""
    file, stop = folder / "heartbeat", asyncio.Event()
    beating = asyncio.create_task(_beat(file, stop), name="heartbeat")
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait(
            {beating}
        )  # not cancelled: its thread might touch the file once more, after it was taken away
        with suppress(OSError):
            file.unlink()


def is_alive(folder: Path) -> bool:
    """Tell whether the loop of the bot that works on `folder` was alive a moment ago."""
    try:
        return time.time() - (folder / "heartbeat").stat().st_mtime < DEAD_AFTER_S
    except OSError:
        return False


async def _beat(file: Path, stop: asyncio.Event) -> None:
    failing = False
    while not stop.is_set():
        try:
            await asyncio.to_thread(file.touch)
            failing = False
        except OSError as error:
            if not failing:
                log.warning("heartbeat_not_written", file=str(file), reason=error.strerror)
            failing = True
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), BEAT_S)


class PortTaken(CannotServe):
    """Say which port cannot be had, and how to choose another."""


def listen(host: str, port: int) -> socket.socket:
    """Bind the page's socket; raise `PortTaken` where another program has it, `CannotServe` for a foreign `host`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        host.encode("idna")  # where that fails, create_server raises a TypeError and forgets its socket
        return socket.create_server((host, port), family=family)
    except UnicodeError:
        raise CannotServe(_foreign(host)) from None
    except OSError as error:
        # A negative one is getaddrinfo's: create_server hands its error on as a plain OSError.
        if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT) or (error.errno or 0) < 0:
            raise CannotServe(_foreign(host)) from None
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        why = "taken by another program" if error.errno == errno.EADDRINUSE else "not open to this user"
        choose = f"PORT={port + 1 if port < 65535 else 7860} make demo, or port under [web] in config.toml"
        raise PortTaken(f"Port {port} is {why}. Choose another one: {choose}.") from None


def _foreign(host: str) -> str:
    return f"This machine has no address {host} for the page. Correct host under [web] in config.toml."
