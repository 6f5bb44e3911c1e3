"""Put the engine together: configuration -> store -> worker -> dispatcher -> service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from platformdirs import user_cache_path

from bot.config import Config
from bot.policy import Limits, Rules, Who
from bot.service import Service
from bot.styles import styles_of
from engine.caps import Caps
from engine.catalog import Catalog, Repository
from engine.dispatcher import Dispatcher
from engine.language import TRANSLATOR
from engine.requests import Style
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
    caps = Caps(config.queue.max_waiting, config.queue.max_waiting_per_owner)
    async with (
        Store(config.store.path) as store,
        Dispatcher(store, ProcessWorker(worker_settings(config, catalog)), caps) as dispatcher,
        Service(dispatcher, store, catalog, styles(config), rules(config)) as service,
    ):
        yield Engine(store, dispatcher, service)


def catalog_of(config: Config) -> Catalog:
    """List the models that this configuration offers, the default one first; the embedded one is always there."""
    return Catalog.of(config.engine.model, config.engine.repositories, config.engine.models)


def styles(config: Config) -> dict[str, Style]:
    """List the styles by their names: those built in and those of the configuration."""
    configured = {
        name: Style(name=name, prompt=words.prompt, negative_prompt=words.negative_prompt)
        for name, words in config.styles.items()
    }
    return styles_of(configured)


def rules(config: Config) -> Rules:
    """Say what the operator lays down for all servers."""
    limits = config.limits
    who: dict[str, Who] = {name: it if isinstance(it, str) else tuple(it) for name, it in limits.who.items()}
    return Rules(
        limits=Limits(
            running=limits.running,
            queued=limits.queued,
            per_day=limits.per_day,
            largest_side=limits.largest_side,
            most_steps=limits.most_steps,
            blocked_words=tuple(config.safety.blocked_words),
            blocked_people=tuple(limits.blocked_people),
            who=who,
            is_operators=True,
        ),
        action=config.safety.action,
        hourly_rate=config.engine.hourly_rate,
        currency=config.engine.currency,
        retention_days=config.store.retention_days,
    )


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
