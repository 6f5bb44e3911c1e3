"""Time, identifiers and waiting: what the rest of the server is built on."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

T = TypeVar("T")

DISCORD_EPOCH_MS = 1_420_070_400_000


class Clock:
    """Tell the time, and jump ahead when a test asks for it."""

    def __init__(self) -> None:
        self._offset_s = 0.0

    def now(self) -> float:
        """Return Unix time in seconds, jumps included."""
        return time.time() + self._offset_s

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once (a negative number goes back)."""
        self._offset_s += seconds

    def timestamp(self) -> str:
        """Return the time as Discord writes it (ISO 8601, microseconds, UTC)."""
        return datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="microseconds")


class Snowflakes:
    """Hand out unique identifiers that carry their time of creation."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._count = 0

    def next(self) -> str:
        """Return a new identifier as a decimal string."""
        self._count += 1
        milliseconds = int(self._clock.now() * 1000) - DISCORD_EPOCH_MS
        # 22 low bits: unique for the first four million identifiers, also after the clock went back.
        return str((milliseconds << 22) | (self._count & 0x3FFFFF))


class Changes:
    """Wake everybody who waits for a condition whenever something has changed."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def notify(self) -> None:
        """Let all waiting conditions be looked at again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, probe: Callable[[], T | None], timeout_s: float, wanted: str) -> T:
        """Return the first truthy value of `probe`; raise TimeoutError naming `wanted`."""
        try:
            async with asyncio.timeout(timeout_s):
                while not (found := probe()):
                    await self._changed.wait()
                return found
        except TimeoutError:
            raise TimeoutError(f"waited {timeout_s} s in vain for {wanted}") from None
