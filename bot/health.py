"""Whether the bot can serve: its pulse, a file that its event loop touches, and how each of its surfaces stands."""

from __future__ import annotations

import asyncio
import errno
import json
import socket
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog

log = structlog.get_logger()


class CannotServe(Exception):
    """Say in a sentence for the operator why the bot, or a part of it, cannot serve."""


BEAT_S = 5.0
DEAD_AFTER_S = 30.0
STANDINGS = "surfaces.json"
SERVING = "serving"


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


class Standings:
    """Keep in `folder` how each surface stands, so that others can tell: "serving", or why it ended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.now: dict[str, str] = {}
        self._writing = asyncio.Lock()  # of two writers side by side, the one that knew less could be the last

    async def begin(self, names: Iterable[str]) -> None:
        """Note that these are served from now on; what was noted of an earlier run is forgotten."""
        self.now = dict.fromkeys(names, SERVING)
        await self._write()

    async def end(self, name: str, reason: str) -> None:
        """Note why a surface ended, here and in the log."""
        log.error("surface_ended", surface=name, reason=reason)
        self.now[name] = reason
        await self._write()

    async def _write(self) -> None:
        async with self._writing:
            try:
                await asyncio.to_thread(_replace, self._folder / STANDINGS, json.dumps(self.now))
            except OSError as error:
                log.warning("standings_not_written", folder=str(self._folder), reason=error.strerror)


def standings(folder: Path) -> dict[str, str]:
    """Read how each surface of the bot stands that works, or worked last, on `folder`; nothing where it is unknown."""
    try:
        read = json.loads((folder / STANDINGS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(how) for name, how in read.items()} if isinstance(read, dict) else {}


def ended(folder: Path) -> dict[str, str]:
    """Read which surfaces of a bot on `folder` ended, and why."""
    return {name: how for name, how in standings(folder).items() if how != SERVING}


def _replace(file: Path, text: str) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)


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
