"""What is known of waiting and running jobs beyond their rows: how far they are, where they stand, who goes along."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from engine.dispatch.fair_queue import FairQueue
from engine.dispatch.residency import Waiting
from engine.dispatch.speed import Prediction, Speed, total
from engine.jobs import Job, JobUpdate

# How far down the queue requests are sought that can be drawn together with the next one.
LOOKED_AT = 100
# Positions are worked out for everybody at once, and so often that nobody notices.
STANDINGS_S = 0.5
# A position and, up to the job's end, the seconds and their variance; not a number where nobody knows.
_Standing = tuple[int, float, float]
_UNKNOWN = Prediction(math.nan, math.nan)
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
    kind: tuple[str, float] = field(init=False)  # its model and cost, kept for the standings of all behind it

    def __post_init__(self) -> None:
        """Work out the kind."""
        self.kind = self.job.request.model, self.job.request.cost()

    def become(self, job: Job) -> None:
        """Take in what was committed about the job, and let those know who wait for it."""
        self.job, self.kind = job, (job.request.model, job.request.cost())
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
        self._standings: dict[str, _Standing] = {}
        self._at = 0.0

    def update(self, live: Live) -> JobUpdate:
        """Say where a job stands: waiting at a position, or drawn up to a step."""
        if live.job.id in self._queue:
            position, seconds, variance = self._standing(live.job.id)
            return JobUpdate(live.job, position, None if math.isnan(seconds) else Prediction(seconds, variance).ends())
        left = self._left(live)
        return JobUpdate(live.job, None, left and left.ends(), live.step, live.total, live.preview)

    def _left(self, live: Live) -> Prediction | None:
        whole = self._speed.predict(*live.kind)
        return whole.part(1 - live.step / live.total) if whole and live.total else whole

    def _standing(self, job_id: str) -> _Standing:
        """Tell where a waiting job stands, at most `STANDINGS_S` old."""
        now = asyncio.get_running_loop().time()
        if job_id not in self._standings or now - self._at > STANDINGS_S:
            self._standings, self._at = dict(self._all()), now
        return self._standings[job_id]

    def _all(self) -> Iterator[tuple[str, _Standing]]:
        """Add up what is in front of each job; jobs are off independently of each other, so their variances add up."""
        running = total(self._left(self._lives[job_id]) for job_id in self._leased if job_id in self._lives)
        # Once something is unknown, all behind it is; plain numbers, since thousands are added up twice a second.
        seconds, variance = running or (math.nan, math.nan)
        predictions: dict[tuple[str, float], Prediction] = {}
        for position, job_id in enumerate(self._queue.order(), start=1):
            kind = self._lives[job_id].kind
            mine = predictions.get(kind)
            if mine is None:
                mine = predictions[kind] = self._speed.predict(*kind) or _UNKNOWN
            seconds += mine[0]
            variance += mine[1]
            yield job_id, (position, seconds, variance)
