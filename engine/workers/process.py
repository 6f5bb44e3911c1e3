"""A worker in a process of its own, supervised: a crash or a hang costs one job's attempt, never the bot."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import suppress

from engine.errors import WorkerLost
from engine.events import Denoised, Done, Failed, Lost, Ready, WorkerEvent
from engine.settings import WorkerSettings
from engine.workers.base import Task
from engine.workers.child import Cancel, Load, load_models
from engine.workers.life import Life


class ProcessWorker:
    """Be the `Worker` that keeps one spawned process running; `load` runs in that process and must pickle."""

    def __init__(self, settings: WorkerSettings, load: Load = load_models) -> None:
        self._settings = settings
        self._load = load
        self._events: asyncio.Queue[WorkerEvent | None] = asyncio.Queue()
        self._supervisor: asyncio.Task[None] | None = None
        self._stopping = asyncio.Lock()
        self._sending = asyncio.Lock()
        self._life: Life | None = None
        self._ready: Ready | None = None
        self._budget = asyncio.timeout(None)
        self._open: set[tuple[str, int]] = set()
        self._on_device: set[tuple[str, int]] = set()

    @property
    def pid(self) -> int | None:
        """Tell the id of the process that runs now."""
        return self._life.pid if self._life else None

    async def start(self) -> None:
        """Start the process in the background; `Ready` follows."""
        self._supervisor = asyncio.create_task(self._supervise(), name="worker-supervisor")

    async def events(self) -> AsyncIterator[WorkerEvent]:
        """Iterate over everything the process says, and what becomes of it, until `stop`."""
        while event := await self._events.get():
            yield event

    async def run(self, epoch: int, batch: tuple[Task, ...]) -> None:
        """Give `batch` to the process of `epoch`; raise `WorkerLost` when it is gone or has no room for it."""
        life, ready = self._life, self._ready
        if not life or not ready or ready.epoch != epoch or self._budget.expired():
            raise WorkerLost(reason="stale epoch", epoch=epoch)
        if len(self._on_device) + len(batch) > ready.slots:
            raise WorkerLost(reason="no free slot", slots=ready.slots)
        keys = {(task.job_id, task.attempt) for task in batch}
        self._open |= keys
        self._on_device |= keys
        self._allow_time()
        try:
            await self._send(life, batch)
        except Exception:  # the process never heard of it: the device is as free as before
            self._open -= keys
            self._on_device -= keys
            if self._life is life and not self._budget.expired():
                self._allow_time()
            raise

    async def cancel(self, job_id: str, attempt: int) -> None:
        """Stop that attempt within one denoising step."""
        if self._life and (job_id, attempt) in self._open:
            with suppress(WorkerLost):
                await self._send(self._life, Cancel(job_id, attempt))

    async def stop(self) -> None:
        """End the process within a few seconds, whatever it does; idempotent."""
        async with self._stopping:
            if self._supervisor:
                self._supervisor.cancel()
                await asyncio.wait([self._supervisor])
            self._events.put_nowait(None)

    async def _send(self, life: Life, message: tuple[Task, ...] | Cancel) -> None:
        async with self._sending:  # in turn: a cancellation must not overtake its task
            await asyncio.to_thread(life.send, message)

    async def _supervise(self) -> None:
        wait_s = self._settings.restart_s
        for epoch in itertools.count(1):
            loaded = await self._live(epoch)
            wait_s = self._settings.restart_s if loaded else wait_s
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, self._settings.max_restart_s)

    async def _live(self, epoch: int) -> bool:
        """Run one process until it ends, tell how it was lost, and return whether it had loaded its models."""
        try:
            life = self._life = Life(self._settings, epoch, self._load)
        except OSError as error:  # such as too many open files: it is tried again like any other start
            self._events.put_nowait(Lost(epoch, WorkerLost.code, {"reason": str(error)}))
            return False
        try:
            lost = await self._listen(life, epoch)
        except TimeoutError:
            await asyncio.to_thread(life.kill)
            lost = Lost(epoch, WorkerLost.code, {"reason": "hung" if self._ready else "load timed out"})
        finally:
            loaded, self._ready, self._life = self._ready is not None, None, None
            await asyncio.to_thread(life.end)
            self._open.clear()
            self._on_device.clear()
        self._events.put_nowait(lost)
        return loaded

    async def _listen(self, life: Life, epoch: int) -> Lost:
        """Pass on what the process says; raise `TimeoutError` when it exceeds its budget, return how it ended."""
        inbox = _inbox(life)
        fate: Lost | None = None
        async with asyncio.timeout(self._settings.load_timeout_s) as self._budget:
            while message := await inbox.get():
                if isinstance(message, Lost):
                    fate = message
                else:
                    self._take(message)
        return fate or Lost(epoch, WorkerLost.code, {"reason": "ended", "exit_code": life.exit_code})

    def _take(self, message: WorkerEvent) -> None:
        if isinstance(message, Ready):
            self._ready = message
        if isinstance(message, Denoised | Done | Failed):
            self._on_device.discard((message.job_id, message.attempt))
        if isinstance(message, Done | Failed):
            self._open.discard((message.job_id, message.attempt))
        self._allow_time()
        self._events.put_nowait(message)

    def _allow_time(self) -> None:
        """Start the hang budget anew while there is work; without work silence is no fault."""
        now = asyncio.get_running_loop().time()
        self._budget.reschedule(now + self._settings.hang_s if self._open else None)


def _inbox(life: Life) -> asyncio.Queue[WorkerEvent | None]:
    """Begin `life` and collect what its process says; `None` is its end."""
    loop, inbox = asyncio.get_running_loop(), asyncio.Queue[WorkerEvent | None]()

    def deliver(message: WorkerEvent | None) -> None:
        with suppress(RuntimeError):  # the loop is closed, and with it the bot
            loop.call_soon_threadsafe(inbox.put_nowait, message)

    life.begin(deliver)
    return inbox
