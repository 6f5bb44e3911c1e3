"""What is known of waiting and running jobs beyond their rows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from engine.jobs import Job


@dataclass(slots=True)
class Live:
    """Hold what is known of a waiting or running job."""

    job: Job
    changed: asyncio.Event = field(default_factory=asyncio.Event)  # it was leased, or is over
    over: bool = False
    step: int = 0
    total: int = 0
    preview: bytes | None = None
    crashes: int = 0
    kind: tuple[str, float] = field(init=False)  # its model and cost, kept for the standings of all behind it

    def __post_init__(self) -> None:
        """Work out the kind."""
        self.kind = self.job.request.model, self.job.request.cost()

    @property
    def steps_left(self) -> int:
        """Count the steps that are to be made; before the first, as many as were asked for."""
        return self.total - self.step if self.total else self.job.request.steps or 1

    def become(self, job: Job) -> None:
        """Take in what was committed about the job, and let those know who wait for it."""
        self.job, self.kind = job, (job.request.model, job.request.cost())
        self.changed.set()
