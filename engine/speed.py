"""How long a job will take, learned from the jobs before it."""

from __future__ import annotations

from engine.jobs import Job

# Each new job counts this much: about the last ten decide, so a changed card or a busy machine shows soon.
_NEWEST_WEIGHT = 0.2


class Speed:
    """Learn seconds per unit of `Request.cost` for each model, as a moving average."""

    def __init__(self) -> None:
        self._seconds_per_cost: dict[str, float] = {}

    def learn(self, job: Job) -> None:
        """Take in a finished job."""
        if job.seconds is None or not (cost := job.request.cost()):
            return
        rate, model = job.seconds / cost, job.request.model
        before = self._seconds_per_cost.get(model, rate)
        self._seconds_per_cost[model] = before + (rate - before) * _NEWEST_WEIGHT

    def seconds(self, job: Job, done: float = 0.0) -> float | None:
        """Predict the seconds that a job still takes when the share `done` of it is over; `None` while unknown."""
        rate = self._seconds_per_cost.get(job.request.model)
        return None if rate is None else rate * job.request.cost() * (1 - done)
