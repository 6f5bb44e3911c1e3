"""How long a job will take, and how sure that is, learned from the jobs before it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from engine.jobs import Job
from engine.requests import AnyRequest

# Each new job counts this much: about the last ten decide, so a changed card or a busy machine shows soon.
_NEWEST_WEIGHT = 0.2
# How far predictions are off while only one job was seen.
_FIRST_DEVIATION = 0.25
# Twice the mean absolute deviation holds about nine of ten values; no machine is steadier than the least spread.
_DEVIATIONS = 2.0
_LEAST_SPREAD = 0.05
# However small a request is, its texts are read and its file is written: it costs this share of a usual one.
_LEAST_COST = 0.25


@dataclass(slots=True)
class _Model:
    """Hold what is known of one model: seconds per unit of `Request.cost`, and how far they are off, as a share."""

    rate: float
    deviation: float = _FIRST_DEVIATION


class Prediction(NamedTuple):
    """Predict seconds; `variance` is that of their spread, in square seconds."""

    seconds: float
    variance: float

    def part(self, share: float) -> Prediction:
        """Predict a share of it."""
        return Prediction(self.seconds * share, self.variance * share**2)

    def ends(self) -> tuple[float, float]:
        """Say between which two numbers of seconds it is likely to be."""
        spread = max(math.sqrt(self.variance), _LEAST_SPREAD * self.seconds)
        return max(0.0, self.seconds - spread), self.seconds + spread


class Speed:
    """Learn seconds per unit of `Request.cost` for each model, as a moving average, and how far jobs are off it."""

    def __init__(self) -> None:
        self._models: dict[str, _Model] = {}
        self._usual_s: float | None = None

    @property
    def known(self) -> bool:
        """Tell whether any job was learned from, so that `share` is in seconds."""
        return bool(self._models)

    def learn(self, job: Job) -> None:
        """Take in a finished job."""
        if job.seconds is None or not (cost := job.request.cost()):
            return
        rate = job.seconds / cost
        known = self._models.setdefault(job.request.model, _Model(rate))
        if known.rate:
            known.deviation += (min(abs(rate / known.rate - 1), 1.0) - known.deviation) * _NEWEST_WEIGHT
        known.rate += (rate - known.rate) * _NEWEST_WEIGHT
        usual_s = job.seconds if self._usual_s is None else self._usual_s
        self._usual_s = usual_s + (job.seconds - usual_s) * _NEWEST_WEIGHT

    def predict(self, model: str, cost: float) -> Prediction | None:
        """Predict how long a job of that `Request.cost` takes; `None` while nothing is known of the model."""
        if (known := self._models.get(model)) is None:
            return None
        seconds = known.rate * cost
        return Prediction(seconds, (_DEVIATIONS * known.deviation * seconds) ** 2)

    def share(self, request: AnyRequest) -> float:
        """Tell what a request counts for among others: the seconds that it is predicted to take.

        A model of which nothing is known counts as the others do on average; before the first job of all, a
        megapixel-step counts as a second.
        """
        rates = [known.rate for known in self._models.values()]
        known = self._models.get(request.model)
        rate = known.rate if known else sum(rates) / len(rates) if rates else 1.0
        return max(rate * request.cost(), _LEAST_COST * (self._usual_s or 0.0), 1e-6)


def total(predictions: Iterable[Prediction | None]) -> Prediction | None:
    """Add up jobs that are off independently of each other; `None` where one is unknown."""
    seconds = variance = 0.0
    for prediction in predictions:
        if prediction is None:
            return None
        seconds, variance = seconds + prediction.seconds, variance + prediction.variance
    return Prediction(seconds, variance)
