"""The bot as rounds start it: the product itself, with a quick worker, short waits and, where asked for, one trap."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import multiprocessing
import os
import resource
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing import forkserver
from typing import Any

from PIL import Image

from engine.models.model import Drawing, Drawn, Model, OnStep, Step
from engine.settings import WorkerSettings
from engine.workers import fake
from tests.chaos import traps

# How many times faster the waits of a round pass than those of real life.
FACTOR = 10
# Who waits with `asyncio.sleep` for a network that does not answer.
WAITERS = (
    "discord.http", "discord.client", "discord.webhook.async_",
    "telegram.ext._utils.networkloop", "telegram.ext._aioratelimiter",
    "bot.service.following", "bot.surfaces.discord.app", "bot.surfaces.telegram.app", "bot.surfaces.telegram.delivery",
    "bot.surfaces.telegram.pictures", "bot.surfaces.telegram.polling", "bot.surfaces.telegram.sending",
    "bot.surfaces.telegram.connection", "engine.dispatch.leasing", "engine.retention",
)  # fmt: skip
# What is longer than a round, however fast its time passes.
SHORTER = {
    "bot.service.following.RETRY_LONGEST_S": 10.0,
    "bot.surfaces.discord.app.DiscordApp.progress_interval_s": 0.15,
    "bot.surfaces.telegram.app.TelegramApp.progress_interval_s": 0.15,
    "engine.retention.SWEEP_S": 3.0,
}
STEP_S = 0.01


class Quick:
    """Be a model that paints at once what the fake worker paints."""

    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        """Take a moment for each step, then paint."""
        total = drawings[0].request.steps or 1
        for step in range(total):
            threading.Event().wait(STEP_S)
            on_step(Step(step + 1, total))
        return [Drawn(_paint(drawing)) for drawing in drawings]

    def statistics(self) -> Mapping[str, tuple[int, int]]:
        """Tell of no caches."""
        return {}


def _paint(drawing: Drawing) -> list[Image.Image]:
    return [fake._paint(drawing.request, seed) for seed in drawing.request.seeds()]


def load(settings: WorkerSettings) -> Mapping[str, Model]:
    """Be the models of the worker process, which writes into its bot's log."""
    _write_to(f"{settings.cache_dir}/bot.log")
    traps.prepare_worker(settings.cache_dir)
    return {spec.name: Quick() for spec in settings.models}


class Hurried:
    """Be `asyncio` for one module, whose sleeps pass faster."""

    def __getattr__(self, name: str) -> Any:
        """Return what asyncio has."""
        return getattr(asyncio, name)

    async def sleep(self, delay: float, result: Any = None) -> Any:
        """Sleep less."""
        return await asyncio.sleep(delay / FACTOR, result)


def run(plan: Mapping[str, Any]) -> int:
    """Be the bot's process, and return its exit code."""
    _write_to(plan["log"])
    os.chdir(plan["folder"])
    os.environ.update(plan["environment"])
    if descriptors := plan.get("descriptors"):
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    hurry()
    traps.prepare(plan)
    if plan.get("introduced"):
        _skip_introductions()
    return _serve()


def hurry() -> None:
    """Let this process' waits pass faster, and give it the quick worker."""
    for name in WAITERS:
        if module := _module(name):
            module.asyncio = Hurried()  # type: ignore[attr-defined]
    for name, value in SHORTER.items():
        owner, _, attribute = name.rpartition(".")
        if holder := _holder(owner):
            setattr(holder, attribute, value)
    _use_quick_worker()


def _use_quick_worker() -> None:
    from bot import assembly
    from engine.workers import life
    from engine.workers.process import ProcessWorker

    def worker(settings: WorkerSettings) -> ProcessWorker:
        quick = dataclasses.replace(settings, restart_s=0.1, max_restart_s=1.0, hang_s=2.0)
        return ProcessWorker(quick, load)

    assembly.ProcessWorker = worker  # type: ignore[assignment,misc]
    # The zygote's fork server starts it at once; a process of its own would import for a second.
    forkserver._forkserver.ensure_running = lambda: None  # type: ignore[attr-defined]
    life.multiprocessing = _ForkServed()  # type: ignore[assignment]


def _skip_introductions() -> None:
    """Leave out what the platforms were told at the first start: the commands, which takes longer than all else."""
    from bot.surfaces.discord.client import Tree
    from bot.surfaces.telegram import app

    async def nothing(*_: object, **__: object) -> list[object]:
        return []

    Tree.sync = nothing  # type: ignore[method-assign,assignment]
    app.introduce = nothing  # type: ignore[assignment]


class _ForkServed:
    """Be `multiprocessing`, whose processes come from the fork server."""

    def get_context(self, _: str) -> Any:
        return multiprocessing.get_context("forkserver")


def _serve() -> int:
    from bot.__main__ import main

    sys.argv = ["kandinsky-bot", "run"]
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


def _holder(name: str) -> Any:
    if module := _module(name):
        return module
    module, _, attribute = name.rpartition(".")
    return getattr(_module(module), attribute, None)


def _write_to(log: str) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor in (1, 2):
        os.dup2(file, descriptor)
    os.close(file)
