"""How much may wait: the caps, checked before anything is committed. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from engine.errors import QueueFull
from engine.request import Value


class Caps(Value):
    """Limit how many jobs may wait, in all, for one owner and for one server, and for how many minutes of the device.

    `max_running_per_owner` limits how many of an owner's jobs are on all devices at once, even where one then idles.
    0 means no limit. `newcomers_share` is how much of `max_waiting` and `max_waiting_minutes` those may take together
    who never had a picture here before: the rest is kept for people who are known, once there are any.
    """

    max_waiting: int = Field(default=2_000, ge=1)
    max_waiting_per_owner: int = Field(default=50, ge=1)
    max_waiting_per_server: int = Field(default=0, ge=0)
    max_waiting_minutes: float = Field(default=30, ge=0, allow_inf_nan=False)
    max_running_per_owner: int = Field(default=0, ge=0)
    newcomers_share: float = Field(default=0.5, gt=0, le=1)


@dataclass(frozen=True, slots=True)
class Backlog:
    """Count what waits already: in all, an owner's, a server's; `minutes` is `None` while nobody knows."""

    waiting: int
    of_owner: int
    of_server: int
    minutes: float | None

    def is_within(self, caps: Caps, share: float) -> bool:
        """Tell whether one more job fits into that share of what may wait in all."""
        longest = caps.max_waiting_minutes
        return self.waiting < caps.max_waiting * share and (not longest or (self.minutes or 0) < longest * share)


def check(caps: Caps, backlog: Backlog) -> None:
    """Raise `QueueFull` where one more job is too many: an owner's own cap first, which the owner can do most about."""
    counted = (
        ("owner_queue_full", backlog.of_owner, caps.max_waiting_per_owner),
        ("server_queue_full", backlog.of_server, caps.max_waiting_per_server),
        ("queue_full", backlog.waiting, caps.max_waiting),
    )
    for code, waiting, limit in counted:
        if limit and waiting >= limit:
            raise QueueFull(code, waiting=waiting, limit=limit)
    if caps.max_waiting_minutes and (backlog.minutes or 0) >= caps.max_waiting_minutes:
        raise QueueFull("queue_too_long", minutes=round(backlog.minutes or 0), limit=caps.max_waiting_minutes)


def check_newcomer(caps: Caps, newcomers: Backlog) -> None:
    """Raise `QueueFull` where what newcomers have waiting, which `newcomers` counts, takes all of their share."""
    if not newcomers.is_within(caps, caps.newcomers_share):
        raise QueueFull("newcomers_full", waiting=newcomers.waiting)
