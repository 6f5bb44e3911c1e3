"""The composition root: configuration -> engine -> surfaces, and their one shared life."""

from __future__ import annotations

import asyncio
import secrets
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import structlog

from bot import memory
from bot.assembly import catalog_of, running_engine
from bot.config import Config
from bot.health import CannotServe, Standings, heartbeat, listen
from bot.lag import LoopGuard
from bot.service.service import Service
from bot.stopping import own_threads
from bot.surface import Surface
from bot.words.localisation import read_all
from engine.catalog import Catalog
from engine.errors import EngineError
from engine.store.durable import write_file

log = structlog.get_logger()

CANCEL_AGAIN_S = 5.0


class ServingSurface(Surface, Protocol):
    """Be a surface with a connection of its own."""

    async def run(self) -> str | None:
        """Serve until cancelled; return early where the platform refuses the bot, with the reason or one in the log."""


async def serve(config: Config, announce: Callable[[str], None]) -> None:
    """Serve every configured surface until SIGINT or SIGTERM; `announce` is told the page's address once it answers.

    Raises `CannotServe` or `EngineError`, perhaps in an exception group, for what the operator can mend.
    """
    _stop_on_sigterm()
    memory.bound()
    read_all()
    catalog = catalog_of(config)
    listener = listen(config.web.host, config.web.port) if config.web.enabled else None
    async with running_engine(config, catalog) as engine:
        surfaces = _surfaces(config, engine.service, catalog, listener, announce)
        if not surfaces:
            raise CannotServe("There is nothing to serve: set a token for Discord or Telegram, or [web] enabled.")
        for surface in surfaces:
            engine.service.add(surface)
        await engine.service.resume()
        async with heartbeat(config.store.path), own_threads(), LoopGuard():
            ends = await serve_all(surfaces, Standings(config.store.path))
    raise CannotServe(f"Nothing is left to serve. {' '.join(f'{name}: {why}.' for name, why in ends.items())}")


async def serve_all(surfaces: Sequence[ServingSurface], standings: Standings) -> Mapping[str, str]:
    """Run all surfaces until the last has ended, and return why each did; none of them ends with another."""
    await standings.begin([surface.name for surface in surfaces])
    async with asyncio.TaskGroup() as tasks:
        for surface in surfaces:
            tasks.create_task(_serve_one(surface, standings), name=surface.name)
    return standings.now


async def _serve_one(surface: ServingSurface, standings: Standings) -> None:
    """Run one surface; whatever ends it is told to the operator, and nobody else's end."""
    try:
        reason = await run_to_the_end(surface)
    except (CannotServe, EngineError) as error:
        reason = str(error)
    except Exception as error:  # whatever it is, the other platforms' people are still there
        log.error("surface_failed", surface=surface.name, exc_info=error)
        reason = f"it failed with {type(error).__name__}; the log says more"
    await standings.end(surface.name, reason or "it ended, the log says why")


async def run_to_the_end(surface: ServingSurface) -> str | None:
    """Run a surface, and return why it ended; once cancelled, cancel it again until it is over.

    `asyncio.wait_for` of Python 3.11, which the platforms' libraries call, loses a cancellation that comes in the same
    turn of the loop as its result.
    """
    running = asyncio.create_task(surface.run(), name=f"{surface.name} runs")
    try:
        await asyncio.wait({running})
    finally:
        while not running.done():
            running.cancel()
            await asyncio.wait({running}, timeout=CANCEL_AGAIN_S)
    return running.result()


def _surfaces(
    config: Config,
    service: Service,
    catalog: Catalog,
    listener: socket.socket | None,
    announce: Callable[[str], None],
) -> list[ServingSurface]:
    """Make the configured surfaces; their libraries take seconds to import, so one that is off is not imported."""
    surfaces: list[ServingSurface] = []
    if config.discord.token:
        from bot.surfaces.discord import DiscordApp

        surfaces.append(DiscordApp(config.discord, service, catalog.names()))
    if config.telegram.token:
        from bot.surfaces.telegram import TelegramApp

        surfaces.append(TelegramApp(config.telegram, service, config.store.path / "telegram"))
    if listener:
        from bot.surfaces.web import WebApp

        surfaces.append(WebApp(config.web, service, catalog, listener, _page_secret(config.store.path), announce))
    return surfaces


def _page_secret(root: Path) -> str:
    """Keep the secret that protects the page's browser storage, so that a restart recognises its visitors.

    Raises `CannotServe` where it can be neither read nor written.
    """
    path = root / "page_secret"
    try:
        kept = path.read_bytes().decode("ascii", "ignore").strip() if path.exists() else ""
        return kept or _new_secret(path)
    except OSError as error:
        raise CannotServe(f"The page's secret {path} cannot be read or written: {error.strerror}.") from None


def _new_secret(path: Path) -> str:
    """Write a secret that is complete or absent, wherever the machine may be stopped, and that no one else can read."""
    secret = secrets.token_urlsafe(32)
    write_file(path, secret.encode())
    return secret


def _stop_on_sigterm() -> None:
    # asyncio.run turns SIGINT into a cancellation by itself; `docker stop` sends SIGTERM.
    task = asyncio.current_task()
    assert task  # noqa: S101 - a coroutine runs in a task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
