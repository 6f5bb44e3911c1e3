"""The waiting room: every job that is held, waits or runs, what is known of it, and who comes in and goes out next."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import islice

from engine.dispatch.caps import Backlog, Caps, check, check_newcomer
from engine.dispatch.fair_queue import FairQueue
from engine.dispatch.joining import are_alike, beginners, joiners
from engine.dispatch.lane import Lane, Lanes
from engine.dispatch.live import Live
from engine.dispatch.residency import Waiting
from engine.dispatch.speed import Speed
from engine.dispatch.standings import Standings
from engine.jobs import Asker, Job, JobUpdate

# How far down the queue the next job is sought, and those that can be drawn together with it.
LOOKED_AT = 100


class WaitingRoom:
    """Hold jobs until they are over: held by their people, waiting in the queue, or in the hands of one of `lanes`."""

    def __init__(self, caps: Caps, weights: Mapping[str, float], lanes: Lanes) -> None:
        self._caps, self._weights, self._lanes = caps, weights, lanes
        self._queue = FairQueue()
        self._live: dict[str, Live] = {}  # those that wait or run
        self._held: dict[str, Live] = {}
        self.speed = Speed()
        self._standings = Standings(self._queue, self._live, lanes, self.speed)

    def __len__(self) -> int:
        """Count the jobs that wait."""
        return len(self._queue)

    def check(self, submission: Asker) -> None:
        """Raise `QueueFull` where a cap is reached; an owner's held jobs count as waiting."""
        mine = self._queue.waiting_of(submission.owner) + len(self.held_of(submission.owner))
        check(self._caps, replace(self._backlog(), of_owner=mine, of_server=self._waiting_on(submission.server)))

    @property
    def is_crowded(self) -> bool:
        """Tell whether those who wait would be too many if all of them were newcomers."""
        return not self._backlog().is_within(self._caps, self._caps.newcomers_share)

    @property
    def owners(self) -> set[str]:
        """Name those who have a job here that waits or runs."""
        return {live.job.owner for live in self._live.values()}

    def check_newcomer(self, known: Collection[str]) -> None:
        """Raise `QueueFull` where all who are not `known` have as much waiting as they may have together."""
        waiting = [live.job for live in self._live.values() if live.job.id in self._queue]
        new = [job.request for job in waiting if job.owner not in known]
        check_newcomer(self._caps, Backlog(len(new), 0, 0, self._minutes(sum(map(self.speed.share, new)))))

    def hold(self, job: Job) -> None:
        """Take in a job that waits for its person's word."""
        self._held[job.id] = Live(job)

    def release(self, job: Job) -> None:
        """Put a job into the queue that was held."""
        live = self._held.pop(job.id)
        live.become(job)
        self._enqueue(live)

    def enqueue(self, job: Job) -> None:
        """Put a job into the queue."""
        self._enqueue(Live(job))

    def put_back(self, live: Live) -> None:
        """Return a job that was taken: it is the next one again, and for any lane."""
        live.step = live.total = 0
        self._queue.push_back(live.job.id, live.job.owner)
        self._lanes.wake()

    def take(self, lane: Lane) -> list[Live]:
        """Take the jobs that a lane draws next, together; none where nothing waits that it may draw.

        All lanes take from one queue. Where a lane's models do not all fit into its memory, the one that is there has
        its quantum; otherwise the first in the fair order leads. It takes along what can be drawn with it; while a
        lane draws, others join it.
        """
        waiting = self._waiting_for(lane)
        if not waiting:
            return []
        models = [Waiting(live.job.request.model, live.job.created_at) for live in waiting]
        first = waiting[lane.residency.choose(models, lane.swap_s, time.time())]
        batch = self._joiners(lane, first, waiting) if lane.on_device else self._beginners(lane, first, waiting)
        for live in batch:
            self._queue.take(live.job.id, in_turn=live is waiting[0])
            lane.take(live)
        if batch:
            self._lanes.wake()
        return batch

    def find(self, job_id: str) -> Live | None:
        """Find a job that is not over."""
        return self._live.get(job_id) or self._held.get(job_id)

    def is_held(self, job_id: str) -> bool:
        """Tell whether a job waits for its person's word."""
        return job_id in self._held

    def end(self, job: Job) -> None:
        """Let a job go that is rendered or over, whatever it was doing."""
        self._queue.remove(job.id)
        if live := self._live.pop(job.id, None) or self._held.pop(job.id, None):
            live.over = True
            live.become(job)

    def held_of(self, owner: str) -> list[Job]:
        """List an owner's held jobs, oldest first."""
        return [live.job for live in self._held.values() if live.job.owner == owner]

    def held_before(self, since: float) -> list[Job]:
        """List the jobs that are held since then or longer, oldest first."""
        return [live.job for live in self._held.values() if live.job.created_at < since]

    def owned(self, owner: str) -> list[JobUpdate]:
        """Say where each of an owner's waiting and running jobs stands, oldest first."""
        return [self.update(live) for live in self._live.values() if live.job.owner == owner]

    def update(self, live: Live) -> JobUpdate:
        """Say where a job stands."""
        return self._standings.update(live)

    def _backlog(self) -> Backlog:
        return Backlog(len(self._queue), 0, 0, self._minutes(self._queue.cost))

    def _minutes(self, cost: float) -> float | None:
        """Tell how long all lanes together work on that, once their speed is known."""
        return cost / 60 / max(1, len(self._lanes.ready)) if self.speed.known else None

    def _enqueue(self, live: Live) -> None:
        """Put a job into the queue for what it is predicted to take, by the weight of its server."""
        if self._lanes.are_idle:
            self._queue.rest()
        self._live[live.job.id] = live
        weight = self._weights.get(live.job.server, 1.0)
        self._queue.push(live.job.id, live.job.owner, self.speed.share(live.job.request), weight)
        self._lanes.wake()

    def _beginners(self, lane: Lane, first: Live, waiting: Sequence[Live]) -> list[Live]:
        lane.residency.settle(first.job.request.model, time.time())
        return beginners(first, waiting, self._pictures_for(lane, first, waiting), self._allowed)

    def _joiners(self, lane: Lane, first: Live, waiting: Sequence[Live]) -> list[Live]:
        """Choose who joins a lane: nobody who could begin on a free one, or join one that has more room."""
        drawn = list(lane.on_device.values())
        if self._lanes.free_with(drawn[0].job.request.model) or not self._lanes.is_roomiest(lane):
            return []
        return joiners(drawn, first, waiting, lane.room, self._allowed)

    def _waiting_for(self, lane: Lane) -> list[Live]:
        """List the first jobs that a lane may draw, in their fair order; the others wait where they are."""
        suits, allowed = cache(partial(self._lanes.suits, lane)), cache(self._allowed)
        waiting = (self._live[job_id] for job_id in self._queue.order())
        mine = (live for live in waiting if suits(live.job.request.model) and allowed(live.job.owner) > 0)
        return list(islice(mine, LOOKED_AT))

    def _allowed(self, owner: str) -> float:
        """Tell how many more of an owner's jobs may be drawn now.

        The cap is for all devices together, so a lane may be left without work; it counts what was taken and is not
        denoised yet, what was cancelled meanwhile included. With one lane it thus limits a batch.
        """
        cap = self._caps.max_running_per_owner
        return cap - self._lanes.drawn_for(owner) if cap else math.inf

    def _pictures_for(self, lane: Lane, first: Live, waiting: Sequence[Live]) -> int:
        """Tell how many pictures a lane draws together: as many as it has slots.

        Fewer where other lanes are free and have nothing else to draw: then what is alike is shared evenly with them,
        since two halves side by side are done sooner than one whole. While anything else waits, nobody shares: a full
        batch costs the device less.
        """
        alike = [first, *(live for live in waiting if are_alike(first, live))]
        idle = self._lanes.free_with(first.job.request.model) - 1 - (len(waiting) - len(alike))
        pictures = sum(live.job.request.count for live in alike)
        return min(lane.slots, math.ceil(pictures / (1 + max(0, idle))))

    def _waiting_on(self, server: str) -> int:
        if not self._caps.max_waiting_per_server:
            return 0
        return sum(live.job.server == server and live.job.id in self._queue for live in self._live.values())
