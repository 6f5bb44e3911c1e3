"""Write what was measured on a GPU into the documents, between their marks; only the standard library is needed."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tools.gpu.running import Found
from tools.marked import replaced

Results = Mapping[str, Found]
MODELS = (("Kandinsky 2.2", "kandinsky-2-2"), ("Kandinsky 3", "kandinsky-3"))
BATCHES = (1, 2, 4, 8)
WAYS = ("channels last", "contiguous", "channels last, compiled", "contiguous, compiled")
NOTHING = "not measured"


def write(results: Results, docs: Path, day: str) -> list[str]:
    """Write each section of which anything was measured into the documents in `docs`, and name it."""
    written = []
    for (file, name), (part, table) in SECTIONS.items():
        measured = {model: results.get(f"{part} {model}".strip(), Found()) for model in ("", *(it[1] for it in MODELS))}
        if any(found.figures for found in measured.values()):
            document = docs / file
            text = document.read_text(encoding="utf-8")
            document.write_text(replaced(text, name, _section(measured, table, day)), encoding="utf-8")
            written.append(name)
    return written


def _section(measured: Results, table: Callable[[Results], list[str]], day: str) -> str:
    conditions = [_conditions(found.figures, day) for found in measured.values() if found.figures]
    lacks = [f"{name}: {found.lack}" for name, found in measured.items() if found.lack]
    said = [f"Not all was measured: {'; '.join(lacks)}."] if lacks else []
    return "\n\n".join([*dict.fromkeys(conditions), "\n".join(table(measured)), *said])


def _conditions(figures: Mapping[str, Any], day: str) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in figures["versions"].items())
    weights = "random weights" if figures["random_weights"] else "its own weights"
    return textwrap.fill(
        f"{figures['model']} on {figures['device']}, {day}: {figures['width']}x{figures['height']}, "
        f"{figures['steps']} steps, guidance {figures['guidance_scale']:g}, {figures['dtype']}, {weights}, "
        f"{figures['rounds']} of each; {versions}, {figures['processor']}.",
        width=120, break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def speed(measured: Results) -> list[str]:
    """Lay out each batch beside the plain script, and the rate beside what the card reaches."""
    lines = _head(
        "model", "batch", "s a picture", "plain script", "ratio", "TFLOP/s", "of those reached", "GiB at most"
    )
    for title, name in MODELS:
        figures = measured.get(name, Found()).figures
        times = {time["size"]: time for time in figures["batches"]} if figures else {}
        lines += [_row(title, batch, *_speed_cells(figures, times.get(batch))) for batch in BATCHES]
    return lines


def _speed_cells(figures: Mapping[str, Any] | None, time: Mapping[str, Any] | None) -> list[object]:
    if figures is None or time is None:
        return [NOTHING] * 6
    rate, plain_s = time["pictures_per_second"], sum(figures["plain_seconds"]) / 2
    tflops, reached = figures["tflop_per_picture"] * rate, figures["peaks"]["convolution"]
    own = [f"{1 / rate:.3f}", f"{plain_s:.3f}", f"{plain_s * rate:.2f}", f"{tflops:.0f}", f"{tflops / reached:.0%}"]
    return [*own, _gib(time["peak_gib"])]


def layouts(measured: Results) -> list[str]:
    """Lay out the seconds a picture of each way, batch by batch."""
    lines = _head("model", "batch", *WAYS)
    for (title, name), batch in itertools.product(MODELS, BATCHES):
        figures = measured.get(name, Found()).figures or {"ways": []}
        times = {time["way"]: time for time in figures["ways"] if time["size"] == batch}
        lines.append(_row(title, batch, *(_way_cell(times.get(way)) for way in WAYS)))
    return lines


def _way_cell(time: Mapping[str, Any] | None) -> str:
    if time is None:
        return NOTHING
    first = f", first {time['first_seconds']:.0f} s" if "compiled" in time["way"] else ""
    return f"{1 / time['pictures_per_second']:.3f}{first}{', gave up' if time['gave_up'] else ''}"


def queue(measured: Results) -> list[str]:
    """Lay out the queue beside the loop."""
    lines = _head("requests", "in batches of", "engine, s", "plain loop, s", "ratio")
    if not (figures := measured.get("", Found()).figures):
        return [*lines, _row(32, 4, *[NOTHING] * 3)]
    engine_s, plain_s = figures["engine_s"], figures["plain_s"]
    cells = [figures["requests"], figures["batch_size"], f"{engine_s:.1f}", f"{plain_s:.1f}"]
    return [*lines, _row(*cells, f"{plain_s / engine_s:.2f}")]


def memory(measured: Results) -> list[str]:
    """Lay out what each rung took on each card; a star is what the plan chooses there."""
    lines = _head("model", "card, GiB", "way", "GiB at most", "reserved", "planned", "of the plan")
    for title, name in MODELS:
        figures = measured.get(name, Found()).figures
        rungs = figures["rungs"] if figures else []
        lines += [_rung_row(title, rung) for rung in rungs] or [_row(title, "all", "all", *[NOTHING] * 4)]
    return lines


def _rung_row(title: str, rung: Mapping[str, Any]) -> str:
    way = f"{rung['rung']}{' *' if rung['chosen'] else ''}"
    taken = (
        [_gib(rung["peak_gib"]), _gib(rung["reserved_gib"])] if rung["ratio"] is not None else ["out of memory", "–"]
    )
    ratio = f"{rung['ratio']:.2f}" if rung["ratio"] is not None else "–"
    return _row(title, rung["card_gib"], way, *taken, f"{rung['planned_gib']:.2f}", ratio)


def _gib(size: float | None) -> str:
    return "–" if size is None else f"{size:.2f}"


def _head(*cells: str) -> list[str]:
    return [_row(*cells), f"|{'---|' * len(cells)}"]


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


# By document and mark: the part that measures it, for each model or for all, and how it is laid out.
SECTIONS: Mapping[tuple[str, str], tuple[str, Callable[[Results], list[str]]]] = MappingProxyType(
    {
        ("benchmarks.md", "speed"): ("speed", speed),
        ("benchmarks.md", "layouts"): ("layouts", layouts),
        ("benchmarks.md", "queue"): ("queue", queue),
        ("memory.md", "memory"): ("memory", memory),
    }
)
