"""Who joins what is being drawn, and that nobody has to wait for it who would have been next."""

import asyncio
import math
from dataclasses import replace
from random import Random

import pytest

from engine.dispatch.caps import Caps
from engine.dispatch.dispatcher import Dispatcher
from engine.dispatch.joining import joiners
from engine.dispatch.lane import Lane, Lanes
from engine.dispatch.live import Live
from engine.dispatch.waiting import WaitingRoom
from engine.events import Accepted, Denoised, Ready
from engine.store.store import Store
from engine.workers.fake import FakeWorker
from tests.engine.dispatch.lane_bench import job, until
from tests.engine.dispatch.test_batches import ended, store, submission

__all__ = ["store"]


def live(number: int, *, owner: str = "ann", steps: int = 10, **fields: object) -> Live:
    asked = job(number, owner, steps)
    return Live(replace(asked, request=asked.request.model_copy(update=fields)))


def drawn(left: int) -> Live:
    return replace(live(0, steps=20), step=20 - left, total=20)


def joined(left: int, *waiting: Live, room: int = 3, cap: float = math.inf) -> list[str]:
    return [each.job.id for each in joiners([drawn(left)], waiting[0], waiting, room, lambda _owner: cap)]


def test_whoever_is_next_joins_and_with_it_all_that_are_alike_however_many_steps_they_make() -> None:
    assert joined(5, live(1, steps=50), live(2), live(3, width=128), live(4, steps=3)) == ["1", "2", "4"]


def test_no_more_join_than_there_is_room_for() -> None:
    assert joined(5, live(1), live(2, count=3), live(3)) == ["1", "3"]


def test_where_the_next_one_cannot_join_others_do_only_if_they_keep_it_from_nothing() -> None:
    assert joined(5, live(1, width=128), live(2, steps=6), live(3, steps=5)) == ["3"]


def test_where_the_next_one_is_too_large_to_join_it_is_not_passed_by_for_ever() -> None:
    assert joined(5, live(1, count=4), live(2, steps=20)) == []


def test_what_is_exact_or_lost_its_worker_joins_nobody() -> None:
    assert joined(5, live(1, exact=True), live(2, steps=20)) == []
    assert joined(5, replace(live(1), crashes=1)) == []
    assert joiners([live(0, exact=True)], live(1), [live(1)], 3, lambda _owner: math.inf) == []


def test_a_cap_counts_for_joining_too() -> None:
    assert joined(5, live(1), live(2), live(3, owner="bob"), cap=1) == ["1", "3"]


@pytest.mark.parametrize("seed", range(20))
def test_nobody_who_is_next_waits_longer_for_those_who_joined(seed: int) -> None:
    """Draw at random for a while: as long as somebody is next, the device is free no later than it was to be."""
    chance, lanes = Random(seed), Lanes([FakeWorker()])
    room, [lane] = WaitingRoom(Caps(), {}, lanes), lanes
    lane.begin(Ready(1, ("demo",), 4))
    free_at: dict[str | None, int] = {}
    joins = 0
    for step in range(400):
        if step < 300 and chance.random() < 0.15:
            room.enqueue(at_random(chance, step).job)
        is_drawing, first = bool(lane.on_device), next(iter(room._queue.order()), None)
        for begun in room.take(lane) if lane.room > 0 else ():
            begun.total, joins = begun.job.request.steps or 1, joins + is_drawing
        left = max((each.steps_left for each in lane.on_device.values()), default=0)
        following = next(iter(room._queue.order()), None)
        free_at = {following: free_at.get(following, step + left) if following == first else step + left}
        assert following is None or step + left <= free_at[following]
        advance(room, lane)
    assert joins > 5


def at_random(chance: Random, number: int) -> Live:
    steps, width = chance.choice([1, 3, 9, 30]), chance.choice([64, 64, 64, 128])
    return live(number, owner=chance.choice("abc"), steps=steps, width=width, count=chance.choice([1, 1, 2]))


def advance(room: WaitingRoom, lane: Lane) -> None:
    """Make a step of everything, and let go what is done."""
    for each in list(lane.on_device.values()):
        each.step += 1
        if not each.steps_left:
            lane.let_go(each.job.id)
            room.end(each.job)


class Slow(FakeWorker):
    """Take a while for each step, and remember who begins and leaves."""

    def __init__(self) -> None:
        super().__init__(slots=2, step_s=0.02)
        self.said: list[tuple[str, str]] = []

    def _say(self, event: object) -> None:
        if isinstance(event, Accepted | Denoised):
            self.said.append((type(event).__name__, event.job_id))
        super()._say(event)


async def test_a_request_joins_what_is_drawn_and_leaves_before_it_is_done(store: Store) -> None:
    worker = Slow()
    async with Dispatcher(store, [worker]) as dispatcher:
        long = await dispatcher.submit(submission("a", steps=40))
        await until(lambda: worker.said)
        short = await dispatcher.submit(submission("b", "bob", steps=3))
        await ended(store, long, short)
    names = {long.id: "long", short.id: "short"}
    assert [(said, names[job_id]) for said, job_id in worker.said] == [
        ("Accepted", "long"), ("Accepted", "short"), ("Denoised", "short"), ("Denoised", "long"),
    ]  # fmt: skip


@pytest.mark.parametrize("caps", [Caps(), Caps(max_running_per_owner=1)], ids=["by size", "by the cap"])
async def test_one_that_may_not_join_waits_until_the_device_is_free(store: Store, caps: Caps) -> None:
    worker, size = Slow(), {"width": 64} if caps == Caps() else {}
    async with Dispatcher(store, [worker], caps) as dispatcher:
        first = await dispatcher.submit(submission("a", steps=10))
        await until(lambda: worker.said)
        second = await dispatcher.submit(submission("b", steps=3, **size))
        await ended(store, first, second)
    assert worker.said == [(said, each.id) for each in (first, second) for said in ("Accepted", "Denoised")]


async def test_one_that_joined_can_be_cancelled_and_its_place_is_taken(store: Store) -> None:
    worker = Slow()
    async with Dispatcher(store, [worker]) as dispatcher:
        jobs = [await dispatcher.submit(submission("a", steps=60))]
        await until(lambda: len(worker.said) == 1)
        jobs += [await dispatcher.submit(submission(name, steps=60)) for name in "bc"]
        await until(lambda: len(worker.said) == 2)
        await dispatcher.cancel(jobs[1].id)
        await until(lambda: len(worker.said) == 3)
        assert worker.said[-1] == ("Accepted", jobs[2].id)
        await asyncio.gather(*(dispatcher.cancel(each.id) for each in (jobs[0], jobs[2])))
