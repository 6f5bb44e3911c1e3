"""Measure what a long queue costs the people in it: python -m tools.benchmark_queue [JOBS ...].

In one run, for each number of waiting jobs, each with a follower that shows progress as Discord's does: how long a
`/queue` takes, how many messages are edited a second, and how much of one core the bot needs. The fake worker draws.
"""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import structlog

from bot.commands.table import IMAGINE, QUEUE, Invocation
from bot.service.service import Service
from bot.surface import Load, Origin
from engine.catalog import DEMO, Catalog
from engine.dispatch.caps import Caps
from engine.dispatch.dispatcher import Dispatcher
from engine.jobs import Job
from engine.store.store import Store
from engine.workers.fake import FakeWorker

JOBS = (0, 100, 1_000, 2_000)
OWNERS = 250
MEASURE_S = 5.0
CATALOG = Catalog([DEMO])


class Counter:
    """Be a surface that counts its edits."""

    name = "web"
    progress_interval_s = 2.5

    def __init__(self) -> None:
        self.shown = 0

    async def show(self, job: Job, text: str, preview: bytes | None) -> None:
        """Count an edit."""
        self.shown += 1

    async def deliver(self, job: Job, load: Load, text: str) -> None:
        """Take the pictures."""
        await load()

    async def tell(self, job: Job, text: str) -> None:
        """Take the words."""


async def measure(jobs: int) -> str:
    """Fill a queue with `jobs` and return a row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            Store(Path(folder)) as store,
            Dispatcher(store, [FakeWorker(step_s=0.1)], Caps(newcomers_share=1)) as dispatcher,
            Service(dispatcher, store, CATALOG) as service,
        ):
            counter = Counter()
            service.add(counter)
            submit_s = await fill(service, jobs)
            counter.shown, cpu_s, began = 0, time.process_time(), time.perf_counter()
            answers_ms = sorted(await ask(service))
            passed_s = time.perf_counter() - began
            cells = (
                f"{jobs:,}",
                f"{submit_s / max(jobs, 1) * 1e3:.1f}",
                f"{answers_ms[len(answers_ms) // 2]:.2f}",
                f"{answers_ms[-1]:.1f}",
                f"{counter.shown / passed_s:.0f}",
                f"{(time.process_time() - cpu_s) / passed_s:.0%}",
            )
            return f"| {' | '.join(cells)} |"


async def fill(service: Service, jobs: int) -> float:
    """Submit and follow `jobs`; return the seconds it took."""
    began = time.perf_counter()
    for number in range(jobs):
        origin = Origin("web", f"owner {number % OWNERS}", "here", f"job {number}")
        invocation = Invocation(IMAGINE, {"prompt": "x", "steps": 100})
        service.follow(await service.obey(await service.visit(origin), invocation))
    return time.perf_counter() - began


async def ask(service: Service) -> list[float]:
    """Ask for the queue again and again; return the milliseconds of each answer, the wait for the loop included."""
    answers_ms, end = [], time.perf_counter() + MEASURE_S
    while (began := time.perf_counter()) < end:
        await asyncio.sleep(0)
        visit = await service.visit(Origin("web", "owner 5", "here", "question"))
        await service.obey(visit, Invocation(QUEUE))
        answers_ms.append((time.perf_counter() - began) * 1e3)
        await asyncio.sleep(0.02)
    return answers_ms


def main() -> None:
    """Print the table."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("error"))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| waiting jobs | submit, ms each | /queue, median ms | /queue, worst ms | edits a second | of one core |")
    print("|---|---|---|---|---|---|")
    for jobs in [int(argument) for argument in sys.argv[1:]] or JOBS:
        print(asyncio.run(measure(jobs)), flush=True)


if __name__ == "__main__":
    main()
