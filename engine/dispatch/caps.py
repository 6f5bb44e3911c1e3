"""How much may wait: the caps, checked before anything is committed. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import QueueFull


@dataclass(frozen=True, slots=True)
class Caps:
    """Limit how many jobs may wait, in all, for one owner and for one server, and for how many minutes of the device.

    `running_per_owner` limits how many of an owner's jobs are drawn together. 0 means no limit.
    """

    waiting: int = 2_000
    waiting_per_owner: int = 50
    waiting_per_server: int = 0
    waiting_minutes: float = 0
    running_per_owner: int = 0


@dataclass(frozen=True, slots=True)
class Backlog:
    """Count what waits already: in all, an owner's, a server's; `minutes` is `None` while nobody knows."""

    waiting: int
    of_owner: int
    of_server: int
    minutes: float | None


def check(caps: Caps, backlog: Backlog) -> None:
    """Raise `QueueFull` where one more job is too many: an owner's own cap first, which the owner can do most about."""
    counted = (
        ("owner_queue_full", backlog.of_owner, caps.waiting_per_owner),
        ("server_queue_full", backlog.of_server, caps.waiting_per_server),
        ("queue_full", backlog.waiting, caps.waiting),
    )
    for code, waiting, limit in counted:
        if limit and waiting >= limit:
            raise QueueFull(code, waiting=waiting, limit=limit)
    if caps.waiting_minutes and (backlog.minutes or 0) >= caps.waiting_minutes:
        raise QueueFull("queue_too_long", minutes=round(backlog.minutes or 0), limit=caps.waiting_minutes)
