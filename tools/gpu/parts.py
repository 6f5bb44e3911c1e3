"""What is measured on a GPU, part by part: python -m tools.gpu.parts NAME FILE. A rehearsal draws with tiny models.

Each part writes its figures to a file whenever there are more of them, so that what was measured outlasts its end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

import structlog

from engine.catalog import DEMO, KANDINSKY_2_2, KANDINSKY_3, ModelSpec
from engine.kandinsky.bench import bench, rungs, ways
from engine.kandinsky.bench.subject import Conditions, Plan, Subject, figures
from engine.kandinsky.embedded import tiny
from engine.kandinsky.placing.plan import GIB
from tools import benchmark_engine

Keep = Callable[[dict[str, object]], None]
QUEUE_STEPS = 25  # half of the usual ones, for both sides


@dataclass(frozen=True, slots=True)
class Rig:
    """Say what the parts measure: the full size with random weights on a GPU, or something tiny on the CPU."""

    cache_dir: Path
    is_rehearsal: bool = False

    def plan(self, spec: ModelSpec) -> Plan:
        """Plan to measure `spec`, once: there is time for no more."""
        if not self.is_rehearsal:
            return Plan(spec, self.cache_dir, "cuda", random_weights=True, pictures=2, rounds=1)
        small = replace(
            DEMO, name=spec.name, repositories=tiny.repositories(self.cache_dir), embedded=False, native_size=64,
            steps=2, prior_steps=2,
        )  # fmt: skip
        return Plan(small, self.cache_dir, "cpu", batches=(1, 2), pictures=1, rounds=1)


@dataclass(frozen=True, slots=True)
class Queue:
    """Hold the seconds of a queue of mixed requests, through the engine and in a loop."""

    conditions: Conditions
    requests: int
    batch_size: int
    engine_s: float
    plain_s: float


class NoCard:
    """Stand for a card in a rehearsal: nothing is limited, and nothing taken."""

    total_bytes = 80 * GIB

    def limit(self, size_bytes: int | None) -> None:
        """Limit nothing."""

    def peaks(self) -> tuple[int, int]:
        """Tell that nothing was taken."""
        return 0, 0


def speed(rig: Rig, keep: Keep, spec: ModelSpec) -> None:
    """Measure the engine beside the plain script of diffusers."""
    keep(figures(bench.measure(rig.plan(spec), _say)))


def memory(rig: Rig, keep: Keep, spec: ModelSpec) -> None:
    """Measure what each rung takes."""
    for report in rungs.measure(rig.plan(spec), _say, NoCard() if rig.is_rehearsal else None):
        keep(figures(report))


def layouts(rig: Rig, keep: Keep, spec: ModelSpec) -> None:
    """Measure what compiling and the layout of weights are worth."""
    for report in ways.measure(rig.plan(spec), _say):
        keep(figures(report))


def queue(rig: Rig, keep: Keep) -> None:
    """Measure a queue of 32 beside the plain script."""
    plan = replace(rig.plan(KANDINSKY_2_2), steps=2 if rig.is_rehearsal else QUEUE_STEPS)
    subject, batch_size = Subject(plan), 4
    [times] = asyncio.run(benchmark_engine.compare(1, batch_size, subject.source, plan.steps))
    keep(figures(Queue(subject.conditions(), benchmark_engine.REQUESTS, batch_size, times["full"], times["loop"])))


def tests(_rig: Rig, keep: Keep) -> None:
    """Run the tests that need a GPU, and keep what each said."""
    pytest = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-m", "gpu", "tests/gpu"]
    said: list[str] = []
    with subprocess.Popen(pytest, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        for line in running.stdout or ():
            print(line, end="", flush=True)
            said.append(line.rstrip())
            keep({"tests": said})
    if running.returncode:
        sys.exit(running.returncode)


PARTS: Mapping[str, Callable[[Rig, Keep], None]] = MappingProxyType(
    {
        "tests": tests,
        "queue": queue,
        "speed kandinsky-2-2": partial(speed, spec=KANDINSKY_2_2),
        "speed kandinsky-3": partial(speed, spec=KANDINSKY_3),
        "memory kandinsky-2-2": partial(memory, spec=KANDINSKY_2_2),
        "memory kandinsky-3": partial(memory, spec=KANDINSKY_3),
        "layouts kandinsky-2-2": partial(layouts, spec=KANDINSKY_2_2),
        "layouts kandinsky-3": partial(layouts, spec=KANDINSKY_3),
    }
)


def _say(what: str) -> None:
    print(f"  {what}", flush=True)


def keep_in(file: Path) -> Keep:
    """Keep figures in `file`, which holds whole ones at any time."""

    def keep(measured: dict[str, object]) -> None:
        part = file.with_suffix(".part")
        part.write_text(json.dumps(measured), encoding="utf-8")
        part.replace(file)

    return keep


def main() -> None:
    """Measure one part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=PARTS)
    parser.add_argument("file", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--rehearse", action="store_true")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("warning"))
    with suppress(KeyboardInterrupt):
        PARTS[options.name](Rig(options.cache, options.rehearse), keep_in(options.file))


if __name__ == "__main__":
    main()
