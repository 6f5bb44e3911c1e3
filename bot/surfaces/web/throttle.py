"""How often something may be tried from one address: kept in memory, bounded, and forgiven with time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TypeVar

# Of how many addresses something is remembered: the longest unused make room.
ADDRESSES_KEPT = 10_000
# Wrong passwords that cost nothing, then a pause that doubles with each, up to this.
FREE_GUESSES = 5
LONGEST_PAUSE_S = 300.0
# One house has as many addresses of the sixth version as it likes, but one network of them.
HOUSE_BITS = 64
Clock = Callable[[], float]
V = TypeVar("V")


def address_of(host: str) -> str:
    """Name who is counted together: an address of the fourth version, or a network of the sixth."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((int(address), HOUSE_BITS), strict=False))


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
        _keep(self._levels, key, (level if missing else level - amount, now))
        return missing / self._per_s


class Guesses:
    """Count wrong passwords by address: each one more makes the pause before the next longer."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def pause(self, address: str) -> float:
        """Return the seconds until the next guess is looked at."""
        wrong, at = self._wrong.get(address, (0, 0.0))
        return max(0.0, at + _pause(wrong) - self._clock()) if wrong else 0.0

    def begin(self, address: str) -> None:
        """Count a guess as wrong until it proves right: many may be made at once."""
        wrong, _ = self._wrong.pop(address, (0, 0.0))
        _keep(self._wrong, address, (wrong + 1, self._clock()))

    def forgive(self, address: str) -> None:
        """Forget the guesses of somebody who knows the password."""
        self._wrong.pop(address, None)


def _pause(wrong: int) -> float:
    return 0.0 if wrong < FREE_GUESSES else min(2.0 ** min(wrong - FREE_GUESSES, 32), LONGEST_PAUSE_S)


def _keep(kept: OrderedDict[str, V], key: str, value: V) -> None:
    kept[key] = value
    if len(kept) > ADDRESSES_KEPT:
        kept.popitem(last=False)
