"""Several workers behind one queue: each job ends once, one lane's trouble is nobody else's, and the order is fair."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from random import Random

import pytest

import engine.dispatch.dispatcher
from engine.dispatch.caps import Caps
from engine.dispatch.dispatcher import Dispatcher
from engine.errors import OutOfMemory
from engine.events import Done, EngineState, Failed, Lost, Progress
from engine.jobs import Job, JobStatus
from engine.store.store import Store, TransitionError
from tests.engine.dispatch.lane_bench import (
    NUMBERS,
    Workers,
    ended,
    lanes_of,
    reached,
    submission,
    submitted,
    until,
    workers,
)

LEASED = JobStatus.LEASED


@pytest.fixture
async def store(tmp_path) -> AsyncIterator[Store]:
    async with Store(tmp_path) as store:
        yield store


# Each job ends once


async def trouble(store: Store, dispatcher: Dispatcher, team: Workers, jobs: list[Job], chance: Random) -> None:
    """Crash, hang and fail workers and cancel jobs at random; go on until the jobs have ended."""
    while await store.jobs.with_status([JobStatus.QUEUED, LEASED]):
        worker, what = chance.choice(team), chance.choice(["crash", "hang", "fail", "cancel", "nothing", "nothing"])
        if what == "crash":
            await worker.crash()
        elif what == "hang":
            worker.hang()
            asyncio.get_running_loop().call_later(0.02, lambda lost=worker: asyncio.ensure_future(lost.crash()))
        elif what == "fail":
            worker.fail_next(OutOfMemory())
        elif what == "cancel":
            with suppress(TransitionError):
                await dispatcher.cancel(chance.choice(jobs).id)
        await asyncio.sleep(chance.uniform(0, 0.02))


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("number", NUMBERS)
async def test_each_job_ends_once_whatever_becomes_of_the_workers(store: Store, number: int, seed: int) -> None:
    chance, team = Random(seed), workers(number, slots=2, warm_up_s=0.01)
    for worker in team:
        worker.step_s = 0.004
    async with Dispatcher(store, team) as dispatcher:
        team.open()
        jobs = await submitted(
            dispatcher, *(f"{chance.choice('abcd')}{count}" for count in range(10 + 3 * number)), steps=3
        )
        await asyncio.wait_for(trouble(store, dispatcher, team, jobs, chance), 60)
        await until(lambda: dispatcher._lanes.are_idle)
        assert dispatcher.waiting == 0
        assert [dispatcher.owned(owner) for owner in "abcd"] == [[], [], [], []]
    after = [await store.jobs.get(job.id) for job in jobs]
    drawn = {job.id: len(await store.pictures(job.id)) for job in after}
    assert drawn == {job.id: int(job.status is JobStatus.RENDERED) for job in after}
    assert max(team.given().values()) == 1, "no attempt is given to two workers, or twice to one"
    assert {job.error for job in after} <= {None, "worker_lost", "out_of_memory"}


@pytest.mark.parametrize("number", NUMBERS)
async def test_the_next_run_takes_up_everything(store: Store, number: int) -> None:
    team = workers(number)
    async with Dispatcher(store, team) as dispatcher:
        team.open()
        team.hang()
        jobs = await submitted(dispatcher, *(f"a{count}" for count in range(3 * number)))
        await until(lambda: sum(len(lane.leased) for lane in lanes_of(dispatcher)) == number)
    team = workers(number)
    async with Dispatcher(store, team) as dispatcher:
        team.open()
        assert {job.status for job in await ended(store, *jobs)} == {JobStatus.RENDERED}


# One lane's trouble is nobody else's


async def busy(dispatcher: Dispatcher, store: Store, team: Workers) -> list[Job]:
    """Let each worker hang over a job; list the jobs in the order of the workers."""
    team.open()
    team.hang()
    await until(lambda: all(lane.ready for lane in lanes_of(dispatcher)))
    jobs = await submitted(dispatcher, *(f"a{number}" for number in range(len(team))))
    await until(lambda: all(worker._renders for worker in team))
    return sorted([await store.jobs.get(job.id) for job in jobs], key=lambda job: team.index(team.of(job)))


@pytest.mark.parametrize("number", [2, 8])
async def test_a_job_is_cancelled_at_its_own_worker_only(store: Store, number: int) -> None:
    team = workers(number)
    async with Dispatcher(store, team) as dispatcher:
        jobs = await busy(dispatcher, store, team)
        await dispatcher.cancel(jobs[1].id)
        assert [worker.stopped for worker in team] == [[], [(jobs[1].id, 1)], *([[]] * (number - 2))]
        await until(lambda: lanes_of(dispatcher)[1].is_free)
        assert [lane.is_free for lane in lanes_of(dispatcher)].count(True) == 1


async def test_a_crash_touches_no_other_lane_and_its_jobs_go_to_another(store: Store) -> None:
    team = workers(2)
    async with Dispatcher(store, team) as dispatcher:
        mine, other = await busy(dispatcher, store, team)
        team[0].open.clear()  # it stays away
        await team[0].crash()
        await reached(store, mine, JobStatus.QUEUED)
        assert (await store.jobs.get(other.id)).status is LEASED
        assert dispatcher.state is EngineState.READY
        team[1].go_on()
        mine, other = await ended(store, mine, other)
    assert (mine.status, mine.attempt, other.status, other.attempt) == (JobStatus.RENDERED, 2, JobStatus.RENDERED, 1)
    assert [task.job_id for batch in team[1].batches for task in batch] == [other.id, mine.id]


async def test_a_hang_and_a_failure_touch_no_other_lane(store: Store) -> None:
    team = workers(2)
    async with Dispatcher(store, team) as dispatcher:
        hung, other = await busy(dispatcher, store, team)
        team[1].fail_next(OutOfMemory())
        team[1].go_on()
        later = await submitted(dispatcher, *"bcd")
        after = await ended(store, other, *later)
        assert [job.error for job in after] == ["out_of_memory", None, None, None]
        assert (await store.jobs.get(hung.id)).status is LEASED


STALE: dict[str, Callable[[Job], object]] = {
    "progress": lambda job: Progress(job.id, 1, 1, 2, 2),
    "done": lambda job: Done(job.id, 1, 1, (), 1.0),
    "failed": lambda job: Failed(job.id, 1, 1, "out_of_memory", {}),
    "lost": lambda job: Lost(1, "worker_lost", {}),
}


@pytest.mark.parametrize("what", STALE)
async def test_what_another_worker_of_the_same_epoch_says_of_a_job_does_not_count(store: Store, what: str) -> None:
    team = workers(2)
    async with Dispatcher(store, team) as dispatcher:
        job, _ = await busy(dispatcher, store, team)
        assert [lane.epoch for lane in lanes_of(dispatcher)] == [1, 1]
        team[1]._say(STALE[what](job))
        team[1]._say(Progress("heard", 1, 1, 1, 1))
        await until(lambda: team[1]._events.empty())
        await asyncio.sleep(0.02)
        assert lanes_of(dispatcher)[0].has_attempt(job.id, 1)
        assert (await store.jobs.get(job.id)).status is LEASED
        assert [update.step for update in dispatcher.owned("a") if update.job.id == job.id] == [0]


async def test_what_the_first_worker_says_late_of_a_job_that_another_has_now_does_not_count(store: Store) -> None:
    """A refused batch begins again with the same attempt: only the lane tells the two apart."""
    team = workers(2)
    async with Dispatcher(store, team) as dispatcher:
        team[1].open.set()
        team[1].hang()
        [job] = await submitted(dispatcher, "a")
        await reached(store, job, LEASED)
        team[0].open.set()
        await until(lambda: lanes_of(dispatcher)[0].ready)
        team[0]._say(Failed(job.id, 1, 1, "out_of_memory", {}))
        await until(lambda: team[0]._events.empty())
        await asyncio.sleep(0.02)
        team[1].go_on()
        assert [job.status for job in await ended(store, job)] == [JobStatus.RENDERED]


async def test_a_worker_that_comes_back_while_its_batch_is_refused_goes_on(store: Store, monkeypatch) -> None:
    inputs, [worker] = store.inputs, workers(1)

    async def crash_meanwhile(request):
        monkeypatch.setattr(store, "inputs", inputs)
        await worker.crash()
        await until(lambda: lanes_of(dispatcher)[0].epoch == 2)
        return {}

    monkeypatch.setattr(store, "inputs", crash_meanwhile)
    async with Dispatcher(store, [worker]) as dispatcher:
        worker.open.set()
        assert [job.attempt for job in await ended(store, *await submitted(dispatcher, "a"))] == [1]


async def test_what_is_cancelled_while_its_company_is_leased_is_not_drawn(store: Store, monkeypatch) -> None:
    inputs, [worker], jobs = store.inputs, workers(1, slots=2), []

    async def cancel_meanwhile(request):
        if request.prompt == "b":
            await dispatcher.cancel(jobs[0].id)
        return await inputs(request)

    monkeypatch.setattr(store, "inputs", cancel_meanwhile)
    async with Dispatcher(store, [worker]) as dispatcher:
        jobs += await submitted(dispatcher, "a", "b")
        worker.open.set()
        await ended(store, *jobs)
        await until(lambda: dispatcher._lanes.are_idle)
    assert worker.prompts == [["b"]]


async def test_a_job_that_is_cancelled_before_its_company_comes_harms_nobody(store: Store) -> None:
    [worker] = workers(1, slots=4)
    async with Dispatcher(store, [worker]) as dispatcher:
        worker.open.set()
        await until(lambda: lanes_of(dispatcher)[0].ready)
        [regretted] = await submitted(dispatcher, "a")
        await dispatcher.cancel(regretted.id)
        await asyncio.sleep(0.05)
        assert [job.status for job in await ended(store, *await submitted(dispatcher, "b"))] == [JobStatus.RENDERED]


# What people are told


async def test_the_state_is_the_best_of_all_lanes(store: Store) -> None:
    team = workers(2)
    async with Dispatcher(store, team) as dispatcher:
        lanes = lanes_of(dispatcher)
        assert dispatcher.state is EngineState.WARMING_UP
        team[0]._say(Lost(1, "model_missing", {}))
        await until(lambda: lanes[0].cannot_load)
        assert dispatcher.state is EngineState.WARMING_UP
        team[1].open.set()
        await until(lambda: dispatcher.state is EngineState.READY)
        team[1].open.clear()
        await team[1].crash()
        await until(lambda: dispatcher.state is EngineState.RESTARTING)
        team[1]._say(Lost(2, "model_missing", {}))
        await until(lambda: dispatcher.state is EngineState.MODEL_MISSING)


async def test_the_engine_is_broken_only_when_no_worker_could_load(store: Store) -> None:
    team = workers(2)
    async with Dispatcher(store, team) as dispatcher:
        broken = asyncio.create_task(dispatcher.broken())
        team[0]._say(Lost(1, "model_missing", {"repository": "x"}))
        team[1].open.set()
        await until(lambda: lanes_of(dispatcher)[1].ready)
        await team[1].crash()
        assert [job.status for job in await ended(store, *await submitted(dispatcher, "a"))] == [JobStatus.RENDERED]
        assert not broken.done()
        team[1]._say(Lost(9, "load_failed", {}))
        assert (await asyncio.wait_for(broken, 5)).facts == {"repository": "x"}


# The order is fair


@pytest.mark.parametrize("number", NUMBERS)
async def test_two_owners_are_given_the_same_whatever_the_number_of_lanes(store: Store, number: int) -> None:
    team, order = workers(number), []
    async with Dispatcher(store, team) as dispatcher:
        jobs = await submitted(dispatcher, *(f"a{count}" for count in range(24)), *(f"b{count}" for count in range(24)))
        for worker in team:
            worker._say = lambda event, say=worker._say: (order.append(event), say(event))
        team.open()
        await ended(store, *jobs)
    owners = {job.id: job.owner for job in jobs}
    drawn = [owners[event.job_id] for event in order if isinstance(event, Done)]
    for count in range(1, len(drawn) + 1):
        given = Counter(drawn[:count])
        assert abs(given["a"] - given["b"]) <= 1 + number


@pytest.mark.parametrize("cap", [1, 2])
@pytest.mark.parametrize("number", NUMBERS)
async def test_an_owner_has_no_more_on_all_devices_than_the_cap_says(store: Store, number: int, cap: int) -> None:
    team, most = workers(number, slots=2), Counter()

    async def watched(run, *arguments):
        await run(*arguments)
        now = Counter(owners[job_id] for worker in team for job_id, _ in worker._renders)
        most.update(now - most)

    async with Dispatcher(store, team, Caps(max_running_per_owner=cap)) as dispatcher:
        jobs = await submitted(dispatcher, *(f"a{count}" for count in range(9)), "b0", "b1", "b2")
        owners = {job.id: job.owner for job in jobs}
        for worker in team:
            worker.step_s, worker.run = 0.005, partial(watched, worker.run)
        team.open()
        await ended(store, *jobs)
    assert (most["a"], most["b"] <= cap) == (cap, True)


async def test_all_begin_anew_only_when_no_lane_has_anything(store: Store) -> None:
    team = workers(2)
    async with Dispatcher(store, team) as dispatcher:
        jobs = await busy(dispatcher, store, team)
        team[0].go_on()
        await ended(store, jobs[0])
        await until(lambda: lanes_of(dispatcher)[0].is_free)
        team[0].hang()
        await submitted(dispatcher, "c0")
        await until(lambda: team[0]._renders)
        await submitted(dispatcher, "a2", "b0")
        order = [(await store.jobs.get(job_id)).key for job_id in dispatcher._room._queue.order()]
        assert order == ["b0", "a2"], "a had more already"


# Held jobs


async def test_what_is_released_while_the_forgotten_are_dropped_is_drawn(store: Store, monkeypatch) -> None:
    monkeypatch.setattr(engine.dispatch.dispatcher, "HELD_S", -1.0)
    move, [worker] = store.jobs.move, workers(1)
    async with Dispatcher(store, [worker]) as dispatcher:
        jobs = [await dispatcher.submit(submission(name), hold=True) for name in "ab"]

        async def release_meanwhile(*arguments, **fields):
            monkeypatch.setattr(store.jobs, "move", move)
            released.append(asyncio.create_task(dispatcher.release(jobs[1].id)))
            await asyncio.sleep(0.01)
            return await move(*arguments, **fields)

        released = []
        monkeypatch.setattr(store.jobs, "move", release_meanwhile)
        await dispatcher.drop_forgotten()
        await asyncio.gather(*released)
        worker.open.set()
        assert [job.status for job in await ended(store, *jobs)] == [JobStatus.CANCELLED, JobStatus.RENDERED]
