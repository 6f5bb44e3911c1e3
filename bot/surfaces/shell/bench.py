"""`kandinsky-bot bench`: print what a model does on this machine, beside the plain script of diffusers."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from platformdirs import user_cache_path
from rich.console import Console
from rich.table import Table

from bot.assembly import catalog_of
from bot.commands.requesting import parse_size
from bot.config import Config
from engine.catalog import KNOWN, Catalog, ModelSpec
from engine.errors import RequestError
from engine.kandinsky.bench.bench import Plan, Report, measure, quick

DISTURBED = 1.15


def bench(
    config: Config, console: Console, *, model: str | None, size: str | None, steps: int | None, random_weights: bool,
    briefly: bool, file: Path | None,
) -> None:  # fmt: skip
    """Measure, print, and write `file` as JSON; raise `RequestError` for what cannot be measured."""
    spec = _spec(config, model)
    width, height = _size(size, spec) if size else (None, None)
    plan = Plan(
        spec, config.engine.cache_dir or user_cache_path("kandinsky-bot"), config.engine.device, width, height, steps,
        random_weights,
    )  # fmt: skip
    if file:
        _write("", file)  # rather now than after minutes
    with console.status("") as status:
        report = measure(quick(plan) if briefly else plan, status.update)
    show(report, console)
    if (disturbed := max(report.plain_seconds) / min(report.plain_seconds)) > DISTURBED:
        console.print(
            f"The plain script's two turns differ by a factor of {disturbed:.2f}: something else kept this machine "
            "busy, and the figures mean little."
        )
    if file:
        _write(json.dumps(dataclasses.asdict(report), indent=2) + "\n", file)


def show(report: Report, console: Console) -> None:
    """Print a report."""
    console.print(
        f"{report.model}{', random weights' if report.random_weights else ''}, {report.width}x{report.height}, "
        f"{report.steps} steps, {report.dtype}, on {report.device}, torch {report.versions['torch']}"
    )
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
