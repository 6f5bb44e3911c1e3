"""Several workers behind one queue: each job ends once, one lane's trouble is nobody else's, and the order is fair."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from random import Random

import pytest

import engine.dispatch.dispatcher
from engine.dispatch.caps import Caps
from engine.dispatch.dispatcher import Dispatcher
from engine.errors import OutOfMemory
from engine.events import Done, EngineState, Lost
from engine.jobs import Job, JobStatus
from engine.store.store import Store, TransitionError
from tests.engine.dispatch.lane_bench import (
    NUMBERS,
    Recording,
    Workers,
    busy,
    ended,
    lanes_of,
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
    killers: list[asyncio.Task[None]] = []
    while await store.jobs.with_status([JobStatus.QUEUED, LEASED]):
        worker, what = chance.choice(team), chance.choice(["crash", "hang", "fail", "cancel", "nothing", "nothing"])
        if what == "crash":
            await worker.crash()
        elif what == "hang":
            worker.hang()
            killers.append(asyncio.create_task(kill(worker)))
        elif what == "fail":
            worker.fail_next(OutOfMemory())
        elif what == "cancel":
            with suppress(TransitionError):
                await dispatcher.cancel(chance.choice(jobs).id)
        await asyncio.sleep(chance.uniform(0, 0.02))
    await asyncio.gather(*killers)


async def kill(worker: Recording) -> None:
    """Be the supervisor that ends a worker which hangs."""
    await asyncio.sleep(0.02)
    await worker.crash()


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
        await until(lambda: not any(dispatcher.owned(owner) for owner in "abcd"))
        await until(lambda: dispatcher._lanes.are_idle)
        assert dispatcher.waiting == 0
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
            worker.run = partial(watched, worker.run)
        team.hang()
        team.open()
        await until(lambda: most == Counter(dict.fromkeys("ab", min(cap, number))))
        await asyncio.sleep(0.1)  # more would be a fault
        team.go_on()
        await ended(store, *jobs)
    assert max(most.values()) <= cap


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
