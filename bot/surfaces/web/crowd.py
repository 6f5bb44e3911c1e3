"""How many jobs wait that were asked for from one address, whoever says to have asked: a cookie is had for nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from engine.errors import RequestError


class Crowd:
    """Count the waiting jobs of each address, at most `limit` of them; 0 means no limit.

    The counts are kept in memory alone, for an address is nobody's business on the disk: a restart forgets them.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: Counter[str] = Counter()
        self._address_of: dict[str, str] = {}

    @contextmanager
    def place(self, address: str) -> Iterator[Place]:
        """Keep a place for a job that is being made; raise `RequestError` where that address has all of its own."""
        waiting = self._waiting[address]
        if self._limit and waiting >= self._limit:
            raise RequestError("address_queue_full", waiting=waiting, limit=self._limit)
        self._waiting[address] += 1
        place = Place()
        try:
            yield place
        finally:
            if place.job_id is None or place.job_id in self._address_of:
                self._give_back(address)
            else:
                self._address_of[place.job_id] = address

    def end(self, job_id: str) -> None:
        """Give the place of a job back that does not wait any more."""
        if address := self._address_of.pop(job_id, None):
            self._give_back(address)

    def _give_back(self, address: str) -> None:
        self._waiting[address] -= 1
        if not self._waiting[address]:
            del self._waiting[address]


class Place:
    """Be a place in the crowd, for the job `job_id` once there is one."""

    job_id: str | None = None
