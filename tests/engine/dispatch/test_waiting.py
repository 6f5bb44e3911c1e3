"""What people are told about their wait, held against what becomes of it, on a clock of its own."""

from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from random import Random
from statistics import median

import pytest

from engine.dispatch.caps import Caps
from engine.dispatch.lane import Lanes
from engine.dispatch.live import Live
from engine.dispatch.speed import Prediction
from engine.dispatch.waiting import WaitingRoom
from engine.errors import QueueFull
from engine.events import Ready
from engine.jobs import Job
from engine.workers.fake import FakeWorker
from tests.engine.dispatch.lane_bench import NUMBERS, job, submission

S_PER_COST = 4_000.0
# How far the middle of what is told may be off what becomes of it, where each job is off by up to a quarter.
FACTOR = 1.35


def seconds(of: Job) -> float:
    return S_PER_COST * of.request.cost()


@dataclass
class Room:
    """Hold a waiting room with lanes whose speed is known, and let simulated time pass in it."""

    number: int
    chance: Random = field(default_factory=lambda: Random(0))
    models: tuple[str, ...] = ("demo",)
    off: float = 0.25
    now: float = 0.0
    ends: dict[str, float] = field(default_factory=dict)
    events: list[tuple[float, int, Live]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lanes = Lanes([FakeWorker() for _ in range(self.number)])
        self.room = WaitingRoom(Caps(max_waiting_minutes=1), {}, self.lanes)
        for model in self.models:
            for _ in range(10):
                earlier = job(0, model=model)
                self.room.speed.learn(replace(earlier, seconds=seconds(earlier)))

    def open(self, *numbers: int) -> "Room":
        for lane in self.lanes:
            if not numbers or lane.number in numbers:
                lane.begin(Ready(1, self.models, 1))
        return self

    def ask(self, *jobs: Job) -> None:
        for each in jobs:
            self.room.enqueue(each)

    def told(self) -> dict[str, float]:
        """Tell the middle of the range for each job that waits, as a time on the clock."""
        self.room._standings._standings.clear()
        return {
            update.job.id: self.now + sum(update.eta_s) / 2
            for owner in ("ann", "bob", "cid")
            for update in self.room.owned(owner)
            if update.position
        }

    def begin(self) -> None:
        """Give work to each lane that is free."""
        for lane in self.lanes:
            for live in self.room.take(lane) if lane.is_free else ():
                lane.leased[live.job.id], live.total = 1, 100
                lasts_s = seconds(live.job) * self.chance.uniform(1 - self.off, 1 + self.off)
                self.ends[live.job.id] = self.now + lasts_s
                heappush(self.events, (self.now + lasts_s, lane.number, live))

    def go_on(self) -> bool:
        """Let time pass until a job ends, show how far the others are, and begin what can begin."""
        if not self.events:
            return False
        before = self.now
        self.now, number, over = heappop(self.events)
        for end, _, live in self.events:
            live.step += round((100 - live.step) * (self.now - before) / (end - before)) if end > before else 0
        list(self.lanes)[number].let_go(over.job.id)
        self.room.end(over.job)
        self.begin()
        return True


def at_random(chance: Random, count: int) -> list[Job]:
    return [
        job(number, chance.choice(["ann", "ann", "bob", "cid"]), chance.choice([5, 10, 40])) for number in range(count)
    ]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("number", NUMBERS)
async def test_what_is_told_is_what_becomes_of_it(number: int, seed: int) -> None:
    """Asked at the beginning and after each third of the jobs, within a factor, and in the middle within a tenth."""
    room = Room(number, Random(seed)).open()
    room.ask(*at_random(room.chance, 60))
    room.begin()
    tells = [(room.now, room.told())]
    while room.go_on():
        if len(room.room) in (20, 40):
            tells.append((room.now, room.told()))
    ratios = [(told[job_id] - at) / (room.ends[job_id] - at) for at, told in tells for job_id in told]
    assert len(ratios) > 60
    assert min(ratios) > 1 / FACTOR
    assert max(ratios) < FACTOR
    assert median(ratios) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("number", NUMBERS)
async def test_where_each_job_takes_what_was_predicted_the_middle_is_the_truth(number: int) -> None:
    room = Room(number, off=0.0).open()
    room.ask(*at_random(room.chance, 50))
    room.begin()
    for live in [live for _, _, live in room.events]:
        live.total = 0  # nobody knows how far they are
    told = room.told()
    while room.go_on():
        pass
    assert told == pytest.approx({job_id: room.ends[job_id] for job_id in told})


async def test_with_one_lane_all_that_is_in_front_is_added_up() -> None:
    room = Room(1).open()
    jobs = at_random(room.chance, 20)
    room.ask(*jobs)
    order = list(room.room._queue.order())
    for position in range(1, 21):
        mine = [job for job in jobs if job.id in order[:position]]
        [update] = [u for o in ("ann", "bob", "cid") for u in room.room.owned(o) if u.job.id == order[position - 1]]
        parts = [room.room.speed.predict("demo", each.request.cost()) for each in mine]
        whole = Prediction(sum(part.seconds for part in parts), sum(part.variance for part in parts))
        assert update.position == position
        assert update.eta_s == pytest.approx(whole.ends())


async def test_with_eight_lanes_and_eight_in_front_one_waits_for_the_first_that_is_free() -> None:
    room = Room(8).open()
    room.ask(*(job(number, steps=5 + number) for number in range(8)))
    room.begin()
    room.ask(job(8), job(9))
    told = room.told()
    shortest = [seconds(job(0, steps=steps)) for steps in (5, 6, 10)]
    assert told["8"] == pytest.approx(shortest[0] + shortest[2])
    assert told["9"] == pytest.approx(shortest[1] + shortest[2])


async def test_only_lanes_that_are_ready_are_counted_and_one_while_none_is() -> None:
    room = Room(8)
    room.ask(*(job(number) for number in range(8)))
    assert max(room.told().values()) == pytest.approx(8 * seconds(job(0)))
    assert max(room.open(0).told().values()) == pytest.approx(8 * seconds(job(0)))
    assert max(room.open(1, 2, 3).told().values()) == pytest.approx(2 * seconds(job(0)))
    assert max(room.open().told().values()) == pytest.approx(seconds(job(0)))


async def test_what_nobody_knows_keeps_one_lane_and_what_is_behind_it_there() -> None:
    for number, known in ((1, 0), (2, 3)):
        room = Room(number).open()
        for lane in room.lanes:
            lane.ready = replace(lane.ready, models=("demo", "new"))
        room.ask(job(0, model="new"), *(job(each) for each in range(1, 4)))
        assert len([update for update in room.room.owned("ann") if update.eta_s]) == known


async def test_jobs_wait_for_the_lanes_that_have_their_model_only() -> None:
    room = Room(3, models=("demo", "other")).open()
    first, *others = room.lanes
    first.ready = replace(first.ready, models=("other",))
    for lane in others:
        lane.ready = replace(lane.ready, models=("demo",))
    room.ask(*(job(number, model="other") for number in range(3)), job(3))
    told = room.told()
    assert told["2"] == pytest.approx(3 * seconds(job(0)))
    assert told["3"] == pytest.approx(seconds(job(0)))


@pytest.mark.parametrize("number", [1, 2])
async def test_the_minutes_of_the_queue_are_those_that_people_wait(number: int) -> None:
    room = Room(number).open()
    room.ask(job(0))
    assert 60 < seconds(job(0)) < 120
    if number == 1:
        with pytest.raises(QueueFull, match="queue_too_long"):
            room.room.check(submission("x"))
    else:
        room.room.check(submission("x"))
