"""What a worker says about its jobs; each event names the attempt and the worker's epoch, so that stale ones show."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Picture:
    """Hold one encoded picture: file bytes, their media type, and the seed that made it. Sizes are pixels."""

    data: bytes
    media_type: str
    width: int
    height: int
    seed: int

    @property
    def suffix(self) -> str:
        """Return what the name of its file ends in, such as ".png"."""
        return f".{self.media_type.partition('/')[2]}"


@dataclass(frozen=True, slots=True)
class Event:
    """Say something about one attempt at one job, from the worker process numbered `epoch`."""

    job_id: str
    attempt: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Accepted(Event):
    """The worker has begun."""


@dataclass(frozen=True, slots=True)
class Progress(Event):
    """`step` of `total` denoising steps (prior and decoder together) are done; `preview` is a small JPEG."""

    step: int
    total: int
    preview: bytes | None = None


@dataclass(frozen=True, slots=True)
class Denoised(Event):
    """The device is free again; only encoding is left."""


@dataclass(frozen=True, slots=True)
class Done(Event):
    """The pictures are ready; `seconds` is the job's share of the device's time, `notes` are for its person."""

    pictures: tuple[Picture, ...]
    seconds: float
    notes: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed(Event):
    """The job ended without pictures; `code` is one of `engine.errors`, `facts` its details."""

    code: str
    facts: dict[str, object]


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker process numbered `epoch` is ready; it draws one batch of at most `slots` jobs at a time.

    `swap_s` is how long another model takes to come into memory, 0 where all of them are there.
    """

    epoch: int
    models: tuple[str, ...]
    slots: int
    swap_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Lost:
    """The worker process numbered `epoch` ended, was killed for hanging, or could not start (`facts` say why)."""

    epoch: int
    code: str
    facts: dict[str, object]


JobEvent = Accepted | Progress | Denoised | Done | Failed
WorkerEvent = JobEvent | Ready | Lost


class EngineState(StrEnum):
    """Whether jobs can be drawn right now."""

    WARMING_UP = "warming_up"
    READY = "ready"
    RESTARTING = "restarting"
    MODEL_MISSING = "model_missing"
