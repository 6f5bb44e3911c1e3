"""What is known of waiting and running jobs beyond their rows: how far they are, where they stand, who goes along."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from engine.jobs import Job, JobUpdate
from engine.queue import FairQueue
from engine.residency import Waiting
from engine.speed import Prediction, Speed, total

# How far down the queue requests are sought that can be drawn together with the next one.
LOOKED_AT = 100
# Positions are worked out for everybody at once, and so often that nobody notices.
STANDINGS_S = 0.5
# Chooses the index of the job that runs next.
Lead = Callable[[Sequence[Waiting]], int]


@dataclass(slots=True)
class Live:
    """Hold what is known of a waiting or running job."""

    job: Job
    changed: asyncio.Event = field(default_factory=asyncio.Event)  # it was leased, or is over
    over: bool = False
    step: int = 0
    total: int = 0
    preview: bytes | None = None
    crashes: int = 0
    cost: float = field(init=False)  # that of its request, kept for the standings of all who wait behind it

    def __post_init__(self) -> None:
        """Work out the cost."""
        self.cost = self.job.request.cost()

    def become(self, job: Job) -> None:
        """Take in what was committed about the job, and let those know who wait for it."""
        self.job, self.cost = job, job.request.cost()
        self.changed.set()


def next_batch(queue: FairQueue, lives: Mapping[str, Live], room: int, lead: Lead, per_owner: int = 0) -> list[Live]:
    """Take the job that `lead` chooses, and those that can be drawn together with it, `room` pictures in all.

    No owner has more than `per_owner` of them, 0 means any number. A job whose worker died runs alone, so that it can
    take no other down.
    """
    waiting = [lives[job_id] for job_id in islice(queue.order(), LOOKED_AT)]
    first = waiting[lead([Waiting(live.job.request.model, live.job.created_at) for live in waiting])]
    batch = [first]
    for live in waiting:
        if live is not first and _fits(live, batch, room) and _may_join(live, batch, per_owner):
            batch.append(live)
    for live in batch:
        queue.take(live.job.id)
    return batch


def _fits(live: Live, batch: list[Live], room: int) -> bool:
    requests = [other.job.request for other in batch]
    alone = any(other.crashes for other in (live, *batch))
    same = live.job.request.batch_key() is not None and live.job.request.batch_key() == requests[0].batch_key()
    return same and not alone and live.job.request.count + sum(request.count for request in requests) <= room


def _may_join(live: Live, batch: list[Live], per_owner: int) -> bool:
    return not per_owner or sum(other.job.owner == live.job.owner for other in batch) < per_owner


class Standings:
    """Tell where each of `lives` stands; `leased` are the ids that a worker has."""

    def __init__(self, queue: FairQueue, lives: Mapping[str, Live], leased: Collection[str], speed: Speed) -> None:
        self._queue, self._lives, self._leased, self._speed = queue, lives, leased, speed
        self._standings: dict[str, tuple[int, Prediction | None]] = {}
        self._at = 0.0

    def update(self, live: Live) -> JobUpdate:
        """Say where a job stands: waiting at a position, or drawn up to a step."""
        if live.job.id in self._queue:
            position, until = self._standing(live.job.id)
            return JobUpdate(live.job, position, until and until.ends())
        left = self._left(live)
        return JobUpdate(live.job, None, left and left.ends(), live.step, live.total, live.preview)

    def _left(self, live: Live) -> Prediction | None:
        whole = self._speed.predict(live.job.request.model, live.cost)
        return whole.part(1 - live.step / live.total) if whole and live.total else whole

    def _standing(self, job_id: str) -> tuple[int, Prediction | None]:
        """Tell a waiting job's position and how long until it is done, both at most `STANDINGS_S` old."""
        now = asyncio.get_running_loop().time()
        if job_id not in self._standings or now - self._at > STANDINGS_S:
            self._standings, self._at = dict(self._all()), now
        return self._standings[job_id]

    def _all(self) -> Iterator[tuple[str, tuple[int, Prediction | None]]]:
        """Add up what is in front of each job; jobs are off independently of each other, so their variances add up."""
        running = total(self._left(self._lives[job_id]) for job_id in self._leased if job_id in self._lives)
        known = running is not None
        seconds, variance = (running.seconds, running.variance) if running else (0.0, 0.0)
        predictions: dict[tuple[str, float], Prediction | None] = {}  # many requests are alike
        for position, job_id in enumerate(self._queue.order(), start=1):
            live = self._lives[job_id]
            key = live.job.request.model, live.cost
            if key not in predictions:
                predictions[key] = self._speed.predict(*key)
            if known and (mine := predictions[key]):
                seconds, variance = seconds + mine.seconds, variance + mine.variance
            else:
                known = False
            yield job_id, (position, Prediction(seconds, variance) if known else None)
