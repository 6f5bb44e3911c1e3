"""What the C library keeps of memory that was freed."""

from __future__ import annotations

import ctypes
from contextlib import suppress

# `M_ARENA_MAX` of glibc's malloc.h; see mallopt(3).
_ARENA_MAX = -8
ARENAS = 2


def bound() -> None:
    """Let all threads share a few stores of free memory; before the threads begin.

    glibc makes up to eight for each core, and what lies free in one is of no use to the others: a bot that has nothing
    to do then holds more with every thousand jobs. Does nothing where the C library is another.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, ARENAS)
