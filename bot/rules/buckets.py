"""How much may be taken at once, and how much in each second: kept in memory, and bounded."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

# Of how many something is remembered: the longest unused make room.
REMEMBERED = 10_000
Clock = Callable[[], float]
V = TypeVar("V")


class Buckets:
    """Let each key take `burst` at once, and `per_s` from then on."""

    def __init__(self, burst: float, per_s: float, clock: Clock = time.monotonic) -> None:
        self._burst, self._per_s, self._clock = burst, per_s, clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, amount: float = 1.0) -> float:
        """Take so much and return 0, or take nothing and return the seconds until it is there."""
        now = self._clock()
        level, at = self._levels.pop(key, (self._burst, now))
        level = min(self._burst, level + (now - at) * self._per_s)
        missing = max(0.0, amount - level)
        remember(self._levels, key, (level if missing else level - amount, now))
        return missing / self._per_s


def remember(kept: OrderedDict[str, V], key: str, value: V) -> None:
    """Keep the latest value of a key, as long as there is room."""
    kept[key] = value
    if len(kept) > REMEMBERED:
        kept.popitem(last=False)
