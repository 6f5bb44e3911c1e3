"""The order in which jobs run: a weighted start-time fair queue over the people who ask. Pure, nothing on disk.

Each owner has a virtual time that grows by what the owner's jobs cost; the job whose owner's time is lowest runs next.
Who comes newly starts at the queue's own virtual time: nobody is owed anything for having been away. After P. Goyal,
H. M. Vin and H. Cheng, "Start-time Fair Queueing" (SIGCOMM 1996).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush, heapreplace
from itertools import count
from typing import NamedTuple

# How much that means nothing any more is kept before it is thrown out.
_STALE = 64


class _Turn(NamedTuple):
    """Be the place of an owner's first job: lowest first, no two alike."""

    start: float
    ordinal: int  # how many of the owner's jobs were taken before it since the owner came
    arrival: int
    owner: str


class _Job(NamedTuple):
    arrival: int
    cost: float
    share: float  # what it adds to its owner's virtual time


@dataclass(slots=True)
class _Owner:
    """Hold an owner's jobs in the order they came, and the virtual time at which the first of them starts."""

    start: float
    ordinal: int = 0
    jobs: OrderedDict[str, _Job] = field(default_factory=OrderedDict)
    turn: _Turn | None = None


class FairQueue:
    """Hold waiting job ids; each owner's jobs run in the order they came. `cost` is that of all who wait."""

    def __init__(self) -> None:
        self._owners: dict[str, _Owner] = {}
        self._owner_of: dict[str, str] = {}
        self._turns: list[_Turn] = []  # a heap: the turn of each owner who waits, and stale ones, but never on top
        self._returned: OrderedDict[str, str] = OrderedDict()  # jobs that run before all others, and their owners
        self._now = 0.0  # the queue's virtual time: the start of the latest job that was taken in its turn
        self._arrivals = count()
        self._owners_kept = _STALE
        self.cost = 0.0

    def __len__(self) -> int:
        """Count the waiting jobs."""
        return len(self._owner_of) + len(self._returned)

    def __contains__(self, job_id: str) -> bool:
        """Tell whether the job is waiting."""
        return job_id in self._owner_of or job_id in self._returned

    def push(self, job_id: str, owner: str, cost: float = 1.0, weight: float = 1.0) -> None:
        """Put a job behind its owner's others; `cost` is its work in any unit, and half of it counts at `weight` 2."""
        mine = self._owners.get(owner)
        if mine is None or (not mine.jobs and mine.start <= self._now):
            mine = self._owners[owner] = _Owner(self._now)
        mine.jobs[job_id] = _Job(next(self._arrivals), cost, cost / weight)
        self._owner_of[job_id] = owner
        self.cost += cost
        self._place(owner, mine)

    def push_back(self, job_id: str, owner: str) -> None:
        """Return a job that was taken but could not run: it is the next one again, and its owner has paid for it."""
        self._returned[job_id] = owner
        self._returned.move_to_end(job_id, last=False)

    def take(self, job_id: str, in_turn: bool = False) -> None:
        """Take a job that runs now, and let its owner pay for it.

        It is the first, or the first of those that can run now (`in_turn`), or goes along in another's company.
        """
        if self._returned.pop(job_id, None):
            return
        owner = self._owner_of[job_id]
        mine = self._owners[owner]
        if in_turn or job_id == self._first():
            self._now = max(self._now, mine.start)
        mine.start += mine.jobs[job_id].share
        mine.ordinal += 1
        self._drop(job_id)

    def remove(self, job_id: str) -> bool:
        """Take a job that never runs and costs nothing; tell whether it was waiting."""
        if self._returned.pop(job_id, None):
            return True
        if job_id not in self._owner_of:
            return False
        self._drop(job_id)
        return True

    def rest(self) -> None:
        """Forget who had how much, where nobody waits: nothing runs, so nobody was kept from anything."""
        if not len(self):
            self._owners, self._turns, self._now, self.cost = {}, [], 0.0, 0.0

    def waiting_of(self, owner: str) -> int:
        """Count one owner's waiting jobs."""
        mine = self._owners.get(owner)
        return sum(name == owner for name in self._returned.values()) + (len(mine.jobs) if mine else 0)

    def order(self) -> Iterator[str]:
        """Iterate over the jobs in the order in which they run if nobody else comes."""
        yield from self._returned
        # Plain tuples, and lists in place of the owners' jobs: thousands are ordered twice a second.
        turns: list[tuple[float, int, int, str]] = [turn for turn in self._turns if self._is_valid(turn)]
        heapify(turns)
        waiting: dict[str, list[tuple[str, _Job]]] = {}
        while turns:
            start, ordinal, _, owner = turns[0]
            jobs = waiting.get(owner)
            if jobs is None:
                jobs = waiting[owner] = list(reversed(self._owners[owner].jobs.items()))
            job_id, job = jobs.pop()
            if jobs:
                heapreplace(turns, (start + job.share, ordinal + 1, jobs[-1][1].arrival, owner))
            else:
                heappop(turns)
            yield job_id

    def _first(self) -> str | None:
        if self._returned:
            return next(iter(self._returned))
        return next(iter(self._owners[self._turns[0].owner].jobs)) if self._turns else None

    def _drop(self, job_id: str) -> None:
        owner = self._owner_of.pop(job_id)
        mine = self._owners[owner]
        self.cost -= mine.jobs.pop(job_id).cost
        self._place(owner, mine)

    def _place(self, owner: str, mine: _Owner) -> None:
        """Give an owner the turn that belongs to the first job; throw out what became stale."""
        turn = _Turn(mine.start, mine.ordinal, next(iter(mine.jobs.values())).arrival, owner) if mine.jobs else None
        if turn != mine.turn:
            mine.turn = turn
            if turn:
                heappush(self._turns, turn)
        while self._turns and not self._is_valid(self._turns[0]):
            heappop(self._turns)
        if len(self._turns) > _STALE + 2 * len(self._owner_of):
            self._turns = [turn for turn in self._turns if self._is_valid(turn)]
            heapify(self._turns)
        if len(self._owners) > self._owners_kept:
            self._forget_paid()

    def _is_valid(self, turn: _Turn) -> bool:
        mine = self._owners.get(turn.owner)
        return mine is not None and mine.turn is turn

    def _forget_paid(self) -> None:
        """Forget the owners who have nothing waiting and would begin at the queue's own time."""
        self._owners = {name: mine for name, mine in self._owners.items() if mine.jobs or mine.start > self._now}
        self._owners_kept = _STALE + 2 * len(self._owners)
