"""Put the engine together: configuration -> store -> worker -> dispatcher -> service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass

from platformdirs import user_cache_path

from bot.config import Config
from bot.service import Service
from engine.caps import Caps
from engine.catalog import Catalog, Repository
from engine.dispatcher import Dispatcher
from engine.language import TRANSLATOR
from engine.retention import sweep_forever
from engine.store import Store
from engine.workers.process import ProcessWorker
from engine.workers.settings import Keeping, WorkerSettings


@dataclass(frozen=True, slots=True)
class Engine:
    """Hold the running engine's parts."""

    store: Store
    dispatcher: Dispatcher
    service: Service


@asynccontextmanager
async def running_engine(config: Config, catalog: Catalog) -> AsyncIterator[Engine]:
    """Open the store, start the worker in the background, and serve requests until the end of the block."""
    worker = ProcessWorker(worker_settings(config, catalog))
    async with (
        Store(config.store.path) as store,
        Dispatcher(store, worker, caps_of(config), config.queue.weights) as dispatcher,
        Service(dispatcher, store, catalog) as service,
        _running(sweep_forever(store, dispatcher, config.store.retention_days)),
    ):
        yield Engine(store, dispatcher, service)


@asynccontextmanager
async def _running(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Let something run beside the block, until its end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


def caps_of(config: Config) -> Caps:
    """Say how much may wait."""
    queue = config.queue
    return Caps(
        waiting=queue.max_waiting,
        waiting_per_owner=queue.max_waiting_per_owner,
        waiting_per_server=queue.max_waiting_per_server,
        waiting_minutes=queue.max_waiting_minutes,
        running_per_owner=queue.max_running_per_owner,
    )


def catalog_of(config: Config) -> Catalog:
    """List the models that this configuration offers, the default one first; the embedded one is always there."""
    return Catalog.of(config.engine.model, config.engine.repositories, config.engine.models)


def worker_settings(config: Config, catalog: Catalog) -> WorkerSettings:
    """Say what the worker process loads, where, and how patient its supervisor is."""
    engine = config.engine
    return WorkerSettings(
        models=catalog.models(),
        device=engine.device,
        keeping=Keeping(engine.memory, engine.quantise, engine.compile),
        batch_size=engine.batch_size,
        translate=engine.translate,
        translator=Repository.of(engine.translator) if engine.translator else TRANSLATOR,
        cache_dir=engine.cache_dir or user_cache_path("kandinsky-bot"),
        hang_s=engine.hang_s,
        load_timeout_s=engine.load_timeout_s,
    )
