"""What is known of waiting and running jobs beyond their rows: how far they are, where they stand, who goes along."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from engine.jobs import Job, JobUpdate
from engine.queue import FairQueue
from engine.residency import Waiting
from engine.speed import Speed

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


def next_batch(queue: FairQueue, lives: Mapping[str, Live], room: int, lead: Lead) -> list[Live]:
    """Take the job that `lead` chooses, and those that can be drawn together with it, `room` pictures in all.

    A job whose worker died runs alone, so that it can take no other down.
    """
    waiting = [lives[job_id] for job_id in islice(queue.order(), LOOKED_AT)]
    first = waiting[lead([Waiting(live.job.request.model, live.job.created_at) for live in waiting])]
    batch = [first]
    for live in waiting:
        if live is not first and _fits(live, batch, room):
            batch.append(live)
    for live in batch:
        queue.take(live.job.id)
    return batch


def _fits(live: Live, batch: list[Live], room: int) -> bool:
    requests = [other.job.request for other in batch]
    alone = any(other.crashes for other in (live, *batch))
    same = live.job.request.batch_key() is not None and live.job.request.batch_key() == requests[0].batch_key()
    return same and not alone and live.job.request.count + sum(request.count for request in requests) <= room


class Standings:
    """Tell where each of `lives` stands; `held` are the ids that a worker has."""

    def __init__(self, queue: FairQueue, lives: Mapping[str, Live], held: Collection[str], speed: Speed) -> None:
        self._queue, self._lives, self._held, self._speed = queue, lives, held, speed
        self._standings: dict[str, tuple[int, float | None]] = {}
        self._at = 0.0

    def update(self, live: Live) -> JobUpdate:
        """Say where a job stands: waiting at a position, or drawn up to a step."""
        if live.job.id not in self._queue:
            return JobUpdate(live.job, None, self._left_s(live), live.step, live.total, live.preview)
        return JobUpdate(live.job, *self._standing(live.job.id))

    def _left_s(self, live: Live) -> float | None:
        return self._speed.seconds(live.job, live.step / live.total if live.total else 0.0)

    def _standing(self, job_id: str) -> tuple[int, float | None]:
        """Tell a waiting job's position and the seconds until it is done, both at most `STANDINGS_S` old."""
        now = asyncio.get_running_loop().time()
        if job_id not in self._standings or now - self._at > STANDINGS_S:
            self._standings, self._at = dict(self._all()), now
        return self._standings[job_id]

    def _all(self) -> Iterator[tuple[str, tuple[int, float | None]]]:
        total_s: float | None = 0.0
        for live in (self._lives[job_id] for job_id in self._held if job_id in self._lives):
            total_s = _sum(total_s, self._left_s(live))
        for position, job_id in enumerate(self._queue.order(), start=1):
            total_s = _sum(total_s, self._left_s(self._lives[job_id]))
            yield job_id, (position, total_s)


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
