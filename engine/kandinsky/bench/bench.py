"""Measure a model on this machine, beside the plain script of diffusers in the same run."""

from __future__ import annotations

import gc
import io
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from statistics import fmean

import torch
from torch.utils.flop_counter import FlopCounterMode

from engine.catalog import ModelSpec
from engine.checks import complete
from engine.kandinsky.bench.sides import Plain, Source, draw, engine_side, networks
from engine.kandinsky.bench.stopwatch import Peaks, Stage, peaks, stages, timed
from engine.kandinsky.placing.device import DeviceName, choose, use_all_cores
from engine.kandinsky.placing.loading import keep_libraries_quiet
from engine.models.model import Model
from engine.pictures import images
from engine.requests import Text2Image

PROMPT = "a red circle on a blue background"


@dataclass(frozen=True, slots=True)
class Plan:
    """Say what to measure: `pictures` by the plain script in each of its two turns, and each batch `rounds` times."""

    spec: ModelSpec
    cache_dir: Path
    device: DeviceName = "auto"
    width: int | None = None
    height: int | None = None
    steps: int | None = None
    random_weights: bool = False
    batches: tuple[int, ...] = (1, 2, 4, 8)
    pictures: int = 4
    rounds: int = 2


@dataclass(frozen=True, slots=True)
class BatchTime:
    """Hold the mean seconds of a batch, each picture encoded as PNG, and the most GiB that it took; none on a CPU."""

    size: int
    seconds: float
    pictures_per_second: float
    peak_gib: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """Hold what was measured, on what, with what.

    `plain_seconds` are those of a picture by the plain script, in its turn before the engine and in the one after.
    `ratio_alone` and `ratio_best` compare pictures per second: one at a time, and in the best of the batches.
    """

    device: str
    processor: str
    dtype: str
    versions: dict[str, str]
    model: str
    random_weights: bool
    width: int
    height: int
    steps: int
    guidance_scale: float
    rounds: int
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
        device=_name(bench.source), processor=_processor(), dtype=str(bench.source.device.dtype).removeprefix("torch."),
        versions=_versions(), model=plan.spec.name, random_weights=plan.random_weights,
        width=bench.request.width or 0, height=bench.request.height or 0, steps=bench.request.steps or 0,
        guidance_scale=bench.request.guidance_scale or 0, rounds=plan.rounds,
        plain_seconds=(before, after), plain_peak_gib=plain_peak_gib, batches=tuple(times),
        ratio_alone=alone / plain_rate, ratio_best=best / plain_rate, stages=tuple(per_stage),
        tflop_per_picture=tflop, tflops_alone=tflop * alone, tflops_best=tflop * best,
        peaks=peaks(bench.source.device),
    )  # fmt: skip


class _Bench:
    """Run the turns of one plan; no two pictures share a seed, so that no cache knows one before."""

    def __init__(self, plan: Plan, say: Callable[[str], None]) -> None:
        self._plan = plan
        self._say = say
        self._seed = 0
        self.source = Source(plan.spec, choose(plan.device), plan.cache_dir, plan.random_weights)
        asked = Text2Image(
            model=plan.spec.name, prompt=PROMPT, width=plan.width, height=plan.height, steps=plan.steps, seed=0
        )
        self.request = complete(asked, plan.spec)

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
        _save(model, self._requests(1))
        times = [self._batch(model, size) for size in self._plan.batches]
        self._say("The stages of a picture")
        one = self._requests(1)
        per_stage = stages(networks(model), self.source.device, lambda: draw(model, one))
        return times, [*per_stage, self._encoding(model)], self._tflop(model)

    def _batch(self, model: Model, size: int) -> BatchTime:
        self._say(f"Batches of {size}")
        _save(model, self._requests(size))
        seconds = fmean(
            self._timed(lambda: _save(model, self._requests(size))) for _ in range(self._plan.rounds)
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

    def _requests(self, count: int) -> list[Text2Image]:
        self._seed += count
        return [self.request.model_copy(update={"seed": self._seed - number}) for number in range(count)]

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


def _save(model: Model, requests: Sequence[Text2Image]) -> None:
    for image, request in zip(draw(model, requests), requests, strict=True):
        images.encode(image, request, 0)


def _save_plain(side: Plain, requests: Sequence[Text2Image]) -> None:
    for request in requests:
        side.draw(request).save(io.BytesIO(), "PNG")


def _name(source: Source) -> str:
    if source.device.is_cuda:
        return torch.cuda.get_device_name()
    return f"{platform.machine()} CPU, {torch.get_num_threads()} threads"


def _processor() -> str:
    """Name the processor, as Linux does where it tells."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _versions() -> dict[str, str]:
    libraries = {name: version(name) for name in ("torch", "diffusers", "transformers")}
    return {"python": platform.python_version(), **libraries}


def quick(plan: Plan) -> Plan:
    """Cut `plan` down to what shows that everything runs."""
    return replace(plan, steps=2, batches=(1, 2), pictures=1, rounds=1)
