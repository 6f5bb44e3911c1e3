"""Find how many pictures to draw at once on this device, how to keep a model there, and whether to compile it."""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from engine.catalog import ModelSpec
from engine.errors import EngineError, OutOfMemory
from engine.kandinsky.bench import machine
from engine.kandinsky.bench.subject import Plan, Subject
from engine.kandinsky.bench.ways import batch_seconds
from engine.kandinsky.families.loaders import load_models
from engine.kandinsky.placing.device import DeviceName, use_all_cores
from engine.kandinsky.placing.laddered import Laddered
from engine.kandinsky.placing.loading import keep_libraries_quiet
from engine.kandinsky.placing.plan import Rung
from engine.models.model import Model
from engine.settings import Keeping
from engine.tuned import Compile, Measured, Memory, Tuned, best

SIZES = (1, 2, 4, 8, 16)
ROUNDS = 2
# Beside what the plan chooses. Layer by layer is only for where nothing else fits.
WAYS: tuple[Memory, ...] = ("resident", "offload")


@dataclass(frozen=True, slots=True)
class Refused:
    """Say that measuring ended with an error of the engine."""

    code: str
    facts: dict[str, object] = field(default_factory=dict)


def main(connection: Connection, specs: Sequence[ModelSpec], device: DeviceName, cache_dir: Path) -> None:
    """Be the process that measures: say what goes on, what was found so far, and how it ended.

    Whoever waits for it may kill it at any time.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the parent's to handle
    try:
        for found in tune(specs, device, cache_dir, connection.send):
            connection.send(found)
    except EngineError as error:
        connection.send(Refused(error.code, error.facts))


def tune(
    specs: Sequence[ModelSpec], device: DeviceName, cache_dir: Path, say: Callable[[str], None]
) -> Iterator[Tuned]:  # fmt: skip
    """Measure each of `specs` as the worker draws with it, and tell what is best so far whenever more is known.

    Raises what loading raises.
    """
    use_all_cores()
    keep_libraries_quiet()
    found: dict[str, Measured] = {}
    for spec in specs:
        subject = Subject(Plan(spec, cache_dir, device, rounds=ROUNDS))
        for found[spec.name] in _measure(subject, say):
            yield Tuned.of(machine.identity(subject.source.device), machine.versions(), datetime.now(UTC), dict(found))


def _measure(subject: Subject, say: Callable[[str], None]) -> Iterator[Measured]:
    """Measure one model, and tell what is known so far; the batches first, which count most."""
    name, model = subject.plan.spec.name, _load(subject, Keeping())
    batches = dict(_batches(subject, model, say))
    measured = Measured(batches=batches)
    yield measured
    if not isinstance(model, Laddered):
        return
    rung = model.rung
    del model
    ways: dict[Memory, float] = {"auto": batches[1]}
    for way in WAYS:
        say(f"{name}, {way}")
        ways |= _way(subject, way, rung)
        measured = measured.model_copy(update={"memory": dict(ways)})
        yield measured
    if rung is Rung.RESIDENT:
        say(f"{name}, compiled")
        yield measured.model_copy(update=_compiled(subject, batches))


def _batches(subject: Subject, model: Model, say: Callable[[str], None]) -> Iterator[tuple[int, float]]:
    """Measure each size of a batch that there is room for, in pictures per second."""
    for size in SIZES:
        say(f"{subject.plan.spec.name}, batches of {size}")
        try:
            yield size, size / batch_seconds(model, subject, size)[1]
        except OutOfMemory:
            if size == 1:
                raise
            return


def _way(subject: Subject, way: Memory, known: Rung) -> Mapping[Memory, float]:
    """Measure a picture where the ladder begins at `way`, unless that leads to the rung that is known already."""
    model = _load(subject, Keeping(memory=way))
    if isinstance(model, Laddered) and model.rung is known:
        return {}
    return {way: 1 / batch_seconds(model, subject, 1)[1]}


def _compiled(subject: Subject, batches: Mapping[int, float]) -> dict[str, object]:
    """Measure the best batch with networks that are compiled, beside what it takes without."""
    size = best([batches], sorted(batches)) or 1
    model = _load(subject, Keeping(compile="default"))
    first, seconds = batch_seconds(model, subject, size)
    rates: dict[Compile, float] = {"off": batches[size], "default": size / seconds}
    return {"compile": rates, "silence_s": first}


def _load(subject: Subject, keeping: Keeping) -> Model:
    """Load the model as the worker does, with nothing left of one before."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    plan = subject.plan
    return load_models([plan.spec], plan.device, plan.cache_dir, keeping)[plan.spec.name]
