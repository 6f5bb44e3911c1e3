"""`python -m tools.benchmark_joining`: what joining between steps is worth, on the embedded model.

People ask at random (Poisson arrivals) at 50, 80 and 95 % of what the model draws with a full company. Each is drawn
at once where there is room, as the worker does, and waits in the order of coming where there is none; beside it, the
same arrivals in batches that nobody joins. Then full batches and a full company by turns, in the same run.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from random import Random
from statistics import fmean, median, quantiles

import torch

from engine.catalog import DEMO, NO_SAVINGS
from engine.checks import complete
from engine.events import Done, Failed, Progress, WorkerEvent
from engine.kandinsky.families.loaders import load_models
from engine.kandinsky.placing import device, loading
from engine.models.model import Drawing, Model
from engine.pictures import images
from engine.requests import Text2Image
from engine.workers.base import Task
from engine.workers.render import Renderer, Work

SLOTS = 4
LOADS = (0.5, 0.8, 0.95)
PROMPTS = ("a red circle on a blue background", "a small green square", "ein gelbes Dreieck oben links")
_numbers = count()


@dataclass
class Seen:
    """Hold when each request came, whether there was room then, and when its first step and its picture were made."""

    came: dict[str, float] = field(default_factory=dict)
    had_room: set[str] = field(default_factory=set)
    first_step: dict[str, float] = field(default_factory=dict)
    done: dict[str, float] = field(default_factory=dict)

    def hear(self, event: WorkerEvent) -> None:
        """Be what the renderer sends to."""
        if isinstance(event, Progress):
            self.first_step.setdefault(event.job_id, time.monotonic())
        if isinstance(event, Done):
            self.done[event.job_id] = time.monotonic()
        assert not isinstance(event, Failed), event

    def to_first_step(self) -> list[float]:
        """List the seconds until the first step of each who found room."""
        return [self.first_step[name] - self.came[name] for name in self.had_room]

    def to_picture(self) -> list[float]:
        """List the seconds until each picture."""
        return [self.done[name] - self.came[name] for name in self.came]


def request(number: int) -> Text2Image:
    """Ask for a picture that no cache knows, every step in full: a step is then as long as any other."""
    asked = Text2Image(model=DEMO.name, prompt=PROMPTS[number % len(PROMPTS)], seed=number, savings=NO_SAVINGS)
    return complete(asked, DEMO)


def work() -> Work:
    """Make the next request a task."""
    number = next(_numbers)
    return Work(Task(str(number), 1, request(number)), threading.Event())


def play(model: Model, arrivals: Iterable[float], joins: bool) -> Seen:
    """Let requests come at `arrivals`, seconds from now; without `joins`, the next batch begins when one is over."""
    seen, coming, waiting, began = Seen(), deque(arrivals), deque[Work](), time.monotonic()
    with ThreadPoolExecutor(1) as encoders:
        renderer = Renderer({DEMO.name: model}, 1, seen.hear, encoders)
        while coming or waiting or renderer.is_busy:
            while coming and began + coming[0] <= time.monotonic():
                waiting.append(_come(seen, began + coming.popleft(), _room(renderer, joins) - len(waiting)))
            room = _room(renderer, joins)
            renderer.begin([waiting.popleft() for _ in range(min(room, len(waiting)))])
            if renderer.is_busy:
                renderer.advance()
            elif coming:
                time.sleep(max(0.0, began + coming[0] - time.monotonic()))
    return seen


def _room(renderer: Renderer, joins: bool) -> int:
    drawn = len(renderer._company)
    return SLOTS - drawn if joins or not drawn else 0


def _come(seen: Seen, at: float, room: int) -> Work:
    come = work()
    seen.came[come.task.job_id] = at
    if room > 0:
        seen.had_room.add(come.task.job_id)
    return come


def full_batches(model: Model, pictures: int) -> float:
    """Draw full batches, one after another, and return the pictures a second."""
    began = time.monotonic()
    for _ in range(pictures // SLOTS):
        requests = [work().task.request for _ in range(SLOTS)]
        drawn = model.render([Drawing(each) for each in requests], lambda _step: None)
        for one, asked in zip(drawn, requests, strict=True):
            images.encode_all(list(one.images), asked)
    return pictures / (time.monotonic() - began)


def full_company(model: Model, pictures: int) -> float:
    """Draw as many in a company that is full from the first to the last, and return the pictures a second."""
    began = time.monotonic()
    play(model, [0.0] * pictures, joins=True)
    return pictures / (time.monotonic() - began)


def seconds_of_step(model: Model) -> float:
    """Return the seconds of a step of the UNet for a full company, the middle of all."""
    times: list[float] = []
    requests = [work().task.request for _ in range(SLOTS)]
    model.render([Drawing(each) for each in requests], lambda _step: times.append(time.monotonic()))
    return median(after - before for before, after in pairwise(times[-DEMO.steps :]))


def poisson(chance: Random, rate: float, seconds: float) -> list[float]:
    """Draw the times of arrivals, `rate` a second, within so many seconds."""
    times = [0.0]
    while times[-1] < seconds:
        times.append(times[-1] + chance.expovariate(rate))
    return times[1:-1]


def row(name: str, seen: Seen, step_s: float) -> str:
    """Write a row of the table."""
    first, whole = ([*each, each[-1]] for each in (sorted(seen.to_first_step()), seen.to_picture()))
    percentiles = [quantiles(first, n=20)[index] / step_s for index in (9, 18)]
    return (
        f"| {name} | {len(seen.came)} | {len(seen.had_room)} | {percentiles[0]:.2f} | {percentiles[1]:.2f} "
        f"| {fmean(whole):.2f} | {quantiles(whole, n=20)[18]:.2f} |"
    )


def main(tell: Callable[[str], None], seconds: float, rounds: int) -> None:
    """Measure and print the tables."""
    loading.keep_libraries_quiet()
    device.use_all_cores()
    with tempfile.TemporaryDirectory() as cache, torch.inference_mode():
        model = load_models([DEMO], "cpu", Path(cache))[DEMO.name]
        full_batches(model, SLOTS)
        turns = [(full_batches(model, 6 * SLOTS), full_company(model, 6 * SLOTS)) for _ in range(rounds)]
        batches, company = (fmean(each) for each in zip(*turns, strict=True))
        step_s = seconds_of_step(model)
        tell(f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}, {SLOTS} at once\n")
        tell("| round | full batches, pictures/s | full company, pictures/s | ratio |\n|---|---|---|---|")
        for number, (one, other) in enumerate(turns, 1):
            tell(f"| {number} | {one:.2f} | {other:.2f} | {other / one:.3f} |")
        tell(f"| all | {batches:.2f} | {company:.2f} | {company / batches:.3f} |\n")
        tell("| load | requests | found room | first step, p50 | p95 | picture, mean s | p95 s |\n" + "|---" * 7 + "|")
        for load in LOADS:
            arrivals = poisson(Random(7), load * company, seconds)
            tell(row(f"{load:.0%}, joining", play(model, arrivals, joins=True), step_s))
            tell(row(f"{load:.0%}, batches", play(model, arrivals, joins=False), step_s))
        tell(f"\nFirst steps in steps of the UNet for a full company, {step_s * 1000:.0f} ms.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of arrivals at each load")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    main(print, arguments.seconds, arguments.rounds)
