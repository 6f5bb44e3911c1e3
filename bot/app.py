"""The composition root: configuration -> engine -> surfaces, and their one shared life."""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import Callable
from pathlib import Path

from bot.assembly import catalog_of, running_engine
from bot.config import Config
from bot.discord_app import DiscordApp
from bot.health import heartbeat
from bot.service import Service
from bot.telegram_app import TelegramApp
from bot.web import PortTaken, WebApp
from engine.catalog import Catalog
from engine.errors import EngineError


class NothingToServe(Exception):
    """Say that no surface is configured, or that none is left."""


# What the operator can mend; anything else is a defect and shows its traceback.
EXPECTED = (NothingToServe, PortTaken, EngineError)


async def serve(config: Config, announce: Callable[[str], None]) -> None:
    """Serve every configured surface until SIGINT or SIGTERM; `announce` is told the page's address once it answers.

    Raises one of `EXPECTED`, perhaps in an exception group, for what the operator can mend.
    """
    _stop_on_sigterm()
    catalog = catalog_of(config)
    async with running_engine(config, catalog) as engine:
        surfaces = _surfaces(config, engine.service, catalog)
        if not surfaces:
            raise NothingToServe("There is nothing to serve: set a token for Discord or Telegram, or [web] enabled.")
        for surface in surfaces:
            engine.service.add(surface)
        await engine.service.resume()
        async with asyncio.TaskGroup() as tasks, heartbeat(config.store.path):
            announcing = [tasks.create_task(_announce(web, announce)) for web in surfaces if isinstance(web, WebApp)]
            await asyncio.gather(*(tasks.create_task(surface.run(), name=surface.name) for surface in surfaces))
            for task in announcing:
                task.cancel()
    raise NothingToServe("Nothing is left to serve: the log says why each platform ended.")


def _surfaces(config: Config, service: Service, catalog: Catalog) -> list[DiscordApp | TelegramApp | WebApp]:
    surfaces: list[DiscordApp | TelegramApp | WebApp] = []
    if config.discord.token:
        surfaces.append(DiscordApp(config.discord, service, catalog.names()))
    if config.telegram.token:
        surfaces.append(TelegramApp(config.telegram, service))
    if config.web.enabled:
        surfaces.append(WebApp(config.web, service, catalog, _page_secret(config.store.path)))
    return surfaces


async def _announce(web: WebApp, announce: Callable[[str], None]) -> None:
    await web.listening.wait()
    announce(web.address)


def _page_secret(root: Path) -> str:
    """Keep the secret that protects the page's browser storage, so that a restart recognises its visitors."""
    path = root / "page_secret"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32))
    return path.read_text()


def _stop_on_sigterm() -> None:
    # asyncio.run turns SIGINT into a cancellation by itself; `docker stop` sends SIGTERM.
    task = asyncio.current_task()
    assert task  # noqa: S101 - a coroutine runs in a task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
