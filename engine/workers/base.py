"""The seam between the dispatcher and whatever renders: a process, a remote actor, or the fake in tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from engine.events import WorkerEvent
from engine.requests import AnyRequest


@dataclass(frozen=True, slots=True)
class Task:
    """Hand one attempt at one job to a worker.

    The request is complete (no `None` left in it); `inputs` holds the files of its pictures by their checksums.
    """

    job_id: str
    attempt: int
    request: AnyRequest
    inputs: Mapping[str, bytes] = field(default_factory=dict)


class Worker(Protocol):
    """Render tasks somewhere and tell about it in events.

    `events()` yields `Ready` when tasks may be given, then for each task `Accepted`, `Progress`..., `Denoised` (its
    place is free) and exactly one `Done` or `Failed`; `Lost` says that every task of that epoch without a terminal
    event is gone, and a `Ready` with a higher epoch follows by itself. The iterator ends after `stop`.
    """

    async def start(self) -> None:
        """Begin in the background; `Ready` follows."""

    def events(self) -> AsyncIterator[WorkerEvent]:
        """Iterate over everything the worker says; there is one listener."""

    async def run(self, epoch: int, batch: tuple[Task, ...]) -> None:
        """Give tasks of one `batch_key` to the worker of `epoch`, to be drawn together with what it draws, if anything.

        Raises `WorkerLost` when that epoch is over, or there are more of them than free slots.
        """

    async def cancel(self, job_id: str, attempt: int) -> None:
        """Stop that attempt within one denoising step; its `Failed("cancelled")` follows, unless it is over already."""

    async def stop(self) -> None:
        """End the worker and release its memory; idempotent."""
