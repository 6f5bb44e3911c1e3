"""Put the engine together: configuration -> store -> worker -> dispatcher -> service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from platformdirs import user_cache_path

from bot.commands.characters import clean
from bot.commands.styles import styles_of
from bot.config import Config
from bot.config import Engine as EngineSection
from bot.rules.limits import Limits
from bot.rules.policy import Rules
from bot.service.service import Service
from bot.stopping import closed_in_time
from engine import tuned
from engine.catalog import TRANSLATOR, Catalog, Repository
from engine.dispatch.dispatcher import Dispatcher
from engine.request import Style
from engine.retention import sweep_forever
from engine.settings import TUNED, Classifying, Keeping, WorkerSettings
from engine.store.store import Store
from engine.tuned import Tuned
from engine.workers.process import ProcessWorker

log = structlog.get_logger()

# A worker may be silent for so many times what compiling a shape was measured to take.
SILENCES = 2


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
        closed_in_time(Store(config.store.path)) as store,
        closed_in_time(Dispatcher(store, [worker], config.queue, config.queue.weights)) as dispatcher,
        closed_in_time(Service(dispatcher, store, catalog, styles(config), rules(config))) as service,
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


def catalog_of(config: Config) -> Catalog:
    """List the models that this configuration offers, the default one first; the embedded one is always there."""
    catalog = Catalog.of(config.engine.model, config.engine.repositories, config.engine.models)
    return catalog if config.engine.savings == "auto" else catalog.without_savings()


def styles(config: Config) -> dict[str, Style]:
    """List the styles by their names: those built in and those of the configuration."""
    configured = {
        name: Style(name=name, prompt=clean(words.prompt), negative_prompt=clean(words.negative_prompt))
        for name, words in config.styles.items()
    }
    return styles_of(configured)


def rules(config: Config) -> Rules:
    """Say what the operator lays down for all servers."""
    limits = Limits(**dict(config.limits), blocked_words=config.safety.blocked_words, is_operators=True)
    return Rules(
        limits=limits,
        action=config.safety.action,
        hourly_rate=config.engine.hourly_rate,
        currency=config.engine.currency,
        retention_days=config.store.retention_days,
    )


def cache_dir(config: Config) -> Path:
    """Name the folder of what the bot makes itself, and could make again."""
    return config.engine.cache_dir or user_cache_path("kandinsky-bot")


def worker_settings(config: Config, catalog: Catalog) -> WorkerSettings:
    """Say what the worker process loads, where, and how patient its supervisor is."""
    engine, found = config.engine, _tuned(config)
    by_hand, hang_s = _patience(engine, found)
    return WorkerSettings(
        models=catalog.models(),
        device=engine.device,
        keeping=Keeping(engine.memory, engine.quantise, engine.compile),
        batch_size=engine.batch_size,
        translate=engine.translate,
        translator=Repository.of(engine.translator) if engine.translator else TRANSLATOR,
        segmenter=Repository.of(engine.segmenter) if engine.segmenter else None,
        classifying=classifying_of(config),
        cache_dir=cache_dir(config),
        hang_s=hang_s,
        load_timeout_s=engine.load_timeout_s,
        tuned=found,
        by_hand=by_hand,
    )


def _tuned(config: Config) -> Tuned | None:
    """Read what was measured on this machine, if anything was."""
    file = cache_dir(config) / tuned.FILE
    try:
        return tuned.read(file)
    except ValueError as error:
        log.warning("tuning_ignored", file=str(file), reason=str(error))
        return None


def _patience(engine: EngineSection, found: Tuned | None) -> tuple[frozenset[str], float]:
    """Say what was set by hand, and how long the worker may be silent: longer where it is to compile.

    Where the owner wants to wait less than compiling takes, nothing is compiled that the owner did not ask for.
    """
    by_hand, hang_s = TUNED & engine.model_fields_set, engine.hang_s
    needed_s = SILENCES * found.silence_s if found and "compile" not in by_hand else 0
    if needed_s <= hang_s:
        return by_hand, hang_s
    return (by_hand | {"compile"}, hang_s) if "hang_s" in engine.model_fields_set else (by_hand, needed_s)


def classifying_of(config: Config) -> Classifying | None:
    """Say what looks at pictures, if anything does."""
    safety = config.safety
    if not safety.classifier:
        return None
    return Classifying(Repository.of(safety.classifier), tuple(safety.labels), safety.threshold, safety.action)
