"""The dispatcher with the fake worker: fair, durable, each job ends once, and a crash costs one attempt."""

import asyncio
from dataclasses import replace

import pytest

import engine.dispatch.storing
from engine.catalog import DEMO, Catalog
from engine.checks import complete
from engine.dispatch.caps import Caps
from engine.dispatch.dispatcher import Dispatcher
from engine.errors import OutOfMemory, QueueFull, StoreFailed
from engine.events import EngineState, Picture, Progress
from engine.jobs import Job, JobStatus, Submission
from engine.requests import Text2Image
from engine.store.store import Store, TransitionError
from engine.workers.fake import FakeWorker

CATALOG = Catalog([DEMO])
NO_CAPS = Caps()
PICTURE = Picture(b"bytes", "image/png", 64, 64, 7)


def submission(key: str, owner: str = "ann", steps: int = 3) -> Submission:
    request = complete(Text2Image(model="demo", prompt=key, width=64, height=64, steps=steps, seed=7), DEMO)
    return Submission(request, owner, "here", "web", key)


class Bench:
    """Run a dispatcher on a store that outlives it."""

    def __init__(self, store: Store) -> None:
        self.store, self.worker = store, FakeWorker()

    def dispatcher(self, caps: Caps = NO_CAPS) -> Dispatcher:
        self.worker = FakeWorker()
        return Dispatcher(self.store, [self.worker], caps)

    async def status(self, job: Job, *wanted: JobStatus) -> Job:
        async with asyncio.timeout(5):
            while (now := await self.store.jobs.get(job.id)).status not in wanted:
                await asyncio.sleep(0.001)
        return now

    async def begun(self, job: Job) -> Job:
        """Wait until the worker has a job: one that it never had costs no attempt."""
        job = await self.status(job, JobStatus.LEASED)
        async with asyncio.timeout(5):
            while (job.id, job.attempt) not in self.worker._renders:
                await asyncio.sleep(0.001)
        return job


@pytest.fixture
async def bench(tmp_path):
    async with Store(tmp_path) as store:
        yield Bench(store)


async def test_a_submitted_job_is_rendered_and_its_pictures_are_on_disk(bench):
    async with bench.dispatcher() as dispatcher:
        job = await dispatcher.submit(submission("a"))
        job = await bench.status(job, JobStatus.RENDERED)
    assert (job.attempt, job.seconds is not None) == (1, True)
    assert [(p.width, p.height, p.seed) for p in await bench.store.pictures(job.id)] == [(64, 64, 7)]


async def test_a_job_is_on_disk_when_submit_returns(bench):
    async with bench.dispatcher() as dispatcher:
        bench.worker.hang()
        job = await dispatcher.submit(submission("a"))
        assert (await bench.store.jobs.get(job.id)).request == job.request


async def test_the_same_key_is_one_job(bench):
    async with bench.dispatcher() as dispatcher:
        jobs = await asyncio.gather(*(dispatcher.submit(submission("a")) for _ in range(3)))
        await bench.status(jobs[0], JobStatus.RENDERED)
    assert len({job.id for job in jobs}) == 1


async def test_owners_take_turns(bench):
    order = []
    async with bench.dispatcher() as dispatcher:
        bench.worker.hang()
        jobs = [await dispatcher.submit(submission(f"ann{n}")) for n in range(3)]
        jobs.append(await dispatcher.submit(submission("bob0", "bob")))
        bench.worker._moving.set()
        for job in jobs:
            await bench.status(job, JobStatus.RENDERED)
        async with bench.store._database.read() as connection:
            rows = await connection.exec_driver_sql("SELECT job_id FROM pictures ORDER BY rowid")
            names = {job.id: job.key for job in jobs}
            order = [names[row.job_id] for row in rows]
    assert order.index("bob0") < order.index("ann2")


async def test_updates_tell_position_eta_steps_and_then_end(bench):
    async with bench.dispatcher() as dispatcher:
        first = await dispatcher.submit(submission("learn"))
        await bench.status(first, JobStatus.RENDERED)
        bench.worker.hang()
        running = await dispatcher.submit(submission("a", steps=4))
        waiting = await dispatcher.submit(submission("b"))
        await bench.status(running, JobStatus.LEASED)
        update = await anext(dispatcher.updates(waiting.id, 0.001))
        assert update.position == 1
        low, high = update.eta_s
        assert 0 < low < high
        bench.worker._say(Progress(running.id, 1, 1, 2, 4))
        async for update in dispatcher.updates(running.id, 0.001):
            if update.step:
                break
        assert (update.step, update.total, update.position) == (2, 4, None)
        bench.worker._moving.set()
        assert [update async for update in dispatcher.updates(waiting.id, 0.001)][-1].job.id == waiting.id
        assert [update async for update in dispatcher.updates(waiting.id, 0.001)] == []


async def test_a_queued_job_is_cancelled(bench):
    async with bench.dispatcher() as dispatcher:
        bench.worker.hang()
        await dispatcher.submit(submission("a"))
        job = await dispatcher.submit(submission("b"))
        assert (await dispatcher.cancel(job.id)).status is JobStatus.CANCELLED
        assert dispatcher.waiting == 0


async def test_a_running_job_is_cancelled_and_the_next_one_runs(bench):
    async with bench.dispatcher() as dispatcher:
        bench.worker.hang()
        running = await bench.status(await dispatcher.submit(submission("a")), JobStatus.LEASED)
        await dispatcher.cancel(running.id)
        bench.worker._moving.set()
        await bench.status(await dispatcher.submit(submission("b")), JobStatus.RENDERED)
        with pytest.raises(TransitionError):
            await dispatcher.cancel(running.id)
    assert (await bench.store.jobs.get(running.id)).status is JobStatus.CANCELLED


async def test_a_crash_costs_one_attempt(bench):
    async with bench.dispatcher() as dispatcher:
        bench.worker.hang()
        job = await bench.begun(await dispatcher.submit(submission("a")))
        await bench.worker.crash()
        job = await bench.status(job, JobStatus.RENDERED)
    assert job.attempt == 2


async def test_a_job_that_crashes_the_worker_twice_is_given_up_and_the_others_are_not(bench):
    async with bench.dispatcher() as dispatcher:
        bench.worker.hang()
        bad = await bench.begun(await dispatcher.submit(submission("bad")))
        good = await dispatcher.submit(submission("good"))
        await bench.worker.crash()
        bench.worker.hang()
        async with asyncio.timeout(5):
            while (await bench.store.jobs.get(bad.id)).attempt < 2:
                await asyncio.sleep(0.001)
        await bench.worker.crash()
        bad = await bench.status(bad, JobStatus.FAILED)
        await bench.status(good, JobStatus.RENDERED)
    assert bad.error == "worker_lost"


async def test_a_failure_in_the_render_ends_the_job_with_its_reason(bench):
    async with bench.dispatcher() as dispatcher:
        bench.worker.fail_next(OutOfMemory())
        job = await bench.status(await dispatcher.submit(submission("a")), JobStatus.FAILED)
        await bench.status(await dispatcher.submit(submission("b")), JobStatus.RENDERED)
    assert job.error == "out_of_memory"


async def test_events_of_an_old_epoch_or_attempt_are_dropped(bench):
    async with bench.dispatcher() as dispatcher:
        bench.worker.hang()
        job = await bench.status(await dispatcher.submit(submission("a")), JobStatus.LEASED)
        for stale in (Progress(job.id, 1, 0, 2, 3), Progress(job.id, 9, 1, 2, 3)):
            bench.worker._say(stale)
        bench.worker._say(Progress(job.id, 1, 1, 1, 3))
        async for update in dispatcher.updates(job.id, 0.001):
            if update.step:
                break
        assert update.step == 1


async def test_jobs_of_a_run_that_ended_are_taken_up_by_the_next(bench):
    async with bench.dispatcher() as dispatcher:
        bench.worker.hang()
        jobs = [await dispatcher.submit(submission(key)) for key in "abc"]
        await bench.status(jobs[0], JobStatus.LEASED)
    async with bench.dispatcher():
        for job in jobs:
            await bench.status(job, JobStatus.RENDERED)


async def test_a_job_that_ends_every_run_is_given_up_at_last(bench):
    job, _ = await bench.store.add(submission("a"))
    await bench.store.jobs.move(job.id, JobStatus.LEASED, attempt=5)
    async with bench.dispatcher():
        assert (await bench.store.jobs.get(job.id)).status is JobStatus.FAILED


async def test_caps_refuse_with_numbers_and_one_owner_s_cap_spares_the_others(bench):
    async with bench.dispatcher(Caps(max_waiting=4, max_waiting_per_owner=2, newcomers_share=1)) as dispatcher:
        bench.worker.hang()
        await bench.status(await dispatcher.submit(submission("run")), JobStatus.LEASED)
        for key in "ab":
            await dispatcher.submit(submission(key))
        with pytest.raises(QueueFull, match="owner_queue_full"):
            await dispatcher.submit(submission("c"))
        for key in "de":
            await dispatcher.submit(submission(key, "bob"))
        with pytest.raises(QueueFull) as caught:
            await dispatcher.submit(submission("f", "eve"))
    assert caught.value.facts == {"waiting": 4, "limit": 4}


async def test_the_state_is_told(tmp_path):
    worker = FakeWorker(warm_up_s=0.05)
    async with Store(tmp_path) as store, Dispatcher(store, [worker]) as dispatcher:
        assert dispatcher.state is EngineState.WARMING_UP
        async with asyncio.timeout(5):
            while dispatcher.state is not EngineState.READY:
                await asyncio.sleep(0.001)
        await worker.crash()
        async with asyncio.timeout(5):
            while dispatcher.state is not EngineState.RESTARTING:
                await asyncio.sleep(0.001)


async def test_a_full_disk_costs_time_but_no_picture(bench, monkeypatch):
    monkeypatch.setattr(engine.dispatch.storing, "STORE_RETRY_S", 0.001)
    add_pictures, refusals = bench.store.add_pictures, [StoreFailed(reason="full"), OSError("full"), StoreFailed()]

    async def refuse_first(*arguments):
        if refusals:
            raise refusals.pop()
        return await add_pictures(*arguments)

    monkeypatch.setattr(bench.store, "add_pictures", refuse_first)
    async with bench.dispatcher() as dispatcher:
        job = await dispatcher.submit(submission("a"))
        job = await bench.status(job, JobStatus.RENDERED)
    assert (refusals, job.attempt) == ([], 1)


async def test_a_redelivered_request_returns_its_job_although_the_queue_is_full(bench):
    async with bench.dispatcher(Caps(max_waiting=1, max_waiting_per_owner=1)) as dispatcher:
        bench.worker.hang()
        await bench.status(await dispatcher.submit(submission("run")), JobStatus.LEASED)
        waiting = await dispatcher.submit(submission("a"))
        assert (await dispatcher.submit(submission("a"))).id == waiting.id


async def test_the_newest_jobs_decide_about_the_speed_after_a_restart(bench):
    for number in range(20):
        job, _ = await bench.store.add(submission(str(number)))
        await bench.store.jobs.move(job.id, JobStatus.LEASED)
        await bench.store.add_pictures(job.id, [PICTURE], seconds=1.0 if number > 9 else 100.0)
    async with bench.dispatcher() as dispatcher:
        bench.worker.hang()
        job = await dispatcher.submit(submission("next"))
        [update] = dispatcher.owned("ann")
    assert update.job.id == job.id
    assert update.eta_s[0] < 15
    assert update.eta_s[1] < 50


async def test_a_crash_between_two_jobs_is_no_failure_to_load(bench):
    async with bench.dispatcher() as dispatcher:
        broken = asyncio.create_task(dispatcher.broken())
        await bench.status(await dispatcher.submit(submission("a")), JobStatus.RENDERED)
        next(iter(dispatcher._lanes)).refuse(1)  # as after a task that met a dead worker
        await bench.worker.crash()
        await bench.status(await dispatcher.submit(submission("b")), JobStatus.RENDERED)
        assert not broken.done()
        broken.cancel()


async def test_a_thousand_waiting_jobs_cost_little(bench):
    caps = Caps(max_waiting=2000, max_waiting_per_owner=2000)
    async with bench.dispatcher(caps) as dispatcher:
        bench.worker.hang()
        jobs = [await dispatcher.submit(submission(str(number), f"owner{number % 50}")) for number in range(300)]
        orders = []
        monkey = dispatcher._room._queue.order
        dispatcher._room._queue.order = lambda: orders.append(1) or monkey()
        for job in jobs:
            await anext(dispatcher.updates(job.id, 1))
    assert len(orders) <= 5, "the whole order is worked out for everybody at once"


async def learned(bench: Bench, seconds: float) -> None:
    """Let an earlier run have drawn a job."""
    job, _ = await bench.store.add(submission("earlier"))
    await bench.store.jobs.move(job.id, JobStatus.LEASED)
    await bench.store.add_pictures(job.id, [PICTURE], seconds=seconds)


async def test_a_queue_that_takes_too_long_is_closed_once_the_speed_is_known(bench):
    caps = Caps(max_waiting_minutes=1, newcomers_share=1)
    async with bench.dispatcher(caps) as dispatcher:
        bench.worker.hang()
        for number in range(5):
            await dispatcher.submit(submission(str(number)))
        for update in dispatcher.owned("ann"):
            await dispatcher.cancel(update.job.id)
    await learned(bench, seconds=70.0)
    async with bench.dispatcher(caps) as dispatcher:
        bench.worker.hang()
        await bench.status(await dispatcher.submit(submission("run")), JobStatus.LEASED)
        await dispatcher.submit(submission("a"))
        with pytest.raises(QueueFull) as caught:
            await dispatcher.submit(submission("b", "bob"))
    assert (caught.value.code, caught.value.facts) == ("queue_too_long", {"minutes": 1, "limit": 1})


async def test_a_server_s_cap_spares_the_others(bench):
    async with bench.dispatcher(Caps(max_waiting_per_server=1)) as dispatcher:
        bench.worker.hang()
        await bench.status(await dispatcher.submit(submission("run")), JobStatus.LEASED)
        await dispatcher.submit(replace(submission("a"), place="discord:1/2"))
        with pytest.raises(QueueFull, match="server_queue_full"):
            await dispatcher.submit(replace(submission("b", "bob"), place="discord:1/3"))
        await dispatcher.submit(replace(submission("c", "bob"), place="discord:10/3"))


async def test_a_server_s_weight_counts(bench):
    async with Dispatcher(bench.store, [bench.worker], NO_CAPS, {"discord:1": 3.0}) as dispatcher:
        bench.worker.hang()
        await bench.status(await dispatcher.submit(submission("run", "eve")), JobStatus.LEASED)
        for number in range(8):
            await dispatcher.submit(replace(submission(f"a{number}"), place="discord:1/2"))
            await dispatcher.submit(submission(f"b{number}", "bob"))
        order = [(await bench.store.jobs.get(job_id)).owner for job_id in list(dispatcher._room._queue.order())[:8]]
    assert order.count("ann") == 6
