"""How much may wait: the caps, checked before anything is committed. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caps:
    """Limit how many jobs may wait, in all and for one owner."""

    waiting: int = 2_000
    waiting_per_owner: int = 50
