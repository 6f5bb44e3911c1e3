"""Kills that are aimed: the process ends at the n-th call of a named function, before or after it."""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# Where a trap for the worker's process lies: that process inherits nothing from the bot's.
WORKERS = "worker-trap.json"
HOUR_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Trap:
    """Say at which call of which function the process ends, and whether after it instead of before."""

    place: str  # "module:Class.function"
    call: int = 1
    after: bool = False
    in_worker: bool = False

    def plan(self, folder: Path) -> dict[str, Any]:
        """Return what the next start of a bot is given so that it falls into this trap, once."""
        if self.in_worker:
            (folder / WORKERS).write_text(json.dumps(asdict(self)))
            return {}
        return {"trap": asdict(self)}


def prepare(plan: Mapping[str, Any]) -> None:
    """Set up what the plan of a bot asks for, in its process."""
    if trap := plan.get("trap"):
        spring(Trap(**trap))
    if plan.get("clock"):
        jump_on_signals()


def prepare_worker(folder: Path) -> None:
    """Set up the trap of the worker's process, which is then gone for the next one."""
    lying = folder / WORKERS
    if lying.exists():
        trap = Trap(**json.loads(lying.read_text()))
        lying.unlink()
        spring(trap)


def spring(trap: Trap) -> None:
    """Replace the function by one that ends the process."""
    holder, name = _found(trap.place)
    setattr(holder, name, _trapped(getattr(holder, name), trap))


def _found(place: str) -> tuple[Any, str]:
    """Return what holds the function, and its name there; raise `AttributeError` where it is no more."""
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    holder = functools.reduce(getattr, owners, importlib.import_module(module))
    getattr(holder, name)
    return holder, name


def _trapped(function: Callable[..., Any], trap: Trap) -> Callable[..., Any]:
    calls = 0

    def is_due() -> bool:
        nonlocal calls
        calls += 1
        return calls == trap.call

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def awaited(*args: Any, **named: Any) -> Any:
            due = is_due()
            _end(due and not trap.after)
            result = await function(*args, **named)
            _end(due and trap.after)
            return result

        return awaited

    @functools.wraps(function)
    def called(*args: Any, **named: Any) -> Any:
        due = is_due()
        _end(due and not trap.after)
        result = function(*args, **named)
        _end(due and trap.after)
        return result

    return called


def _end(now: bool) -> None:
    if now:
        os.kill(os.getpid(), signal.SIGKILL)


def jump_on_signals() -> None:
    """Let the clock of this process jump an hour ahead at SIGUSR1, and back at SIGUSR2."""
    offset_s, real = 0.0, time.time

    def jump(number: int, _: object) -> None:
        nonlocal offset_s
        offset_s += HOUR_S if number == signal.SIGUSR1 else -HOUR_S

    signal.signal(signal.SIGUSR1, jump)
    signal.signal(signal.SIGUSR2, jump)
    time.time = lambda: real() + offset_s


# What a process may be doing when it is killed, and where that is.
PLACES: dict[str, tuple[str, ...]] = {
    "acknowledging": (
        "discord:InteractionResponse.defer",
        "discord:InteractionResponse.send_message",
        "telegram.ext:ExtBot.send_message",
        "telegram.ext:ExtBot.answer_callback_query",
    ),
    "keeping an input": (
        "engine.store.store:Store.keep_input",
        "engine.store.files:Files.write",
    ),
    "taking a job in": (
        "engine.store.store:Store.add",
        "engine.store.job_table:JobTable.add",
        "engine.dispatch.dispatcher:Dispatcher.submit",
        "bot.service.service:Service.follow",
    ),
    "showing a mask": (
        "bot.surfaces.discord.app:DiscordApp.ask",
        "bot.surfaces.telegram.app:TelegramApp.ask",
        "bot.service.service:Service.decide",
        "bot.surfaces.discord.attending:promise_change",
        "engine.dispatch.dispatcher:Dispatcher.release",
    ),
    "encoding": (
        "engine.store.store:Store.add_pictures",
        "bot.surfaces.discord.delivery:laid_out",
    ),
    "posting": (
        "bot.surfaces.discord.app:DiscordApp.deliver",
        "bot.surfaces.telegram.app:TelegramApp.deliver",
        "telegram.ext:ExtBot.edit_message_media",
    ),
    "posting an album": ("telegram.ext:ExtBot.send_media_group",),
    "committing": ("sqlalchemy.engine.default:DefaultDialect.do_commit",),
    "migrating": ("sqlalchemy.engine.default:DefaultDialect.do_execute",),
    "sweeping": (
        "engine.retention:sweep",
        "engine.store.store:Store.expire",
        "engine.store.store:delete_jobs",
        "engine.store.files:Files.remove",
        "engine.store.store:Store.remove_abandoned",
    ),
    "receiving": ("telegram.ext:Application.process_update",),
}
IN_WORKER = "engine.pictures.images:encode_all"
