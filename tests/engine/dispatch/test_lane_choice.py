"""Which lane draws what: only what it has, rather what it holds, together what is alike."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

import engine.dispatch.leasing
from engine.dispatch.caps import Caps
from engine.dispatch.dispatcher import Dispatcher
from engine.dispatch.lane import Lanes
from engine.dispatch.waiting import WaitingRoom
from engine.errors import OutOfMemory
from engine.events import Denoised, Ready
from engine.jobs import JobStatus
from engine.store.store import Store
from tests.engine.dispatch.lane_bench import (
    NUMBERS,
    Recording,
    Workers,
    ended,
    job,
    lanes_of,
    submission,
    submitted,
    until,
    workers,
)

BOTH = ("demo", "other")
RENDERED = JobStatus.RENDERED


@pytest.fixture
async def store(tmp_path) -> AsyncIterator[Store]:
    async with Store(tmp_path) as store:
        yield store


@pytest.fixture
def long_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a burst arrive in time on a busy machine."""
    monkeypatch.setattr(engine.dispatch.leasing, "BATCH_WINDOW_S", 0.5)


async def all_ready(dispatcher: Dispatcher) -> None:
    await until(lambda: all(lane.ready for lane in lanes_of(dispatcher)))


# Only what it has


async def test_a_job_waits_for_a_lane_that_has_its_model_and_keeps_nobody_waiting(store: Store) -> None:
    team = Workers(Recording(("demo",)), Recording(("other",)))
    async with Dispatcher(store, team) as dispatcher:
        team[0].open.set()
        [waiting] = await submitted(dispatcher, "a0", model="other")
        drawn = await submitted(dispatcher, "a1", "a2")
        assert [job.status for job in await ended(store, *drawn)] == [RENDERED, RENDERED]
        await until(lambda: [update.position for update in dispatcher.owned("a")] == [1])
        assert [update.eta_s for update in dispatcher.owned("a")] == [None]
        assert (await store.jobs.get(waiting.id)).status is JobStatus.QUEUED
        team[1].open.set()
        assert [job.status for job in await ended(store, waiting)] == [RENDERED]
    assert (team[0].prompts, team[1].prompts) == ([["a1"], ["a2"]], [["a0"]])


async def test_a_model_far_down_the_queue_is_found(store: Store) -> None:
    team = Workers(Recording(("demo",)), Recording(("other",)))
    async with Dispatcher(store, team, Caps(max_waiting_per_owner=1_000)) as dispatcher:
        await submitted(dispatcher, *(f"a{number}" for number in range(120)))
        last = await submitted(dispatcher, "a120", model="other")
        team[1].open.set()
        assert [job.status for job in await ended(store, *last)] == [RENDERED]


@pytest.mark.parametrize("number", NUMBERS)
async def test_a_job_for_a_model_that_no_worker_has_ends_once_all_are_ready(store: Store, number: int) -> None:
    team = workers(number)
    async with Dispatcher(store, team) as dispatcher:
        unknown, known = await submitted(dispatcher, "a0", model="unknown"), await submitted(dispatcher, "a1")
        for worker in team[1:]:
            worker.open.set()
        await until(lambda: len(dispatcher._lanes.ready) == number - 1)
        assert (await store.jobs.get(unknown[0].id)).status is JobStatus.QUEUED
        team.open()
        [job] = await ended(store, *unknown)
        assert (job.status, job.error, job.facts) == (JobStatus.FAILED, "render_failed", {"model": "unknown"})
        assert [job.status for job in await ended(store, *known)] == [RENDERED]
        assert dispatcher._lanes.are_idle


async def test_a_lane_takes_no_more_than_its_own_slots(store: Store) -> None:
    team = Workers(Recording(slots=1), Recording(slots=4))
    async with Dispatcher(store, team) as dispatcher:
        jobs = await submitted(dispatcher, *(f"a{number}" for number in range(12)))
        team.open()
        assert {job.status for job in await ended(store, *jobs)} == {RENDERED}
    assert {len(batch) for batch in team[0].batches} == {1}
    assert max(len(batch) for batch in team[1].batches) == 4


def test_while_the_first_waits_for_its_lane_nobody_is_owed_anything_for_having_been_away() -> None:
    lanes = Lanes(workers(2))
    room, [lane, _] = WaitingRoom(Caps(), {}, lanes), lanes
    lane.begin(Ready(1, ("demo",), 1))
    room.enqueue(job(0, "eve", model="other"))
    for number in range(1, 21):
        room.enqueue(job(number, "ann"))
        room.enqueue(job(100 + number, "bob"))
    order = []
    for number in range(30):
        if number == 20:
            for late in range(10):
                room.enqueue(job(200 + late, "cid"))
        [live] = room.take(lane)
        order.append(live.job.owner)
        lane.let_go(live.job.id)
    assert set(order[:20]) == {"ann", "bob"}
    assert order[20:].count("cid") in (3, 4)


@pytest.mark.parametrize("how", ["drawn", "failed", "denoised"])
async def test_a_lane_goes_on_when_another_one_has_made_room_for_the_owner(store: Store, how: str) -> None:
    team = Workers(Recording(("demo",)), Recording(("other",)))
    async with Dispatcher(store, team, Caps(max_running_per_owner=1)) as dispatcher:
        team.open()
        team[0].hang()
        await all_ready(dispatcher)
        jobs = await submitted(dispatcher, "a0")
        await until(lambda: team[0].batches)
        jobs += await submitted(dispatcher, "a1", model="other")
        await asyncio.sleep(0.05)
        assert not team[1].batches
        if how == "failed":
            team[0].fail_next(OutOfMemory())
        if how == "denoised":
            team[0]._say(Denoised(jobs[0].id, 1, 1))
        else:
            team[0].go_on()
        assert [job.status for job in await ended(store, jobs[1])] == [RENDERED]


# Rather what it holds


@pytest.mark.parametrize("swap_s", [0.0, 60.0])
async def test_lanes_stay_with_the_models_that_they_hold(store: Store, swap_s: float) -> None:
    team = workers(2, models=BOTH, swap_s=swap_s)
    async with Dispatcher(store, team) as dispatcher:
        for number in range(20):
            await submitted(dispatcher, f"a{number}", model=BOTH[number // 2 % 2])
        team[0].step_s = team[1].step_s = 0.002
        team.open()
        await until(lambda: not dispatcher.waiting and dispatcher._lanes.are_idle)
    swaps = 0
    for worker in team:
        drawn = [task.request.model for batch in worker.batches for task in batch]
        swaps += sum(one != other for one, other in pairwise(drawn))
    assert swaps > 4 if swap_s == 0 else swaps <= 2


@pytest.mark.parametrize("swap_s", [0.0, 60.0])
async def test_of_two_free_lanes_the_one_that_holds_the_model_draws(store: Store, swap_s: float) -> None:
    team = workers(2, models=BOTH, swap_s=swap_s)
    async with Dispatcher(store, team) as dispatcher:
        team.open()
        await all_ready(dispatcher)
        for lane, model in zip(lanes_of(dispatcher), BOTH, strict=True):
            lane.residency.model = model
        for number in range(6):
            await ended(store, *await submitted(dispatcher, f"a{number}", model="other"))
    assert len(team[1].batches) == (6 if swap_s else 0)


async def test_what_the_other_lane_left_is_drawn_by_a_lane_that_must_swap(store: Store) -> None:
    team = workers(2, models=BOTH, swap_s=60.0)
    async with Dispatcher(store, team) as dispatcher:
        team.open()
        team.hang()
        await all_ready(dispatcher)
        for lane, model in zip(lanes_of(dispatcher), BOTH, strict=True):
            lane.residency.model = model
        for both, _ in [await store.add(submission(name, model="other")) for name in ("a1", "a2")]:
            dispatcher._room.enqueue(both)  # in one go: the first lane leaves both to the second
        await until(lambda: len(team.given()) == 2)
    assert (team[0].prompts, team[1].prompts) == ([["a2"]], [["a1"]])


async def test_where_all_models_are_in_memory_the_order_is_purely_fair(store: Store) -> None:
    team = workers(1, models=BOTH)
    async with Dispatcher(store, team) as dispatcher:
        jobs = [
            await dispatcher.submit(submission(f"{owner}{number}", owner, model=BOTH[number % 2]))
            for owner in "ab"
            for number in range(6)
        ]
        team.open()
        await ended(store, *jobs)
    assert team[0].prompts == [[f"{owner}{number}"] for number in range(6) for owner in "ab"]


# Together what is alike


async def drawn_at_once(store: Store, team: Workers, *others: str) -> list[list[str]]:
    """Let four alike requests, and others, meet free lanes; return the first batch of each."""
    async with Dispatcher(store, team) as dispatcher:
        team.open()
        team.hang()
        await all_ready(dispatcher)
        jobs = await submitted(dispatcher, *"abcd")
        for other in others:
            jobs += await submitted(dispatcher, other, width=128)
        await until(lambda: sum(team.given().values()) == len(jobs))
    return [worker.prompts[0] for worker in team if worker.batches]


async def test_a_burst_is_shared_evenly_by_the_lanes_that_are_free(store: Store, long_window) -> None:
    assert await drawn_at_once(store, workers(2, slots=4)) == [["a", "b"], ["c", "d"]]


async def test_with_enough_free_lanes_each_draws_one(store: Store, long_window) -> None:
    assert await drawn_at_once(store, workers(8, slots=4)) == [["a"], ["b"], ["c"], ["d"]]


async def test_a_full_batch_stays_whole_where_the_other_lane_has_other_work(store: Store, long_window) -> None:
    assert await drawn_at_once(store, workers(2, slots=4), "x") == [["a", "b", "c", "d"], ["x"]]


async def test_a_lane_that_is_alone_takes_all(store: Store, long_window) -> None:
    assert await drawn_at_once(store, workers(1, slots=4)) == [["a", "b", "c", "d"]]
