"""A job is a request in the queue: its states, and the one table of what may follow what."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from engine.requests import AnyRequest


class JobStatus(StrEnum):
    """Where a job stands."""

    HELD = "held"  # committed, waits for its person's word
    QUEUED = "queued"  # committed, waiting for a worker
    LEASED = "leased"  # a worker has it
    RENDERED = "rendered"  # its pictures are on disk, nobody has seen them
    POSTING = "posting"  # a delivery has begun and may have reached the platform
    POSTED = "posted"  # the person has the pictures
    FAILED = "failed"  # it ended without pictures
    CANCELLED = "cancelled"  # its owner ended it


# Jobs are counted and kept by days.
DAY_S = 86_400.0
S = JobStatus
TRANSITIONS = MappingProxyType(
    {
        S.HELD: frozenset({S.QUEUED, S.FAILED, S.CANCELLED}),
        S.QUEUED: frozenset({S.LEASED, S.FAILED, S.CANCELLED}),
        S.LEASED: frozenset({S.QUEUED, S.RENDERED, S.FAILED, S.CANCELLED}),
        S.RENDERED: frozenset({S.POSTING}),
        S.POSTING: frozenset({S.POSTING, S.POSTED, S.FAILED}),  # posting again repeats an unfinished delivery
        S.POSTED: frozenset[JobStatus](),
        S.FAILED: frozenset[JobStatus](),
        S.CANCELLED: frozenset[JobStatus](),
    }
)
WAITING = frozenset({S.QUEUED, S.LEASED})
TO_DELIVER = frozenset({S.RENDERED, S.POSTING})
# A person may see the pictures a moment before it is known that they do.
SEEN = frozenset({S.POSTING, S.POSTED})
ENDED = frozenset(status for status, after in TRANSITIONS.items() if not after)


@dataclass(frozen=True, slots=True)
class Submission:
    """Describe what an adapter puts into the queue.

    `key` is the platform's own id of the message or interaction: the same key twice is the same job. `owner` and
    `place` are opaque ("discord:42"); `surface` names the adapter, and `address` is its own note of where to answer.
    """

    request: AnyRequest
    owner: str
    place: str
    surface: str
    key: str
    address: dict[str, object] = field(default_factory=dict)

    @property
    def server(self) -> str:
        """Name what its place belongs to, as `Job.server` does."""
        return server_of(self.place)


class Asker(Protocol):
    """Be whoever asks for a job, on a server."""

    @property
    def owner(self) -> str:
        """Name the person."""

    @property
    def server(self) -> str:
        """Name the server, or nothing."""


@dataclass(frozen=True, slots=True)
class Promise:
    """Say that somebody was shown that an answer comes, before anything of it was committed.

    The fields are those of the `Submission` that may follow; times are seconds since the epoch, UTC.
    """

    key: str
    owner: str
    surface: str
    address: dict[str, object]
    created_at: float


@dataclass(frozen=True, slots=True)
class Job:
    """Hold a job as it was last committed; times are seconds since the epoch, UTC.

    A held job counts as created when it is released.
    """

    id: str
    request: AnyRequest
    owner: str
    place: str
    surface: str
    key: str
    address: dict[str, object]
    status: JobStatus
    attempt: int
    created_at: float
    seconds: float | None = None  # time on the device
    error: str | None = None  # a code of engine.errors
    facts: dict[str, object] = field(default_factory=dict)
    told: bool = False  # the person has seen how it ended
    notes: dict[str, object] = field(default_factory=dict)  # what the worker said of the pictures
    finished_at: float | None = None  # when it was rendered, or failed before that

    @property
    def server(self) -> str:
        """Name what its place belongs to: "discord:123" of "discord:123/456"; a place without parts is its own."""
        return server_of(self.place)


@dataclass(frozen=True, slots=True)
class JobUpdate:
    """Say where a job stands right now; `position` counts from 1.

    `eta_s` are the fewest and the most seconds that it will take, likely; `None` until speed is known.
    """

    job: Job
    position: int | None = None
    eta_s: tuple[float, float] | None = None
    step: int = 0
    total: int = 0
    preview: bytes | None = None  # a small JPEG


def server_of(place: str) -> str:
    """Name what a place belongs to: what stands in front of the slash."""
    return place.partition("/")[0]
