"""`kandinsky-bot tune`: measure what suits this device, and write it down where the bot reads it when it starts."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.assembly import cache_dir, catalog_of
from bot.config import Config
from bot.health import is_alive
from engine import tuned
from engine.catalog import ModelSpec
from engine.errors import EngineError, RequestError
from engine.kandinsky.bench import tuning
from engine.settings import TUNED
from engine.store.durable import make_folder, write_file
from engine.tuned import Measured, Tuned


def tune(config: Config, console: Console, minutes: float) -> None:
    """Measure for `minutes` at most, write what was found, and print it.

    Raises `RequestError("unwritable")` before anything is measured, `EngineError("nothing_tuned")` where the time was
    too short for anything, and what loading the models raises.
    """
    file = cache_dir(config) / tuned.FILE
    _check(file)
    if is_alive(config.store.path):
        console.print("A bot is running here and draws meanwhile: stop it, or the figures mean little.")
    with console.status("Loading the models") as status:
        found = _measured(config, time.monotonic() + 60 * minutes, status.update)
    if found is None:
        raise EngineError("nothing_tuned", minutes=f"{minutes:g}")
    with _unwritable(file):
        write_file(file, found.model_dump_json(indent=2).encode())
    for name, measured in found.models.items():
        console.print(_table(name, measured))
    console.print(f"Best here: {choice(found)}. The bot takes this when it starts; it is in {file}", soft_wrap=True)
    if by_hand := sorted(TUNED & config.engine.model_fields_set):
        console.print(f"The configuration sets {', '.join(by_hand)}, and that counts.")


def choice(found: Tuned) -> str:
    """Say what was found best."""
    return f"batches of {found.batch_size}, memory {found.memory}, compile {found.compile}"


def _check(file: Path) -> None:
    """Look whether the file could be written: rather now than after minutes."""
    with _unwritable(file):
        make_folder(file.parent)
        tempfile.TemporaryFile(dir=file.parent).close()


@contextmanager
def _unwritable(file: Path) -> Iterator[None]:
    """Raise `RequestError` for a file that cannot be written."""
    try:
        yield
    except OSError as error:
        raise RequestError("unwritable", file=str(file), reason=error.strerror) from None


def _measured(config: Config, until: float, say: Callable[[str], None]) -> Tuned | None:
    """Measure in a process of its own, which is killed when the time is over, and return the last that it found."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the worker has it
    context = multiprocessing.get_context("spawn")
    near, far = context.Pipe()
    told = far, _configured(config), config.engine.device, cache_dir(config)
    process = context.Process(target=tuning.main, args=told, name="tune", daemon=True)
    process.start()
    far.close()
    try:
        found = None
        for message in _messages(near, until):
            if isinstance(message, tuning.Refused):
                raise EngineError(message.code, **message.facts)
            if isinstance(message, Tuned):
                found = message
            else:
                say(str(message))
        return found
    finally:
        process.kill()
        process.join()


def _messages(near: Connection, until: float) -> Iterator[object]:
    """Receive until the other end is gone or the time is over."""
    try:
        while near.poll(max(0, until - time.monotonic())):
            yield near.recv()
    except EOFError:
        return


def _configured(config: Config) -> Sequence[ModelSpec]:
    """List the models that the configuration names; the embedded one is offered beside them, and too small to ask."""
    catalog = catalog_of(config)
    return [catalog[name] for name in dict.fromkeys((catalog.default, *config.engine.models))]


def _table(name: str, measured: Measured) -> Table:
    table = Table(name, "pictures a second")
    for size, rate in measured.batches.items():
        table.add_row(f"batches of {size}", f"{rate:.3f}")
    for kind, rates in (("memory", measured.memory), ("compile", measured.compile)):
        for way, rate in rates.items():
            table.add_row(f"{kind} {way}", f"{rate:.3f}")
    return table
