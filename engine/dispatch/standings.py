"""Tell each job where it stands, from what is in front of it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter

from engine.dispatch.fair_queue import FairQueue
from engine.dispatch.lane import Lane, Lanes
from engine.dispatch.live import Live
from engine.dispatch.speed import Prediction, Speed, total
from engine.jobs import JobUpdate

# Positions are worked out for everybody at once, and so often that nobody notices.
STANDINGS_S = 0.5
# A position and, up to the job's end, the seconds and their variance; they are infinite where nobody knows.
_Standing = tuple[int, float, float]
_UNKNOWN = Prediction(math.inf, 0.0)
_SECONDS = attrgetter("seconds")


@dataclass(slots=True)
class _Front:
    """Hold what is in front of the next job on a lane, or on some lane that may come: seconds and their variance."""

    lane: Lane | None
    seconds: float
    variance: float

    def is_open_to(self, model: str) -> bool:
        """Tell whether jobs of that model may go there."""
        return self.lane is None or self.lane.has(model)


class Standings:
    """Tell where each of `lives` stands, in the queue or on one of the lanes."""

    def __init__(self, queue: FairQueue, lives: Mapping[str, Live], lanes: Lanes, speed: Speed) -> None:
        self._queue, self._lives, self._lanes, self._speed = queue, lives, lanes, speed
        self._standings: dict[str, _Standing] = {}
        self._at = 0.0

    def update(self, live: Live) -> JobUpdate:
        """Say where a job stands: waiting at a position, or drawn up to a step."""
        if live.job.id in self._queue:
            position, seconds, variance = self._standing(live.job.id)
            return JobUpdate(live.job, position, None if math.isinf(seconds) else Prediction(seconds, variance).ends())
        left = self._left(live)
        return JobUpdate(live.job, None, left and left.ends(), live.step, live.total, live.preview)

    def _left(self, live: Live) -> Prediction | None:
        whole = self._speed.predict(*live.kind)
        return whole.part(1 - live.step / live.total) if whole and live.total else whole

    def _standing(self, job_id: str) -> _Standing:
        """Tell where a waiting job stands, at most `STANDINGS_S` old."""
        now = asyncio.get_running_loop().time()
        if job_id not in self._standings or now - self._at > STANDINGS_S:
            self._standings, self._at = dict(self._all()), now
        return self._standings[job_id]

    def _all(self) -> Iterator[tuple[str, _Standing]]:
        """Let each job in its turn go to the lane that is free first, and add up what is in front of it there.

        Jobs are off independently of each other, so their variances add up. What takes nobody knows how long ends
        never, so all behind it is unknown, too; as is a job for which no lane is ready.
        """
        fronts = self._fronts()
        # Kept by kind, since thousands are added up twice a second.
        kinds: dict[tuple[str, float], tuple[Prediction, list[_Front]]] = {}
        for position, job_id in enumerate(self._queue.order(), start=1):
            kind = self._lives[job_id].kind
            if kind not in kinds:
                mine = [front for front in fronts if front.is_open_to(kind[0])] or [_Front(None, *_UNKNOWN)]
                kinds[kind] = self._speed.predict(*kind) or _UNKNOWN, mine
            (seconds, variance), open_to = kinds[kind]
            front = min(open_to, key=_SECONDS)
            front.seconds += seconds
            front.variance += variance
            yield job_id, (position, front.seconds, front.variance)

    def _fronts(self) -> list[_Front]:
        """Begin with what each ready lane has in hand; while none is ready, with that of all of them on one.

        One may be all that comes: at a start people are told too long a time rather than too short a one.
        """
        if ready := self._lanes.ready:
            return [_Front(lane, *self._in_hand([lane])) for lane in ready]
        return [_Front(None, *self._in_hand(self._lanes))]

    def _in_hand(self, lanes: Iterable[Lane]) -> Prediction:
        leased = [self._lives[job_id] for lane in lanes for job_id in lane.leased if job_id in self._lives]
        return total(self._left(live) for live in leased) or _UNKNOWN
