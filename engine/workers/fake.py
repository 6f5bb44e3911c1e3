"""A worker without a model that keeps the promises of the seam: deterministic pictures, trouble on demand."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator

from PIL import Image

from engine.errors import WorkerLost
from engine.events import Accepted, Denoised, Done, Failed, Lost, Progress, Ready, WorkerEvent
from engine.pictures import images
from engine.pictures.finishing import finish
from engine.requests import AnyRequest
from engine.workers.base import Task
from engine.workers.render import failure


class FakeWorker:
    """Be a `Worker` in this process: each step takes `step_s`, and a start or restart `warm_up_s`.

    `crash`, `hang` and `fail_next` make trouble.
    """

    def __init__(
        self, models: tuple[str, ...] = ("demo",), slots: int = 1, step_s: float = 0.0, warm_up_s: float = 0.0
    ) -> None:
        self.step_s = step_s
        self._models = models
        self._slots = slots
        self._warm_up_s = warm_up_s
        self._events: asyncio.Queue[WorkerEvent | None] = asyncio.Queue()
        self._epoch = 1
        self._warming: asyncio.Task[None] | None = None
        self._ready = False
        self._renders: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._failures: list[Exception] = []
        self._moving = asyncio.Event()
        self._moving.set()

    async def start(self) -> None:
        """Warm up in the background; `Ready` follows."""
        self._warming = asyncio.create_task(self._warm_up())

    async def events(self) -> AsyncIterator[WorkerEvent]:
        """Iterate over everything the worker says, until `stop`."""
        while event := await self._events.get():
            yield event

    async def run(self, epoch: int, batch: tuple[Task, ...]) -> None:
        """Begin with `batch`; raise `WorkerLost` for a stale epoch, or when no slot is free."""
        if not self._ready or epoch != self._epoch:
            raise WorkerLost(reason="stale epoch", epoch=epoch)
        if len(self._renders) + len(batch) > self._slots:
            raise WorkerLost(reason="no free slot", slots=self._slots)
        for task in batch:
            self._renders[task.job_id, task.attempt] = asyncio.create_task(self._render(task))

    async def cancel(self, job_id: str, attempt: int) -> None:
        """Stop that attempt before its next step."""
        if render := self._renders.pop((job_id, attempt), None):
            render.cancel()
            self._say(Failed(job_id, attempt, self._epoch, "cancelled", {}))

    async def stop(self) -> None:
        """End all work; idempotent."""
        self._drop_everything()
        self._events.put_nowait(None)

    async def crash(self) -> None:
        """Lose everything in work, as a killed process does, and start again."""
        self._drop_everything()
        self._say(Lost(self._epoch, WorkerLost.code, {"reason": "ended", "exit_code": -9}))
        self._epoch += 1
        self._moving.set()
        await self.start()

    def hang(self) -> None:
        """Make no further step, now and in later tasks, until a crash."""
        self._moving.clear()

    def fail_next(self, error: Exception) -> None:
        """End the next task after its first step as if `error` had been raised in the render."""
        self._failures.append(error)

    async def _warm_up(self) -> None:
        await asyncio.sleep(self._warm_up_s)
        self._ready = True
        self._say(Ready(self._epoch, self._models, self._slots))

    async def _render(self, task: Task) -> None:
        told, began = (task.job_id, task.attempt, self._epoch), time.monotonic()
        self._say(Accepted(*told))
        try:
            await self._make_steps(task)
        except Exception as error:  # noqa: BLE001 - every job ends in one event, whatever went wrong
            self._say(failure(task, self._epoch, error))
        else:
            self._say(Denoised(*told))
            pictures = images.encode_all(_draw(task.request), task.request)
            self._say(Done(*told, pictures, time.monotonic() - began))
        del self._renders[task.job_id, task.attempt]

    async def _make_steps(self, task: Task) -> None:
        total, preview = task.request.steps or 1, images.preview(_paint(task.request, task.request.seeds()[0]))
        for step in range(1, total + 1):
            await self._moving.wait()
            await asyncio.sleep(self.step_s)
            self._say(Progress(task.job_id, task.attempt, self._epoch, step, total, preview))
            if self._failures:
                raise self._failures.pop(0)

    def _drop_everything(self) -> None:
        self._ready = False
        for work in (*self._renders.values(), *([self._warming] if self._warming else [])):
            work.cancel()
        self._renders.clear()

    def _say(self, event: WorkerEvent) -> None:
        self._events.put_nowait(event)


def _draw(request: AnyRequest) -> list[Image.Image]:
    """Paint one picture for each seed: two colours that depend on everything that was asked for."""
    return [finish(_paint(request, seed), request) for seed in request.seeds()]


def _paint(request: AnyRequest, seed: int) -> Image.Image:
    if not request.draws:
        [looked_at] = request.pictures()
        return _left_half(looked_at.width, looked_at.height)
    width, height = request.width or 1, request.height or 1
    asked = request.model_dump_json(exclude={"seed", "count"})
    digest = hashlib.sha256(f"{asked}|{seed}".encode()).digest()
    image = Image.new("RGB", (width, height), tuple(digest[:3]))
    image.paste(tuple(digest[3:6]), (0, 0, width // 2, height // 2))
    return image


def _left_half(width: int, height: int) -> Image.Image:
    """Make a mask: whatever is sought is on the left."""
    mask = Image.new("L", (width, height))
    mask.paste(255, (0, 0, width // 2, height))
    return mask
