"""The one place that knows both the queue and the worker: lease, retry, cancel, and say where each job stands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial
from types import MappingProxyType, TracebackType
from typing import Self

import structlog

from engine.dispatch.caps import Caps
from engine.dispatch.live import Live, next_batch
from engine.dispatch.residency import Residency
from engine.dispatch.waiting import WaitingRoom
from engine.errors import EngineError, PictureDamaged, QueueFull, WorkerLost
from engine.events import Denoised, Done, EngineState, Failed, JobEvent, Lost, Progress, Ready
from engine.jobs import WAITING, Job, JobStatus, JobUpdate, Submission
from engine.requests import AnyRequest
from engine.store.retrying import until_stored
from engine.store.store import Store, TransitionError
from engine.workers.base import Task, Worker

log = structlog.get_logger()

DEFAULT_CAPS = Caps()
# A job whose worker died is tried once more; a restart of the whole bot is not the job's fault, unless it goes on.
MAX_CRASHES = 1
MAX_ATTEMPTS = 5
# How long a held job waits for its person's word.
HELD_S = 7 * 86_400.0
LONGEST_INTERVAL_S = 60.0
# How long an idle device waits for more requests to draw together: a person does not notice, a burst arrives within it.
BATCH_WINDOW_S = 0.02


class Dispatcher:
    """Take submissions, give them to the worker in fair order, and commit what becomes of them."""

    def __init__(
        self,
        store: Store,
        worker: Worker,
        caps: Caps = DEFAULT_CAPS,
        weights: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """Take `weights` of servers: how much a person's request there counts, where others count 1."""
        self._store, self._worker, self._caps = store, worker, caps
        self._room = WaitingRoom(caps, weights)
        self._queue, self._live, self._leased = self._room.queue, self._room.live, self._room.leased
        self._on_device: set[str] = set()
        self._residency = Residency()
        self._ready: Ready | None = None
        self._loaded_epoch = 0
        self._wake = asyncio.Event()
        self._entering = asyncio.Lock()
        self._cannot_load = asyncio.Event()
        self._last_loss = EngineError()
        self._closing = AsyncExitStack()
        self.state = EngineState.WARMING_UP

    async def __aenter__(self) -> Self:
        """Take up the jobs of an earlier run, then start the worker in the background."""
        for job in reversed(await self._store.jobs.timed(20)):
            self._room.speed.learn(job)
        for job in await self._store.jobs.with_status(WAITING):
            await self._take_up(job)
        for job in await self._store.jobs.with_status([JobStatus.HELD]):
            self._room.held[job.id] = Live(job)
        await self.drop_forgotten()
        async with AsyncExitStack() as opening:
            opening.push_async_callback(self._worker.stop)
            tasks = await opening.enter_async_context(asyncio.TaskGroup())
            await self._worker.start()
            for coroutine in (self._listen(), self._lease_forever()):
                opening.callback(tasks.create_task(coroutine).cancel)
            self._closing = opening.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the worker; jobs in its hands are taken up again by the next run."""
        await self._closing.__aexit__(kind, error, trace)

    @property
    def waiting(self) -> int:
        """Count the jobs that no worker has yet."""
        return len(self._queue)

    async def submit(self, submission: Submission, hold: bool = False) -> Job:
        """Commit a job and put it into the queue; raise `QueueFull` where a cap is reached.

        With `hold` it waits for `release` first, under the same caps. The same `submission.key` again returns the job
        that it made the first time.
        """
        async with self._entering:
            try:
                self._room.check(submission)
            except QueueFull:
                if known := await self._store.jobs.by_key(submission.key):
                    return known
                raise
            job, new = await self._store.add(submission, hold)
            if new and hold:
                self._room.held[job.id] = Live(job)
            elif new:
                self._enqueue(Live(job))
        return job

    async def release(self, job_id: str) -> Job:
        """Put a held job into the queue, behind those that wait; raise `TransitionError` where it is not held."""
        async with self._entering:
            job = await self._store.jobs.release(job_id)
            live = self._room.held.pop(job_id)
            live.become(job)
            self._enqueue(live)
        return job

    async def change_request(self, job_id: str, request: AnyRequest) -> Job:
        """Replace what a held job asks for; raise `TransitionError` where it is not held."""
        async with self._entering:
            job = await self._store.change_request(job_id, request)
            self._room.held[job_id].become(job)
        return job

    async def cancel(self, job_id: str) -> Job:
        """End a held, waiting or running job: within one denoising step if a worker has it."""
        async with self._entering:
            job = await self._store.jobs.move(job_id, JobStatus.CANCELLED)
            self._room.end(job)
        if job_id in self._leased:
            await self._worker.cancel(job_id, self._leased[job_id])
        return job

    async def drop_forgotten(self) -> None:
        """Cancel the held jobs that their people left alone for a week, without a word."""
        for live in list(self._room.held.values()):
            if live.job.created_at < time.time() - HELD_S:
                with suppress(TransitionError):
                    self._room.end(await self._store.jobs.move(live.job.id, JobStatus.CANCELLED, told=True))

    async def keep_address(self, job_id: str, address: dict[str, object]) -> Job:
        """Commit where and how the surface answers a job; its later updates carry it."""
        job = await self._store.jobs.set_address(job_id, address)
        if live := self._room.find(job_id):
            live.job = replace(live.job, address=job.address)
        return job

    def owned(self, owner: str) -> list[JobUpdate]:
        """List an owner's waiting and running jobs, oldest first."""
        return self._room.owned(owner)

    def held(self, owner: str) -> list[Job]:
        """List an owner's jobs that wait for the owner's word, oldest first."""
        return self._room.held_of(owner)

    async def broken(self) -> EngineError:
        """Wait until the worker could not load its models, and tell why; it goes on trying all the same."""
        await self._cannot_load.wait()
        return self._last_loss

    async def updates(self, job_id: str, interval_s: float) -> AsyncIterator[JobUpdate]:
        """Yield where a job stands: at once, then every `interval_s`, until it is rendered or ended.

        A held job has no standing: its updates begin when it is released. Far back in the queue the interval is
        longer: with a thousand waiting, nobody's message may cost the others.
        """
        live = self._room.find(job_id)
        while live and not live.over:
            live.changed.clear()
            if job_id in self._room.held:
                await live.changed.wait()
                continue
            update = self._room.update(live)
            yield update
            await _wait(live.changed, min(interval_s * (1 + (update.position or 0) // 5), LONGEST_INTERVAL_S))

    async def _take_up(self, job: Job) -> None:
        if job.attempt >= MAX_ATTEMPTS:
            await self._store.jobs.move(job.id, JobStatus.FAILED, error=WorkerLost.code)
            return
        again = job if job.status is JobStatus.QUEUED else await self._store.jobs.move(job.id, JobStatus.QUEUED)
        self._enqueue(Live(again))

    def _enqueue(self, live: Live) -> None:
        if not self._on_device and not self._leased:
            self._queue.rest()
        self._room.enqueue(live)
        self._wake.set()

    async def _lease_forever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._ready and not self._on_device and len(self._queue):
                if len(self._queue) < self._ready.slots:
                    await asyncio.sleep(BATCH_WINDOW_S)
                if self._ready:
                    await self._lease(self._next_batch(self._ready), self._ready.epoch)

    def _next_batch(self, ready: Ready) -> list[Live]:
        lead = partial(self._residency.choose, swap_s=ready.swap_s, now=time.time())
        return next_batch(self._queue, self._live, ready.slots, lead, self._caps.max_running_per_owner)

    async def _lease(self, batch: list[Live], epoch: int) -> None:
        self._on_device |= {live.job.id for live in batch}
        tasks = [task for task in [await self._task(live) for live in batch] if task]
        if not tasks:
            return
        try:
            await self._worker.run(epoch, tuple(tasks))
        except WorkerLost:  # its `Ready` comes again when it is back
            self._ready = None
            for live in reversed([self._live[task.job_id] for task in tasks if task.job_id in self._live]):
                self._free(live.job.id)
                await until_stored(partial(self._requeue, live, attempt=live.job.attempt - 1))

    async def _task(self, live: Live) -> Task | None:
        """Lease one job; return nothing where it was cancelled meanwhile, or its pictures are gone."""
        job = live.job
        try:
            inputs = await self._store.inputs(job.request)
        except PictureDamaged as error:
            self._free(job.id)
            await until_stored(
                partial(self._failed, Failed(job.id, job.attempt, self._loaded_epoch, error.code, error.facts))
            )
            return None
        if await until_stored(partial(self._take_lease, live)):
            return Task(job.id, live.job.attempt, job.request, inputs)
        self._free(job.id)
        return None

    async def _take_lease(self, live: Live) -> None:
        live.job = await self._store.jobs.move(live.job.id, JobStatus.LEASED, attempt=live.job.attempt + 1)
        self._leased[live.job.id] = live.job.attempt
        live.changed.set()

    async def _requeue(self, live: Live, attempt: int) -> None:
        live.job = await self._store.jobs.move(live.job.id, JobStatus.QUEUED, attempt=attempt)
        live.step = live.total = 0
        self._queue.push_back(live.job.id, live.job.owner)
        self._wake.set()

    def _free(self, job_id: str) -> None:
        self._leased.pop(job_id, None)
        self._on_device.discard(job_id)
        self._wake.set()

    async def _listen(self) -> None:
        async for event in self._worker.events():
            match event:
                case Ready():
                    self._ready, self._loaded_epoch, self.state = event, event.epoch, EngineState.READY
                    self._wake.set()
                    log.info("worker_ready", epoch=event.epoch, models=event.models)
                case Lost():
                    await self._lost(event)
                case _ if self._is_current(event):
                    await self._job_event(event)

    def _is_current(self, event: JobEvent) -> bool:
        return event.epoch == self._loaded_epoch and self._leased.get(event.job_id) == event.attempt

    async def _job_event(self, event: JobEvent) -> None:
        match event:
            case Progress() if live := self._live.get(event.job_id):
                live.step, live.total = event.step, event.total
                live.preview = event.preview or live.preview
            case Denoised():
                self._on_device.discard(event.job_id)
                self._wake.set()
            case Done():
                self._free(event.job_id)
                await until_stored(partial(self._rendered, event))
            case Failed():
                self._free(event.job_id)
                await until_stored(partial(self._failed, event))

    async def _rendered(self, event: Done) -> None:
        job = await self._store.add_pictures(event.job_id, event.pictures, event.seconds, event.notes)
        self._room.speed.learn(job)
        self._room.end(job)

    async def _failed(self, event: Failed) -> None:
        self._room.end(await self._store.jobs.move(event.job_id, JobStatus.FAILED, error=event.code, facts=event.facts))

    async def _lost(self, event: Lost) -> None:
        log.warning("worker_lost", epoch=event.epoch, code=event.code, facts=event.facts)
        if event.epoch != self._loaded_epoch:
            self._last_loss = EngineError(event.code, **event.facts)
            self._cannot_load.set()
        self._ready = None
        self.state = EngineState.MODEL_MISSING if event.code == "model_missing" else EngineState.RESTARTING
        for job_id in reversed(list(self._leased)):  # each becomes the next one: the first of them last
            self._free(job_id)
            if live := self._live.get(job_id):
                live.crashes += 1
                await until_stored(partial(self._crashed, live))

    async def _crashed(self, live: Live) -> None:
        """Try a job again whose worker died under it, unless that happened before."""
        if live.crashes <= MAX_CRASHES:
            await self._requeue(live, live.job.attempt)
        else:
            self._room.end(await self._store.jobs.move(live.job.id, JobStatus.FAILED, error=WorkerLost.code))


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()
