"""One lane's trouble is nobody else's: cancels, crashes, hangs, failures and late words stay where they belong."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from engine.dispatch.dispatcher import Dispatcher
from engine.errors import OutOfMemory, WorkerLost
from engine.events import Done, EngineState, Failed, Lost, Progress
from engine.jobs import Job, JobStatus
from engine.store.store import Store
from tests.engine.dispatch.lane_bench import busy, ended, lanes_of, reached, submitted, until, workers

LEASED = JobStatus.LEASED


@pytest.fixture
async def store(tmp_path) -> AsyncIterator[Store]:
    async with Store(tmp_path) as store:
        yield store


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


async def test_a_job_that_another_has_by_now_is_not_taken_from_it_by_a_late_refusal(store: Store, monkeypatch) -> None:
    team = workers(2)
    refused, run = asyncio.Event(), team[0].run

    async def lose_it_on_the_way(epoch, batch):
        await run(epoch, batch)
        team[0].open.clear()
        await team[0].crash()
        await until(lambda: lanes_of(dispatcher)[1].leased)
        refused.set()
        raise WorkerLost

    monkeypatch.setattr(team[0], "run", lose_it_on_the_way)
    async with Dispatcher(store, team) as dispatcher:
        team[0].open.set()
        await until(lambda: lanes_of(dispatcher)[0].ready)
        [job] = await submitted(dispatcher, "a")
        await until(lambda: team[0].batches)
        team[1].hang()
        team[1].open.set()
        await asyncio.wait_for(refused.wait(), 5)
        await asyncio.sleep(0.02)
        assert (await store.jobs.get(job.id)).status is LEASED
        assert lanes_of(dispatcher)[1].has_attempt(job.id, 2)


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
