"""A running worker on a bench: what to give it, how to kill it, an ear for what it says."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

from engine.catalog import DEMO
from engine.checks import complete
from engine.events import Ready, WorkerEvent
from engine.requests import Text2Image
from engine.settings import WorkerSettings
from engine.workers.base import Task, Worker
from engine.workers.child import Load
from engine.workers.fake import FakeWorker
from engine.workers.process import ProcessWorker
from tests.engine.workers.worker_doubles import load_troubled

WAIT_S = 60
SLOTS = 3


def task(job_id: str, prompt: str = "a red circle", attempt: int = 1, **fields: object) -> Task:
    return Task(job_id, attempt, complete(Text2Image(model="demo", prompt=prompt, seed=7, **fields), DEMO))


def long_task(job_id: str) -> Task:
    return task(job_id, steps=150)


class Bench:
    """Hold a running worker, the way to kill it, and an ear for what it says."""

    def __init__(self, worker: Worker, kill: Callable[[], object]) -> None:
        self.worker = worker
        self.kill = kill
        self.events = worker.events()
        self.epoch = 0

    async def next(self) -> WorkerEvent:
        return await asyncio.wait_for(anext(self.events), WAIT_S)

    async def until(self, kind: type) -> list[WorkerEvent]:
        heard = [await self.next()]
        while not isinstance(heard[-1], kind):
            heard.append(await self.next())
        return heard

    async def ready(self) -> "Bench":
        self.epoch = (await self.until(Ready))[-1].epoch
        return self

    async def run(self, *tasks: Task) -> None:
        await self.worker.run(self.epoch, tasks)


def settings(cache_dir: Path, **changes: object) -> WorkerSettings:
    return WorkerSettings(
        models=(DEMO,), cache_dir=cache_dir, device="cpu", batch_size=SLOTS, restart_s=0.01, **changes
    )


def make(kind: str, cache_dir: Path, load: Load = load_troubled) -> Bench:
    if kind == "fake":
        fake = FakeWorker(slots=SLOTS, step_s=0.002)
        return Bench(fake, fake.crash)
    worker = ProcessWorker(settings(cache_dir), load)
    return Bench(worker, lambda: asyncio.to_thread(os.kill, worker.pid, signal.SIGKILL))
