"""How often something may be tried from one address: kept in memory, bounded, and forgiven with time."""

from __future__ import annotations

import time
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address, ip_network

from bot.rules.buckets import Clock, remember

# Wrong passwords that cost nothing, then a pause that doubles with each, up to this.
FREE_GUESSES = 5
LONGEST_PAUSE_S = 300.0
# One house has as many addresses of the sixth version as it likes, but one network of them.
HOUSE_BITS = 64


def address_of(host: str) -> str:
    """Name who is counted together: an address of the fourth version, or a network of the sixth."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((int(address), HOUSE_BITS), strict=False))


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
        remember(self._wrong, address, (wrong + 1, self._clock()))

    def forgive(self, address: str) -> None:
        """Forget the guesses of somebody who knows the password."""
        self._wrong.pop(address, None)


def _pause(wrong: int) -> float:
    return 0.0 if wrong < FREE_GUESSES else min(2.0 ** min(wrong - FREE_GUESSES, 32), LONGEST_PAUSE_S)
