"""The order in which jobs run: owners take turns, so that nobody's burst starves another. Pure, nothing on disk."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from itertools import zip_longest


class FairQueue:
    """Hold waiting job ids; the owners take turns, each owner's jobs run in the order they came."""

    def __init__(self) -> None:
        self._turns: OrderedDict[str, deque[str]] = OrderedDict()
        self._owners: dict[str, str] = {}

    def __len__(self) -> int:
        """Count the waiting jobs."""
        return len(self._owners)

    def __contains__(self, job_id: str) -> bool:
        """Tell whether the job is waiting."""
        return job_id in self._owners

    def push(self, job_id: str, owner: str) -> None:
        """Put a job behind its owner's others; a new owner's turn comes after everybody's."""
        self._turns.setdefault(owner, deque()).append(job_id)
        self._owners[job_id] = owner

    def push_back(self, job_id: str, owner: str) -> None:
        """Return a job that was popped but could not run: it is the next one again."""
        self._turns.setdefault(owner, deque()).appendleft(job_id)
        self._turns.move_to_end(owner, last=False)
        self._owners[job_id] = owner

    def pop(self) -> str | None:
        """Take the next job and pass the turn to the next owner; `None` when nobody waits."""
        if not self._turns:
            return None
        owner, jobs = next(iter(self._turns.items()))
        job_id = jobs.popleft()
        del self._owners[job_id]
        self._pass_turn(owner)
        return job_id

    def take(self, job_id: str) -> None:
        """Take a job that runs now: the turn passes on if it was its owner's."""
        if job_id == next(self.order()):
            self.pop()
        else:
            self.remove(job_id)

    def remove(self, job_id: str) -> bool:
        """Take a job out of turn; tell whether it was waiting."""
        owner = self._owners.pop(job_id, None)
        if owner is None:
            return False
        self._turns[owner].remove(job_id)
        if not self._turns[owner]:
            del self._turns[owner]
        return True

    def waiting_of(self, owner: str) -> int:
        """Count one owner's waiting jobs."""
        return len(self._turns.get(owner, ()))

    def order(self) -> Iterator[str]:
        """Iterate over the jobs in the order in which they run if nobody else comes: a round is one of each owner."""
        for turn in zip_longest(*self._turns.values()):
            yield from (job_id for job_id in turn if job_id is not None)

    def _pass_turn(self, owner: str) -> None:
        if self._turns[owner]:
            self._turns.move_to_end(owner)
        else:
            del self._turns[owner]
