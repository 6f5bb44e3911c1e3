"""Say to all that is drawn within a placed model what the memory has room for."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Room:
    """Say how many rows a forward may have, if there are bounds, and whether each network has to move there first."""

    rows: int | None = None
    moves: bool = False


ENOUGH = Room()
ROOM: ContextVar[Room] = ContextVar("room", default=ENOUGH)
