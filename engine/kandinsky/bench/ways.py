"""Measure what compiling and the layout of weights are worth: the engine in each way, side by side in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import fmean

import torch
from torch import nn

from engine.kandinsky.bench.sides import engine_side, networks, save
from engine.kandinsky.bench.stopwatch import timed
from engine.kandinsky.bench.subject import Conditions, Plan, Subject
from engine.kandinsky.placing import compiling
from engine.kandinsky.placing.device import use_all_cores
from engine.kandinsky.placing.loading import keep_libraries_quiet
from engine.models.model import Model

# What is compiled, or made ready for a shape, is so after the first of them.
WARM_UP_STEPS = 2


@dataclass(frozen=True, slots=True)
class Way:
    """Say how the engine's networks are run."""

    name: str
    layout: torch.memory_format
    compile: compiling.Mode


# Those that take minutes last, for whoever has no time for them. A GPU draws in the first of these ways.
WAYS = (
    Way("channels last", torch.channels_last, "off"),
    Way("contiguous", torch.contiguous_format, "off"),
    Way("channels last, compiled", torch.channels_last, "default"),
    Way("contiguous, compiled", torch.contiguous_format, "default"),
)


@dataclass(frozen=True, slots=True)
class WayTime:
    """Hold the mean seconds of a batch in one way, and those of the short first one, in which a shape is compiled.

    `gave_up` says that a network did not compile, and ran as it was. `peak_gib` is none on a CPU.
    """

    way: str
    size: int
    first_seconds: float
    seconds: float
    pictures_per_second: float
    peak_gib: float | None
    gave_up: bool


@dataclass(frozen=True, slots=True)
class WaysReport:
    """Hold what was measured of each way so far."""

    conditions: Conditions
    ways: tuple[WayTime, ...]


def measure(plan: Plan, say: Callable[[str], None]) -> Iterator[WaysReport]:
    """Measure each batch in each way, and report anew after each; nothing is compiled on a CPU.

    Raises `RequestError` for a size that the model does not draw, and what loading raises.
    """
    use_all_cores()
    keep_libraries_quiet()
    subject = Subject(plan)
    model = engine_side(subject.source)
    found: list[WayTime] = []
    for way in WAYS if subject.source.device.is_cuda else WAYS[:2]:
        _prepare(model, way)
        for size in plan.batches:
            say(f"{way.name}, batches of {size}")
            found.append(_time(model, way, subject, size))
            yield WaysReport(subject.conditions(), tuple(found))


def _prepare(model: Model, way: Way) -> None:
    """Order the weights of a model's convolutions, and compile its networks or not."""
    compiling.undo(_networks(model))
    for network in _networks(model):
        network.to(memory_format=way.layout)  # type: ignore[call-overload]
    compiling.compile_models(model.pipelines, way.compile)  # type: ignore[attr-defined]


def _time(model: Model, way: Way, subject: Subject, size: int) -> WayTime:
    if is_cuda := subject.source.device.is_cuda:
        torch.cuda.reset_peak_memory_stats()
    first, seconds = batch_seconds(model, subject, size)
    peak_gib = torch.cuda.max_memory_allocated() / 2**30 if is_cuda else None
    return WayTime(way.name, size, first, seconds, size / seconds, peak_gib, compiling.gave_up(_networks(model)))


def batch_seconds(model: Model, subject: Subject, size: int) -> tuple[float, float]:
    """Return the seconds of a short first batch, in which a shape is compiled, and the mean ones of those after it."""
    device = subject.source.device
    first = timed(device, lambda: save(model, subject.requests(size, steps=WARM_UP_STEPS)))
    return first, fmean(
        timed(device, lambda: save(model, subject.requests(size))) for _ in range(subject.plan.rounds)
    )  # fmt: skip


def _networks(model: Model) -> list[nn.Module]:
    return list(networks(model).values())
