"""`kandinsky-bot bench`: print what a model does on this machine, beside the plain script of diffusers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.assembly import cache_dir, catalog_of
from bot.commands.requesting import parse_size
from bot.config import Config
from engine.catalog import KNOWN, Catalog, ModelSpec
from engine.errors import RequestError
from engine.kandinsky.bench import bench as speed
from engine.kandinsky.bench import rungs, ways
from engine.kandinsky.bench.bench import Report
from engine.kandinsky.bench.rungs import RungPeak, RungsReport
from engine.kandinsky.bench.subject import Conditions, Plan, figures, quick
from engine.kandinsky.bench.ways import WaysReport, WayTime

DISTURBED = 1.15


def bench(
    config: Config, console: Console, *, model: str | None, size: str | None, steps: int | None, random_weights: bool,
    briefly: bool, file: Path | None, memory: bool = False, compiled: bool = False,
) -> None:  # fmt: skip
    """Measure, print, and write `file` as JSON after each figure; raise `RequestError` for what cannot be measured.

    With `memory` measure the rungs of the ladder instead, with `compiled` the ways to run the networks.
    """
    if memory and compiled:
        raise RequestError("memory_and_compile")
    spec = _spec(config, model)
    width, height = _size(size, spec) if size else (None, None)
    plan = Plan(
        spec, cache_dir(config), config.engine.device, width, height, steps, random_weights,
    )  # fmt: skip
    if file:
        _write("", file)  # rather now than after minutes
    with console.status("") as status:
        for report in _reports(quick(plan) if briefly else plan, status.update, memory, compiled):
            if file:
                _write(json.dumps(figures(report), indent=2) + "\n", file)
    _head(report.conditions, console)
    SHOWN[type(report)](report, console)


def _reports(plan: Plan, say: Callable[[str], None], memory: bool, compiled: bool) -> Iterator[Any]:
    """Report what was measured, and anew with each figure that comes to it; at least once."""
    if memory:
        yield from rungs.measure(plan, say)
    elif compiled:
        yield from ways.measure(plan, say)
    else:
        yield speed.measure(plan, say)


def _head(conditions: Conditions, console: Console) -> None:
    console.print(
        f"{conditions.model}{', random weights' if conditions.random_weights else ''}, "
        f"{conditions.width}x{conditions.height}, {conditions.steps} steps, {conditions.dtype}, "
        f"on {conditions.device}, torch {conditions.versions['torch']}"
    )


def _show_speed(report: Report, console: Console) -> None:
    console.print(_batches(report))
    console.print(_stages(report))
    console.print(
        f"{report.tflop_per_picture:.3g} TFLOP a picture: {report.tflops_alone:.3g} TFLOP/s alone, "
        f"{report.tflops_best:.3g} in the best batch; this device reached {report.peaks.matmul:.3g} in matrix products "
        f"and {report.peaks.convolution:.3g} in convolutions."
    )
    console.print(
        f"Against the plain script: {report.ratio_alone:.2f} times its pictures per second alone, "
        f"{report.ratio_best:.2f} times in the best batch."
    )
    if (disturbed := max(report.plain_seconds) / min(report.plain_seconds)) > DISTURBED:
        console.print(
            f"The plain script's two turns differ by a factor of {disturbed:.2f}: something else kept this machine "
            "busy, and the figures mean little."
        )


def _show_rungs(report: RungsReport, console: Console) -> None:
    table = Table("card, GiB", "way", "GiB at most", "reserved", "planned", "of the plan")
    for rung in report.rungs:
        table.add_row(str(rung.card_gib), f"{rung.rung}{' *' if rung.chosen else ''}", *_peaks(rung))
    console.print(table)
    console.print("* what the plan chooses on a card with that memory")


def _peaks(rung: RungPeak) -> tuple[str, str, str, str]:
    planned = f"{rung.planned_gib:.2f}"
    if rung.ratio is None:
        return "out of memory", "", planned, ""
    return _gib(rung.peak_gib), _gib(rung.reserved_gib), planned, f"{rung.ratio:.2f}"


def _show_ways(report: WaysReport, console: Console) -> None:
    table = Table("", "batch", "first, s", "seconds a picture", "pictures a second", "GiB of GPU memory at most")
    for time in report.ways:
        table.add_row(*_way(time))
    console.print(table)
    if not any("compiled" in time.way for time in report.ways):
        console.print("Nothing is compiled on a CPU.")


def _way(time: WayTime) -> tuple[str, ...]:
    rate = time.pictures_per_second
    name = f"{time.way}, as far as it could be" if time.gave_up else time.way
    return name, str(time.size), f"{time.first_seconds:.1f}", f"{1 / rate:.3f}", f"{rate:.3f}", _gib(time.peak_gib)


SHOWN: Mapping[type, Callable[[Any, Console], None]] = MappingProxyType(
    {Report: _show_speed, RungsReport: _show_rungs, WaysReport: _show_ways}
)


def _batches(report: Report) -> Table:
    table = Table("", "seconds a picture", "pictures a second", "GiB of GPU memory at most")
    for turn, seconds in zip(("before", "after"), report.plain_seconds, strict=True):
        table.add_row(f"plain script, {turn}", f"{seconds:.3f}", f"{1 / seconds:.3f}", _gib(report.plain_peak_gib))
    for batch in report.batches:
        rate = batch.pictures_per_second
        table.add_row(f"engine, batch of {batch.size}", f"{1 / rate:.3f}", f"{rate:.3f}", _gib(batch.peak_gib))
    return table


def _stages(report: Report) -> Table:
    table = Table("stage, one picture", "calls", "ms each", "ms in all")
    for stage in report.stages:
        each = stage.seconds / stage.calls
        table.add_row(stage.name, str(stage.calls), f"{each * 1e3:.1f}", f"{stage.seconds * 1e3:.1f}")
    return table


def _gib(size: float | None) -> str:
    return "not measured" if size is None else f"{size:.2f}"


def _spec(config: Config, model: str | None) -> ModelSpec:
    """Find a model: one that is configured, with its paths, or another that the engine knows."""
    configured = catalog_of(config)
    name = model or configured.default
    return configured[name] if name in configured.names() else Catalog(KNOWN)[name]


def _size(text: str, spec: ModelSpec) -> tuple[int, int]:
    return parse_size(f"{text}x{text}" if text.isdigit() else text, spec)


def _write(text: str, file: Path) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RequestError("unwritable", file=str(file), reason=error.strerror) from error
