"""Know how much one forward may take: the bytes that are free, and what they did not suffice for."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

from engine.kandinsky.placing.plan import Rung

UNBOUNDED = sys.maxsize


class Budget:
    """Ask what is free, and remember what ran out of memory all the same, until the worker ends.

    `free` counts the bytes that a model may have now, what it holds included; `None` is without bounds, as on a CPU.
    What a forward takes grows with its pixels, those of all its pictures.
    """

    def __init__(self, free: Callable[[], int | None]) -> None:
        self._free = free
        self._too_many: dict[Rung, int] = {}

    @property
    def free_bytes(self) -> int:
        """Count what a model may have now."""
        free = self._free()
        return UNBOUNDED if free is None else free

    def ran_out(self, rung: Rung, pixels: int) -> None:
        """Remember that memory ran out on `rung` for `pixels` at once."""
        self._too_many[rung] = min(pixels, self._too_many.get(rung, pixels))

    def too_many(self, rung: Rung) -> float:
        """Tell for how many pixels at once memory ran out on `rung`, the fewest; infinity where it never did."""
        return self._too_many.get(rung, math.inf)

    def most(self, rung: Rung, pixels: int) -> int:
        """Tell how many pictures of `pixels` each are fewer than what ran out of memory; that may be none."""
        return (self._too_many.get(rung, UNBOUNDED) - 1) // pixels
