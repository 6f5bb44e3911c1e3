"""What the dispatcher knows of each worker. Nothing here asks where a worker runs, or touches a disk."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterator, Sequence

from engine.dispatch.live import Live
from engine.dispatch.residency import Residency
from engine.errors import EngineError
from engine.events import EngineState, JobEvent, Lost, Ready
from engine.jobs import Job
from engine.workers.base import Worker

# What people are told of several workers is the first of these that is true of one: the sooner it draws, the better.
_BEST_FIRST = (EngineState.READY, EngineState.WARMING_UP, EngineState.RESTARTING, EngineState.MODEL_MISSING)


class Lane:
    """Hold what is known of one worker: whether it is ready, in which epoch, and which attempts it has.

    A job is `on_device` from the moment it leaves the queue until it is denoised; it is `leased`, with
    its attempt, until the worker's last word on it. What is `returning` was lost with the worker and goes back into the
    queue, before the lane takes anything else. Epochs are each worker's own: two workers count alike by accident.
    """

    def __init__(self, number: int, worker: Worker) -> None:
        self.number, self.worker = number, worker
        self.ready: Ready | None = None
        self.epoch = 0  # the latest that was ready
        self.state = EngineState.WARMING_UP
        self.cannot_load = False
        self.loss = EngineError()  # why it could not load the last time
        self.on_device: dict[str, Live] = {}
        self.leased: dict[str, int] = {}
        self.returning: set[str] = set()
        self.residency = Residency()
        self.wake = asyncio.Event()  # it may have something to draw

    @property
    def slots(self) -> int:
        """Tell how many pictures it draws together; 0 while it is not ready."""
        return self.ready.slots if self.ready else 0

    @property
    def swap_s(self) -> float:
        """Tell how long another model takes to come into its memory, 0 where all of them are there."""
        return self.ready.swap_s if self.ready else 0.0

    @property
    def is_free(self) -> bool:
        """Tell whether it can begin to draw."""
        return self.ready is not None and not self.on_device and not self.returning

    @property
    def room(self) -> int:
        """Tell how many more pictures it can draw beside what it draws."""
        is_taking = self.ready is not None and not self.returning
        return self.slots - sum(live.job.request.count for live in self.on_device.values()) if is_taking else 0

    @property
    def keys(self) -> set[Hashable]:
        """Tell with which `batch_key` it draws: one, or none for what is drawn alone."""
        return {live.job.request.batch_key() for live in self.on_device.values()} - {None}

    def has(self, model: str) -> bool:
        """Tell whether it is ready and draws with that model."""
        return self.ready is not None and model in self.ready.models

    def holds(self, model: str) -> bool:
        """Tell whether it draws with that model without a swap."""
        return self.has(model) and (not self.swap_s or self.residency.model == model)

    def has_attempt(self, job_id: str, attempt: int) -> bool:
        """Tell whether this attempt at a job is the worker's: it was leased, and its last word was not heard."""
        return self.leased.get(job_id) == attempt

    def is_current(self, event: JobEvent) -> bool:
        """Tell whether an event of this lane's worker counts."""
        return event.epoch == self.epoch and self.has_attempt(event.job_id, event.attempt)

    def take(self, live: Live) -> None:
        """Take in that a job left the queue for this lane's device."""
        self.on_device[live.job.id] = live

    def lease(self, job: Job) -> None:
        """Take in that the attempt at a job is committed as this lane's."""
        self.leased[job.id] = job.attempt

    def denoised(self, job_id: str) -> None:
        """Take in that the place of a job is free; the worker still has it."""
        self.on_device.pop(job_id, None)

    def let_go(self, job_id: str) -> None:
        """Take in that the worker has no more to do with a job."""
        self.leased.pop(job_id, None)
        self.on_device.pop(job_id, None)

    def begin(self, ready: Ready) -> None:
        """Take in that the worker is ready."""
        self.ready, self.epoch, self.state, self.cannot_load = ready, ready.epoch, EngineState.READY, False

    def refuse(self, epoch: int) -> None:
        """Take in that the worker of `epoch` took no tasks; unless it has come back since, its `Ready` is awaited."""
        if epoch == self.epoch:
            self.ready = None

    def lose(self, lost: Lost) -> None:
        """Take in that the worker is gone; one that was never ready in that epoch could not load."""
        if lost.epoch != self.epoch:
            self.loss, self.cannot_load = EngineError(lost.code, **lost.facts), True
        self.ready = None
        self.state = EngineState.MODEL_MISSING if lost.code == "model_missing" else EngineState.RESTARTING


class Lanes:
    """Hold one lane for each worker, and tell what is true of all of them together."""

    def __init__(self, workers: Sequence[Worker]) -> None:
        self._lanes = tuple(Lane(number, worker) for number, worker in enumerate(workers))
        self.broken = asyncio.Event()  # no worker could load

    def __iter__(self) -> Iterator[Lane]:
        """Iterate over the lanes."""
        return iter(self._lanes)

    @property
    def ready(self) -> list[Lane]:
        """List the lanes whose workers are ready."""
        return [lane for lane in self._lanes if lane.ready]

    @property
    def state(self) -> EngineState:
        """Tell the best that is true of a worker."""
        return min((lane.state for lane in self._lanes), key=_BEST_FIRST.index)

    @property
    def loss(self) -> EngineError:
        """Tell why no worker could load: the first one's reason, since all of them load the like."""
        return self._lanes[0].loss

    @property
    def are_idle(self) -> bool:
        """Tell whether no worker has anything in hand."""
        return not any(lane.on_device or lane.leased or lane.returning for lane in self._lanes)

    def wake(self) -> None:
        """Let every lane look for something to draw."""
        for lane in self._lanes:
            lane.wake.set()

    def lose(self, lane: Lane, lost: Lost) -> None:
        """Take in that one worker is gone; it is `broken` when none could load."""
        lane.lose(lost)
        if all(each.cannot_load for each in self._lanes):
            self.broken.set()

    def with_lease(self, job_id: str) -> Lane | None:
        """Find the lane whose worker has the job."""
        return next((lane for lane in self._lanes if job_id in lane.leased), None)

    def drawn_for(self, owner: str) -> int:
        """Count the jobs of an owner that are on a device."""
        return sum(live.job.owner == owner for lane in self._lanes for live in lane.on_device.values())

    def free_with(self, model: str) -> int:
        """Count the lanes that can begin at once with that model."""
        return sum(lane.is_free and lane.holds(model) for lane in self._lanes)

    def is_roomiest(self, lane: Lane) -> bool:
        """Tell whether no other lane that draws what it draws has more room."""
        return all(each.room <= lane.room for each in self._lanes if each.keys & lane.keys)

    def suits(self, lane: Lane, model: str) -> bool:
        """Tell whether a free lane is one for jobs of that model.

        Not where it lacks the model, unless every worker is ready and lacks it, too: such a job must end somewhere. Nor
        where it would have to swap, and another free lane would not.
        """
        if not lane.has(model):
            return all(each.ready and not each.has(model) for each in self._lanes)
        return lane.holds(model) or not self.free_with(model)
