"""How fast one person may go on: what comes faster is left out, before it costs the others anything."""

from __future__ import annotations

import time
from enum import Enum, auto

from bot.rules.buckets import Buckets, Clock
from engine.errors import RequestError

# Nobody writes or presses faster for long.
PER_S = 5.0
# A sentence for each that is left out would be as much work as to do it.
TELL_EVERY_S = 10.0


class Verdict(Enum):
    """Say what becomes of something that a person does: it is done, they are told that it is not, or neither."""

    DO = auto()
    TELL = auto()
    LEAVE = auto()


class Pace:
    """Count what each person does: `at_once` things, and `PER_S` more in each second."""

    def __init__(self, at_once: int, clock: Clock = time.monotonic) -> None:
        """Take `clock`, which tells seconds."""
        self._deeds = Buckets(at_once, PER_S, clock)
        self._sentences = Buckets(1, 1 / TELL_EVERY_S, clock)

    def judge(self, person: str) -> Verdict:
        """Count one more thing, and say what becomes of it."""
        if not self._deeds.take(person):
            return Verdict.DO
        return Verdict.LEAVE if self._sentences.take(person) else Verdict.TELL


def too_fast() -> RequestError:
    """Say to somebody that not all of what they sent is done."""
    return RequestError("too_fast", limit=round(PER_S))
