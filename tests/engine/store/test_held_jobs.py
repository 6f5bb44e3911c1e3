"""Held jobs: on the disk and under the caps, drawn only after their person's word."""

import asyncio
import sqlite3

import pytest

from engine.dispatch.caps import Caps
from engine.errors import QueueFull
from engine.jobs import JobStatus
from engine.store.store import Store, TransitionError
from tests.engine.dispatch.test_dispatcher import Bench, submission


@pytest.fixture
async def bench(tmp_path):
    async with Store(tmp_path) as store:
        yield Bench(store)


async def test_a_held_job_is_drawn_once_it_is_released(bench):
    async with bench.dispatcher() as dispatcher:
        held = await dispatcher.submit(submission("a"), hold=True)
        await bench.status(await dispatcher.submit(submission("b")), JobStatus.RENDERED)
        assert (await bench.store.jobs.get(held.id)).status is JobStatus.HELD
        assert (await dispatcher.release(held.id)).status is JobStatus.QUEUED
        await bench.status(held, JobStatus.RENDERED)


async def test_a_held_job_survives_a_restart_and_nobody_is_told_of_it(bench):
    async with bench.dispatcher() as dispatcher:
        held = await dispatcher.submit(submission("a"), hold=True)
    assert await bench.store.jobs.untold() == []
    async with bench.dispatcher() as dispatcher:
        assert dispatcher.held("ann") == [held]
        await dispatcher.release(held.id)
        await bench.status(held, JobStatus.RENDERED)


async def test_what_a_held_job_asks_for_is_changed_and_what_a_queued_one_asks_for_is_not(bench):
    async with bench.dispatcher() as dispatcher:
        bench.worker.hang()
        held = await dispatcher.submit(submission("a"), hold=True)
        changed = held.request.model_copy(update={"prompt": "other"})
        assert (await dispatcher.change_request(held.id, changed)).request == changed
        assert (await dispatcher.release(held.id)).request == changed
        with pytest.raises(TransitionError):
            await dispatcher.change_request(held.id, held.request)
        assert (await bench.store.jobs.get(held.id)).request == changed


async def test_only_a_held_job_is_released_and_only_once(bench):
    async with bench.dispatcher() as dispatcher:
        bench.worker.hang()
        running = await bench.status(await dispatcher.submit(submission("a")), JobStatus.LEASED)
        held = await dispatcher.submit(submission("b"), hold=True)
        await dispatcher.release(held.id)
        for job in (running, held):
            with pytest.raises(TransitionError):
                await dispatcher.release(job.id)
        assert dispatcher.waiting == 1


async def test_a_held_job_is_cancelled(bench):
    async with bench.dispatcher() as dispatcher:
        held = await dispatcher.submit(submission("a"), hold=True)
        assert (await dispatcher.cancel(held.id)).status is JobStatus.CANCELLED
        assert dispatcher.held("ann") == []
        with pytest.raises(TransitionError):
            await dispatcher.release(held.id)


async def test_held_jobs_count_towards_their_owner_s_cap_and_the_same_key_is_one_job(bench):
    async with bench.dispatcher(Caps(max_waiting_per_owner=2)) as dispatcher:
        held = [await dispatcher.submit(submission(key), hold=True) for key in "ab"]
        with pytest.raises(QueueFull, match="owner_queue_full"):
            await dispatcher.submit(submission("c"), hold=True)
        assert (await dispatcher.submit(submission("b"), hold=True)).id == held[1].id


async def test_updates_of_a_held_job_begin_with_its_release(bench):
    async with bench.dispatcher() as dispatcher:
        bench.worker.hang()
        held = await dispatcher.submit(submission("a"), hold=True)
        update = asyncio.ensure_future(anext(dispatcher.updates(held.id, 0.001)))
        await asyncio.sleep(0.01)
        assert not update.done()
        await dispatcher.release(held.id)
        assert (await update).job.status in (JobStatus.QUEUED, JobStatus.LEASED)


async def test_updates_of_a_held_job_end_with_its_cancellation(bench):
    async with bench.dispatcher() as dispatcher:
        held = await dispatcher.submit(submission("a"), hold=True)
        updates = asyncio.ensure_future(anext(dispatcher.updates(held.id, 0.001), None))
        await asyncio.sleep(0.01)
        await dispatcher.cancel(held.id)
        assert await updates is None


async def test_one_that_is_left_alone_for_a_week_is_cancelled_without_a_word(bench, tmp_path):
    async with bench.dispatcher() as dispatcher:
        old = await dispatcher.submit(submission("a"), hold=True)
        new = await dispatcher.submit(submission("b"), hold=True)
    with sqlite3.connect(tmp_path / "jobs.sqlite3") as database:
        database.execute("UPDATE jobs SET created_at = created_at - 8 * 86400 WHERE id = ?", (old.id,))
    async with bench.dispatcher() as dispatcher:
        old = await bench.store.jobs.get(old.id)
        assert (old.status, old.told, dispatcher.held("ann")) == (JobStatus.CANCELLED, True, [new])


async def test_where_a_held_job_is_answered_may_change(bench):
    async with bench.dispatcher() as dispatcher:
        bench.worker.hang()
        held = await dispatcher.submit(submission("a"), hold=True)
        await dispatcher.change_address(held.id, {"message": 2})
        assert (await dispatcher.release(held.id)).address == {"message": 2}
