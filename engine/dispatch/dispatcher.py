"""The one place that knows both the queue and the workers: take jobs in, cancel them, and say where each one stands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from types import MappingProxyType, TracebackType
from typing import Self

from engine.dispatch.caps import Caps
from engine.dispatch.lane import Lanes
from engine.dispatch.leasing import Leasing
from engine.dispatch.waiting import WaitingRoom
from engine.errors import EngineError, QueueFull, WorkerLost
from engine.events import EngineState
from engine.jobs import DAY_S, WAITING, Asker, Job, JobStatus, JobUpdate, Submission
from engine.requests import AnyRequest
from engine.store.store import Store, TransitionError
from engine.workers.base import Worker

DEFAULT_CAPS = Caps()
# A restart of the whole bot is not a job's fault, unless it goes on.
MAX_ATTEMPTS = 5
# Who had a picture this long ago is no newcomer: a flood of new names is over, or noticed, by then.
KNOWN_AFTER_S = 600.0
# How long a held job waits for its person's word.
HELD_S = 7 * DAY_S
LONGEST_INTERVAL_S = 60.0


class Dispatcher:
    """Take submissions, let the workers draw them in fair order, and tell how far they are."""

    def __init__(
        self,
        store: Store,
        workers: Sequence[Worker],
        caps: Caps = DEFAULT_CAPS,
        weights: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """Take `weights` of servers: how much a person's request there counts, where others count 1."""
        self._store = store
        self._lanes = Lanes(workers)
        self._room = WaitingRoom(caps, weights, self._lanes)
        self._leasing = Leasing(store, self._room, self._lanes)
        self._entering = asyncio.Lock()
        self._closing = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Take up the jobs of an earlier run, then start the workers in the background."""
        for job in reversed(await self._store.jobs.timed(20)):
            self._room.speed.learn(job)
        for job in await self._store.jobs.with_status(WAITING):
            await self._take_up(job)
        for job in await self._store.jobs.with_status([JobStatus.HELD]):
            self._room.hold(job)
        await self.drop_forgotten()
        async with AsyncExitStack() as opening:
            opening.push_async_callback(self._stop)
            opening.push_async_callback(self._leasing.close)
            tasks = await opening.enter_async_context(asyncio.TaskGroup())
            for lane in self._lanes:
                await lane.worker.start()
                for coroutine in (self._leasing.listen(lane), self._leasing.lease(lane)):
                    opening.callback(tasks.create_task(coroutine).cancel)
            self._closing = opening.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the workers; jobs in their hands are taken up again by the next run."""
        await self._closing.__aexit__(kind, error, trace)

    @property
    def waiting(self) -> int:
        """Count the jobs that no worker has yet."""
        return len(self._room)

    @property
    def state(self) -> EngineState:
        """Tell whether jobs can be drawn right now: the best that is true of a worker."""
        return self._lanes.state

    def check(self, asker: Asker) -> None:
        """Raise `QueueFull` where a job of `asker` would be one too many."""
        self._room.check(asker)

    async def submit(self, submission: Submission, hold: bool = False) -> Job:
        """Commit a job and put it into the queue; raise `QueueFull` where a cap is reached.

        With `hold` it waits for `release` first, under the same caps. The same `submission.key` again returns the job
        that it made the first time.
        """
        async with self._entering:
            try:
                self._room.check(submission)
                await self._check_newcomer(submission.owner)
            except QueueFull:
                if known := await self._store.jobs.by_key(submission.key):
                    return known
                raise
            job, new = await self._store.add(submission, hold)
            if new and hold:
                self._room.hold(job)
            elif new:
                self._room.enqueue(job)
        return job

    async def release(self, job_id: str) -> Job:
        """Put a held job into the queue, behind those that wait; raise `TransitionError` where it is not held."""
        async with self._entering:
            job = await self._store.jobs.release(job_id)
            self._room.release(job)
        return job

    async def change_request(self, job_id: str, request: AnyRequest) -> Job:
        """Replace what a held job asks for; raise `TransitionError` where it is not held."""
        async with self._entering:
            job = await self._store.change_request(job_id, request)
            if live := self._room.find(job_id):
                live.become(job)
        return job

    async def cancel(self, job_id: str) -> Job:
        """End a held, waiting or running job: within one denoising step if a worker has it."""
        async with self._entering:
            job = await self._store.jobs.move(job_id, JobStatus.CANCELLED)
            self._room.end(job)
        if lane := self._lanes.with_lease(job_id):
            await lane.worker.cancel(job_id, lane.leased[job_id])
        return job

    async def fail_held(self, job_id: str, error: EngineError) -> Job:
        """End a held job that its person can never be asked about; raise `TransitionError` where it is not held."""
        async with self._entering:
            if not self._room.is_held(job_id):
                raise TransitionError(job=job_id, to=JobStatus.FAILED)
            job = await self._store.jobs.move(job_id, JobStatus.FAILED, error=error.code, facts=error.facts)
            self._room.end(job)
        return job

    async def drop_forgotten(self) -> None:
        """Cancel the held jobs that their people left alone for a week, without a word."""
        for job in self._room.held_before(time.time() - HELD_S):
            async with self._entering:
                if self._room.is_held(job.id):
                    with suppress(TransitionError):
                        self._room.end(await self._store.jobs.move(job.id, JobStatus.CANCELLED, told=True))

    async def change_address(self, job_id: str, changes: Mapping[str, object]) -> Job:
        """Commit what changes of where and how the surface answers a job; its later updates carry it."""
        job = await self._store.jobs.change_address(job_id, changes)
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
        """Wait until no worker could load its models, and tell why; they go on trying all the same."""
        await self._lanes.broken.wait()
        return self._lanes.loss

    async def updates(self, job_id: str, interval_s: float) -> AsyncIterator[JobUpdate]:
        """Yield where a job stands: at once, then every `interval_s`, until it is rendered or ended.

        A held job has no standing: its updates begin when it is released. Far back in the queue the interval is
        longer: with a thousand waiting, nobody's message may cost the others.
        """
        live = self._room.find(job_id)
        while live and not live.over:
            live.changed.clear()
            if self._room.is_held(job_id):
                await live.changed.wait()
                continue
            update = self._room.update(live)
            yield update
            await _wait(live.changed, min(interval_s * (1 + (update.position or 0) // 5), LONGEST_INTERVAL_S))

    async def _check_newcomer(self, owner: str) -> None:
        """Raise `QueueFull` for a newcomer where those have all of their share; who is one matters only in a crowd.

        Where nobody is known yet, as in a new store, there is nobody to keep the rest for.
        """
        if not self._room.is_crowded:
            return
        history, before = self._store.history, time.time() - KNOWN_AFTER_S
        known = await history.known({owner, *self._room.owners}, before)
        if owner not in known and (known or await history.is_anybody_known(before)):
            self._room.check_newcomer(known)

    async def _take_up(self, job: Job) -> None:
        if job.attempt >= MAX_ATTEMPTS:
            await self._store.jobs.move(job.id, JobStatus.FAILED, error=WorkerLost.code)
            return
        again = job if job.status is JobStatus.QUEUED else await self._store.jobs.move(job.id, JobStatus.QUEUED)
        self._room.enqueue(again)

    async def _stop(self) -> None:
        """End the workers side by side: each may take seconds."""
        await asyncio.gather(*(lane.worker.stop() for lane in self._lanes))


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()
