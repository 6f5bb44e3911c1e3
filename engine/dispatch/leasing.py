"""From the waiting room to the lanes and back: give each worker its next batch, and commit what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog

from engine.dispatch.lane import Lane, Lanes
from engine.dispatch.live import Live
from engine.dispatch.storing import Storing, until_stored
from engine.dispatch.waiting import WaitingRoom
from engine.errors import PictureDamaged, WorkerLost
from engine.events import Denoised, Done, Failed, JobEvent, Lost, Progress, Ready
from engine.jobs import JobStatus
from engine.store.store import Store
from engine.workers.base import Task

log = structlog.get_logger()

# A job whose worker died is tried once more.
MAX_CRASHES = 1
# How long an idle device waits for more requests to draw together: a person does not notice, a burst arrives within it.
# Every idle device waits, and then they share what came (`WaitingRoom.take`): the first one does not take it all.
BATCH_WINDOW_S = 0.02
# What ends a job at which something went wrong that nobody foresaw.
UNFORESEEN = "render_failed"


class Leasing:
    """Lease the jobs of a waiting room to workers; each lane's `lease` and `listen` run side by side, for ever.

    Whatever goes wrong with one job ends that job, with a traceback in the log, and neither of the two. What goes wrong
    with the room or a lane itself is a defect, and ends them.
    """

    def __init__(self, store: Store, room: WaitingRoom, lanes: Lanes) -> None:
        self._store, self._room, self._lanes = store, room, lanes
        self._storing = Storing()

    async def lease(self, lane: Lane) -> None:
        """Give a worker its next batch whenever its device has room for it."""
        while True:
            await lane.wake.wait()
            lane.wake.clear()
            while batch := await self._next_batch(lane):
                await self._hand_over(lane, batch)

    async def listen(self, lane: Lane) -> None:
        """Take in what a worker says, and wait for nothing else: what becomes of jobs is stored beside it.

        What it says of a job that is not its own counts for nothing.
        """
        async for event in lane.worker.events():
            match event:
                case Ready():
                    lane.begin(event)
                    self._lanes.wake()
                    log.info("worker_ready", lane=lane.number, epoch=event.epoch, models=event.models)
                case Lost():
                    self._lost(lane, event)
                case _ if lane.is_current(event):
                    self._job_event(lane, event)

    async def close(self) -> None:
        """Store what is on its way to the disk, as far as it takes it within some seconds."""
        await self._storing.close()

    async def _next_batch(self, lane: Lane) -> list[Live]:
        await self._storing.room()
        if lane.is_free and 0 < len(self._room) < lane.slots:
            await asyncio.sleep(BATCH_WINDOW_S)
        return self._room.take(lane) if lane.room > 0 else []

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
        except Exception:
            log.exception("batch_not_handed_over", lane=lane.number, jobs=[task.job_id for task in tasks])
            for task in reversed(tasks):
                await self._take_apart(lane, task, alone=len(tasks) == 1)

    async def _end_unknown(self, lane: Lane, batch: Sequence[Live], model: str) -> None:
        log.error("no_worker_has_the_model", model=model)
        for live in batch:
            self._free(lane, live.job.id)
            await self._settle(live.job.id, partial(self._fail, live.job.id, "render_failed", {"model": model}))

    async def _task(self, lane: Lane, live: Live) -> Task | None:
        """Lease one job; return nothing where it was cancelled meanwhile, or cannot be begun and so has ended."""
        job_id = live.job.id
        try:
            task = await until_stored(partial(self._take_lease, lane, live))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this job's and not its neighbours'
            self._free(lane, job_id)
            await self._settle(job_id, partial(self._fail, job_id, *_why(job_id, error)))
            return None
        if not task:
            self._free(lane, job_id)
        return task

    async def _take_lease(self, lane: Lane, live: Live) -> Task:
        inputs = await self._store.inputs(live.job.request)
        live.job = await self._store.jobs.move(live.job.id, JobStatus.LEASED, attempt=live.job.attempt + 1)
        lane.lease(live.job)
        live.changed.set()
        return Task(live.job.id, live.job.attempt, live.job.request, inputs)

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
            await self._settle(task.job_id, partial(self._requeue, live, attempt=task.attempt - 1))

    async def _take_apart(self, lane: Lane, task: Task, alone: bool) -> None:
        """End a job that cannot be handed to a worker; of several that is one, so each is tried alone first."""
        if not lane.has_attempt(task.job_id, task.attempt):
            return
        self._free(lane, task.job_id)
        if live := self._room.find(task.job_id):
            live.crashes += 1
            again = partial(self._requeue, live, attempt=task.attempt)
            await self._settle(task.job_id, partial(self._fail, task.job_id, UNFORESEEN, {}) if alone else again)

    async def _requeue(self, live: Live, attempt: int) -> None:
        live.job = await self._store.jobs.move(live.job.id, JobStatus.QUEUED, attempt=attempt)
        self._room.put_back(live)

    def _free(self, lane: Lane, job_id: str) -> None:
        lane.let_go(job_id)
        self._lanes.wake()

    def _job_event(self, lane: Lane, event: JobEvent) -> None:
        match event:
            case Progress() if live := self._room.find(event.job_id):
                live.step, live.total = event.step, event.total
                live.preview = event.preview or live.preview
            case Denoised():
                lane.denoised(event.job_id)
                self._lanes.wake()
            case Done():
                self._free(lane, event.job_id)
                size = sum(len(picture.data) for picture in event.pictures)
                self._storing.begin(self._settle(event.job_id, partial(self._rendered, event)), size)
            case Failed():
                self._free(lane, event.job_id)
                end = partial(self._fail, event.job_id, event.code, event.facts)
                self._storing.begin(self._settle(event.job_id, end))

    async def _settle(self, job_id: str, act: Callable[[], Awaitable[None]]) -> None:
        """Make what became of a job last; where that fails in a way that nobody foresaw, the job fails."""
        try:
            await until_stored(act)
        except Exception:
            log.exception("job_not_settled", job=job_id)
            try:
                await until_stored(partial(self._fail, job_id, UNFORESEEN, {}))
            except Exception:  # the next run takes it up again
                log.exception("job_left_as_it_is", job=job_id)

    async def _rendered(self, event: Done) -> None:
        job = await self._store.add_pictures(event.job_id, event.pictures, event.seconds, event.notes)
        self._room.speed.learn(job)
        self._room.end(job)

    async def _fail(self, job_id: str, code: str, facts: dict[str, object]) -> None:
        self._room.end(await self._store.jobs.move(job_id, JobStatus.FAILED, error=code, facts=facts))

    def _lost(self, lane: Lane, event: Lost) -> None:
        log.warning("worker_lost", lane=lane.number, epoch=event.epoch, code=event.code, facts=event.facts)
        self._lanes.lose(lane, event)
        # What was rendered is not the lane's any more: it is stored, and not drawn again.
        lost = list(lane.leased)
        for job_id in lost:
            lane.let_go(job_id)
        lane.returning.update(lost)
        self._lanes.wake()
        self._storing.begin(self._return(lane, lost))

    async def _return(self, lane: Lane, lost: Sequence[str]) -> None:
        """Give back what a lane lost, before it takes anything new: each becomes the next, the first of them last."""
        for job_id in reversed(lost):
            if live := self._room.find(job_id):
                live.crashes += 1
                await self._settle(job_id, partial(self._crashed, live))
            lane.returning.discard(job_id)
            self._lanes.wake()

    async def _crashed(self, live: Live) -> None:
        """Try a job again whose worker died under it, unless that happened before."""
        if live.crashes <= MAX_CRASHES:
            await self._requeue(live, live.job.attempt)
        else:
            await self._fail(live.job.id, WorkerLost.code, {})


def _why(job_id: str, error: Exception) -> tuple[str, dict[str, object]]:
    """Say why a job cannot be begun; what nobody foresaw goes to the log with its traceback, and only there."""
    if isinstance(error, PictureDamaged):
        return error.code, error.facts
    log.error("job_not_leased", job=job_id, exc_info=error)
    return UNFORESEEN, {}
