"""The waiting room: every job that is held, waits or runs, what is known of it, and whether one more may come in."""

from __future__ import annotations

from collections.abc import Mapping

from engine.dispatch.caps import Backlog, Caps, check
from engine.dispatch.fair_queue import FairQueue
from engine.dispatch.live import Live, Standings
from engine.dispatch.speed import Speed
from engine.jobs import Job, JobUpdate, Submission


class WaitingRoom:
    """Hold jobs by their ids: `live` ones wait in `queue` or are `leased` with their attempt, `held` ones do neither.

    A lease lasts until the worker's last word on it.
    """

    def __init__(self, caps: Caps, weights: Mapping[str, float]) -> None:
        self._caps, self._weights = caps, weights
        self.queue = FairQueue()
        self.live: dict[str, Live] = {}
        self.held: dict[str, Live] = {}
        self.leased: dict[str, int] = {}
        self.speed = Speed()
        self._standings = Standings(self.queue, self.live, self.leased, self.speed)

    def check(self, submission: Submission) -> None:
        """Raise `QueueFull` where a cap is reached; an owner's held jobs count as waiting."""
        mine = self.queue.waiting_of(submission.owner) + len(self.held_of(submission.owner))
        minutes = self.queue.cost / 60 if self.speed.known else None
        check(self._caps, Backlog(len(self.queue), mine, self._waiting_on(submission.server), minutes))

    def enqueue(self, live: Live) -> None:
        """Put a job into the queue for what it is predicted to take, by the weight of its server."""
        self.live[live.job.id] = live
        weight = self._weights.get(live.job.server, 1.0)
        self.queue.push(live.job.id, live.job.owner, self.speed.share(live.job.request), weight)

    def find(self, job_id: str) -> Live | None:
        """Find a job that is not over."""
        return self.live.get(job_id) or self.held.get(job_id)

    def end(self, job: Job) -> None:
        """Let a job go that is rendered or over, whatever it was doing."""
        self.queue.remove(job.id)
        if live := self.live.pop(job.id, None) or self.held.pop(job.id, None):
            live.over = True
            live.become(job)

    def held_of(self, owner: str) -> list[Job]:
        """List an owner's held jobs, oldest first."""
        return [live.job for live in self.held.values() if live.job.owner == owner]

    def owned(self, owner: str) -> list[JobUpdate]:
        """Say where each of an owner's waiting and running jobs stands, oldest first."""
        return [self.update(live) for live in self.live.values() if live.job.owner == owner]

    def update(self, live: Live) -> JobUpdate:
        """Say where a job stands."""
        return self._standings.update(live)

    def _waiting_on(self, server: str) -> int:
        if not self._caps.max_waiting_per_server:
            return 0
        return sum(live.job.server == server and live.job.id in self.queue for live in self.live.values())
