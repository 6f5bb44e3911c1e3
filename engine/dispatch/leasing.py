"""From the waiting room to the lanes and back: give each worker its next batch, and commit what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog

from engine.dispatch.lane import Lane, Lanes
from engine.dispatch.live import Live
from engine.dispatch.waiting import WaitingRoom
from engine.errors import PictureDamaged, StoreFailed, WorkerLost
from engine.events import Denoised, Done, Failed, JobEvent, Lost, Progress, Ready
from engine.jobs import JobStatus
from engine.store.store import Store, TransitionError
from engine.workers.base import Task

log = structlog.get_logger()

# A job whose worker died is tried once more.
MAX_CRASHES = 1
# How long an idle device waits for more requests to draw together: a person does not notice, a burst arrives within it.
# Every idle device waits, and then they share what came (`WaitingRoom.take`): the first one does not take it all.
BATCH_WINDOW_S = 0.02
# Nothing may be lost to a full disk: what it refuses is tried again.
STORE_RETRY_S = 5.0


class Leasing:
    """Lease the jobs of a waiting room to workers; each lane's `lease` and `listen` run side by side, for ever."""

    def __init__(self, store: Store, room: WaitingRoom, lanes: Lanes) -> None:
        self._store, self._room, self._lanes = store, room, lanes

    async def lease(self, lane: Lane) -> None:
        """Give a worker its next batch whenever its device is free."""
        while True:
            await lane.wake.wait()
            lane.wake.clear()
            while batch := await self._next_batch(lane):
                await self._hand_over(lane, batch)

    async def listen(self, lane: Lane) -> None:
        """Take in what a worker says; what it says of a job that is not its own counts for nothing."""
        async for event in lane.worker.events():
            match event:
                case Ready():
                    lane.begin(event)
                    self._lanes.wake()
                    log.info("worker_ready", lane=lane.number, epoch=event.epoch, models=event.models)
                case Lost():
                    await self._lost(lane, event)
                case _ if lane.is_current(event):
                    await self._job_event(lane, event)

    async def _next_batch(self, lane: Lane) -> list[Live]:
        if lane.is_free and 0 < len(self._room) < lane.slots:
            await asyncio.sleep(BATCH_WINDOW_S)
        return self._room.take(lane) if lane.is_free else []

    async def _hand_over(self, lane: Lane, batch: Sequence[Live]) -> None:
        epoch, model = lane.epoch, batch[0].job.request.model
        if not lane.has(model):
            await self._end_unknown(lane, batch, model)
            return
        leased = [task for task in [await self._task(lane, live) for live in batch] if task]
        tasks = tuple(task for task in leased if self._is_wanted(lane, task))
        if not tasks:
            return
        try:
            await lane.worker.run(epoch, tasks)
        except WorkerLost:  # its `Ready` comes again when it is back
            lane.refuse(epoch)
            for task in reversed(tasks):  # each becomes the next one: the first of them last
                await self._take_back(lane, task)

    async def _end_unknown(self, lane: Lane, batch: Sequence[Live], model: str) -> None:
        log.error("no_worker_has_the_model", model=model)
        for live in batch:
            self._free(lane, live.job.id)
            await until_stored(partial(self._fail, live.job.id, "render_failed", {"model": model}))

    async def _task(self, lane: Lane, live: Live) -> Task | None:
        """Lease one job; return nothing where it was cancelled meanwhile, or its pictures are gone."""
        job = live.job
        try:
            inputs = await self._store.inputs(job.request)
        except PictureDamaged as error:
            self._free(lane, job.id)
            await until_stored(partial(self._fail, job.id, error.code, error.facts))
            return None
        if await until_stored(partial(self._take_lease, lane, live)):
            return Task(job.id, live.job.attempt, job.request, inputs)
        self._free(lane, job.id)
        return None

    async def _take_lease(self, lane: Lane, live: Live) -> None:
        live.job = await self._store.jobs.move(live.job.id, JobStatus.LEASED, attempt=live.job.attempt + 1)
        lane.lease(live.job)
        live.changed.set()

    def _is_wanted(self, lane: Lane, task: Task) -> bool:
        """Tell whether a job was neither cancelled nor lost while others of its batch were still leased."""
        if lane.has_attempt(task.job_id, task.attempt) and self._room.find(task.job_id):
            return True
        self._free(lane, task.job_id)
        return False

    async def _take_back(self, lane: Lane, task: Task) -> None:
        """Put a job back that never reached the worker; one that the listener put back already is not this lane's."""
        if not lane.has_attempt(task.job_id, task.attempt):
            return
        self._free(lane, task.job_id)
        if live := self._room.find(task.job_id):
            await until_stored(partial(self._requeue, live, attempt=task.attempt - 1))

    async def _requeue(self, live: Live, attempt: int) -> None:
        live.job = await self._store.jobs.move(live.job.id, JobStatus.QUEUED, attempt=attempt)
        self._room.put_back(live)

    def _free(self, lane: Lane, job_id: str) -> None:
        lane.let_go(job_id)
        self._lanes.wake()

    async def _job_event(self, lane: Lane, event: JobEvent) -> None:
        match event:
            case Progress() if live := self._room.find(event.job_id):
                live.step, live.total = event.step, event.total
                live.preview = event.preview or live.preview
            case Denoised():
                lane.denoised(event.job_id)
                self._lanes.wake()
            case Done():
                self._free(lane, event.job_id)
                await until_stored(partial(self._rendered, event))
            case Failed():
                self._free(lane, event.job_id)
                await until_stored(partial(self._fail, event.job_id, event.code, event.facts))

    async def _rendered(self, event: Done) -> None:
        job = await self._store.add_pictures(event.job_id, event.pictures, event.seconds, event.notes)
        self._room.speed.learn(job)
        self._room.end(job)

    async def _fail(self, job_id: str, code: str, facts: dict[str, object]) -> None:
        self._room.end(await self._store.jobs.move(job_id, JobStatus.FAILED, error=code, facts=facts))

    async def _lost(self, lane: Lane, event: Lost) -> None:
        log.warning("worker_lost", lane=lane.number, epoch=event.epoch, code=event.code, facts=event.facts)
        self._lanes.lose(lane, event)
        for job_id in reversed(list(lane.leased)):  # each becomes the next one: the first of them last
            self._free(lane, job_id)
            if live := self._room.find(job_id):
                live.crashes += 1
                await until_stored(partial(self._crashed, live))

    async def _crashed(self, live: Live) -> None:
        """Try a job again whose worker died under it, unless that happened before."""
        if live.crashes <= MAX_CRASHES:
            await self._requeue(live, live.job.attempt)
        else:
            await self._fail(live.job.id, WorkerLost.code, {})


async def until_stored(act: Callable[[], Awaitable[None]]) -> bool:
    """Repeat a change until the store takes it.

    Tell whether it was made: a job that was cancelled in the meantime stays as it is.
    """
    while True:
        try:
            await act()
        except TransitionError:
            return False
        except (StoreFailed, OSError) as error:
            log.error("store_failed", error=str(error), again_in_s=STORE_RETRY_S)
            await asyncio.sleep(STORE_RETRY_S)
        else:
            return True
