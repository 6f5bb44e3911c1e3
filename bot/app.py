"""The composition root: configuration -> store -> engine -> service -> surfaces, and their one shared life."""

from __future__ import annotations

import asyncio
import secrets
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from bot.config import Config
from bot.discord_app import DiscordApp
from bot.health import heartbeat
from bot.service import Service
from bot.telegram_app import TelegramApp
from bot.web import PortTaken, WebApp
from engine.catalog import Catalog
from engine.dispatcher import Caps, Dispatcher
from engine.errors import EngineError
from engine.store import Store
from engine.workers.process import ProcessWorker
from engine.workers.settings import WorkerSettings


class NothingToServe(Exception):
    """Say that no surface is configured, or that none is left."""


# What the operator can mend; anything else is a defect and shows its traceback.
EXPECTED = (NothingToServe, PortTaken, EngineError)


@dataclass(frozen=True, slots=True)
class Engine:
    """Hold the running engine's parts."""

    store: Store
    dispatcher: Dispatcher
    service: Service


@asynccontextmanager
async def running_engine(config: Config, catalog: Catalog) -> AsyncIterator[Engine]:
    """Open the store, start the worker in the background, and serve requests until the end of the block."""
    caps = Caps(config.queue.max_waiting, config.queue.max_waiting_per_owner)
    async with (
        Store(config.store.path) as store,
        Dispatcher(store, ProcessWorker(worker_settings(config, catalog)), catalog, caps) as dispatcher,
        Service(dispatcher, store, catalog) as service,
    ):
        yield Engine(store, dispatcher, service)


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


def catalog_of(config: Config) -> Catalog:
    """List the models that this configuration offers, the default one first; the embedded one is always there."""
    return Catalog.of(config.engine.model, config.engine.repositories)


def worker_settings(config: Config, catalog: Catalog) -> WorkerSettings:
    """Say what the worker process loads, where, and how patient its supervisor is."""
    engine = config.engine
    return WorkerSettings(
        models=catalog.models(),
        device=engine.device,
        cache_dir=engine.cache_dir or user_cache_path("kandinsky-bot"),
        hang_s=engine.hang_s,
        load_timeout_s=engine.load_timeout_s,
    )


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
