"""Measure a model on this machine, beside the plain script of diffusers in the same run."""

from __future__ import annotations

import gc
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import torch
from torch.utils.flop_counter import FlopCounterMode

from engine.kandinsky.bench.sides import Plain, draw, engine_side, networks, save
from engine.kandinsky.bench.stopwatch import Peaks, Stage, peaks, stages, timed
from engine.kandinsky.bench.subject import Conditions, Plan, Subject
from engine.kandinsky.placing.device import use_all_cores
from engine.kandinsky.placing.loading import keep_libraries_quiet
from engine.models.model import Model
from engine.pictures import images
from engine.requests import Text2Image


@dataclass(frozen=True, slots=True)
class BatchTime:
    """Hold the mean seconds of a batch, each picture encoded as PNG, and the most GiB that it took; none on a CPU."""

    size: int
    seconds: float
    pictures_per_second: float
    peak_gib: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """Hold what was measured.

    `plain_seconds` are those of a picture by the plain script, in its turn before the engine and in the one after.
    `ratio_alone` and `ratio_best` compare pictures per second: one at a time, and in the best of the batches.
    """

    conditions: Conditions
    plain_seconds: tuple[float, float]
    plain_peak_gib: float | None
    batches: tuple[BatchTime, ...]
    ratio_alone: float
    ratio_best: float
    stages: tuple[Stage, ...]
    tflop_per_picture: float
    tflops_alone: float
    tflops_best: float
    peaks: Peaks


def measure(plan: Plan, say: Callable[[str], None]) -> Report:
    """Measure both sides in turns: the script, the engine, the script again; `say` is told what goes on.

    Raises `RequestError` for a size that the model does not draw, and what loading raises.
    """
    use_all_cores()
    keep_libraries_quiet()
    bench = _Bench(plan, say)
    before, plain_peak_gib = bench.plain()
    times, per_stage, tflop = bench.engine()
    after, _ = bench.plain()
    alone, best = times[0].pictures_per_second, max(one.pictures_per_second for one in times)
    plain_rate = 1 / fmean((before, after))
    say("Measuring the device")
    return Report(
        conditions=bench.subject.conditions(),
        plain_seconds=(before, after), plain_peak_gib=plain_peak_gib, batches=tuple(times),
        ratio_alone=alone / plain_rate, ratio_best=best / plain_rate, stages=tuple(per_stage),
        tflop_per_picture=tflop, tflops_alone=tflop * alone, tflops_best=tflop * best,
        peaks=peaks(bench.source.device),
    )  # fmt: skip


class _Bench:
    """Run the turns of one plan."""

    def __init__(self, plan: Plan, say: Callable[[str], None]) -> None:
        self._plan = plan
        self._say = say
        self.subject = Subject(plan)
        self.source = self.subject.source
        self._requests = self.subject.requests

    def plain(self) -> tuple[float, float | None]:
        """Return the script's seconds for a picture, and the most GiB that it took."""
        self._say("The plain script")
        self._forget()
        side = Plain(self.source)
        _save_plain(side, self._requests(1))  # to warm up
        seconds = self._timed(lambda: _save_plain(side, self._requests(self._plan.pictures)))
        return seconds / self._plan.pictures, self._peak_gib()

    def engine(self) -> tuple[list[BatchTime], list[Stage], float]:
        """Return the time of each batch, that of each stage of a picture, and the TFLOP of a picture."""
        self._say("The engine")
        self._forget()
        model = engine_side(self.source)
        save(model, self._requests(1))
        times = [self._batch(model, size) for size in self._plan.batches]
        self._say("The stages of a picture")
        one = self._requests(1)
        per_stage = stages(networks(model), self.source.device, lambda: draw(model, one))
        return times, [*per_stage, self._encoding(model)], self._tflop(model)

    def _batch(self, model: Model, size: int) -> BatchTime:
        self._say(f"Batches of {size}")
        save(model, self._requests(size))
        seconds = fmean(
            self._timed(lambda: save(model, self._requests(size))) for _ in range(self._plan.rounds)
        )  # fmt: skip
        return BatchTime(size, seconds, size / seconds, self._peak_gib())

    def _encoding(self, model: Model) -> Stage:
        request = self._requests(1)[0]
        image = draw(model, [request])[0]
        return Stage("png", 1, timed(self.source.device, lambda: images.encode(image, request, 0)))

    def _tflop(self, model: Model) -> float:
        with FlopCounterMode(display=False) as counter:
            draw(model, self._requests(1))
        return float(counter.get_total_flops()) / 1e12

    def _timed(self, work: Callable[[], object]) -> float:
        if self.source.device.is_cuda:
            torch.cuda.reset_peak_memory_stats()
        return timed(self.source.device, work)

    def _peak_gib(self) -> float | None:
        return torch.cuda.max_memory_allocated() / 2**30 if self.source.device.is_cuda else None

    def _forget(self) -> None:
        gc.collect()
        if self.source.device.is_cuda:
            torch.cuda.empty_cache()


def _save_plain(side: Plain, requests: Sequence[Text2Image]) -> None:
    for request in requests:
        side.draw(request).save(io.BytesIO(), "PNG")
