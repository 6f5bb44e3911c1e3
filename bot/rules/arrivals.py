"""How many pictures people sent in the last minute, whether anything came of them or not."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable

from bot.rules.limits import Bounds
from bot.surface import Origin
from engine.errors import RequestError

WINDOW_S = 60.0
# What is counted of somebody everywhere.
EVERYWHERE = ""


class Arrivals:
    """Count what came in the last minute: of each person on each server and in all, and at each place.

    Nothing is kept of what is older, so that a flood of names does not fill the memory for longer than that.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take `clock`, which tells seconds."""
        self._clock = clock
        self._came: deque[tuple[float, tuple[str, str], int]] = deque()
        self._counts: Counter[tuple[str, str]] = Counter()

    def check(self, pictures: int, origin: Origin, bounds: Bounds) -> None:
        """Raise `RequestError` where that many more are too many in a minute; the first ones never are."""
        self._forget()
        for limits in bounds:
            mine = origin.owner, EVERYWHERE if limits.is_operators else origin.server
            self._check("uploads_too_fast", mine, pictures, limits.uploads_per_minute)
            self._check("place_uploads_too_fast", (origin.place, EVERYWHERE), pictures, limits.place_uploads_per_minute)

    def add(self, pictures: int, origin: Origin) -> None:
        """Count that many."""
        now = self._clock()
        for key in {(origin.owner, EVERYWHERE), (origin.owner, origin.server), (origin.place, EVERYWHERE)}:
            self._came.append((now, key, pictures))
            self._counts[key] += pictures

    def __len__(self) -> int:
        """Tell of how many people and places something is counted now."""
        self._forget()
        return len(self._counts)

    def _check(self, code: str, key: tuple[str, str], pictures: int, limit: int) -> None:
        came = self._counts.get(key, 0)
        if limit and came and came + pictures > limit:
            raise RequestError(code, limit=limit, seconds=max(1, round(self._free_in(key, came + pictures - limit))))

    def _free_in(self, key: tuple[str, str], too_many: int) -> float:
        """Tell in how many seconds so many are forgotten."""
        now = self._clock()
        for at, other, pictures in self._came:
            too_many -= pictures if other == key else 0
            if too_many <= 0:
                return at + WINDOW_S - now
        return WINDOW_S

    def _forget(self) -> None:
        before = self._clock() - WINDOW_S
        while self._came and self._came[0][0] <= before:
            _, key, pictures = self._came.popleft()
            self._counts[key] -= pictures
            if not self._counts[key]:
                del self._counts[key]
