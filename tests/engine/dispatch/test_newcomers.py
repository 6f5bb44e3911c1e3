"""People who never had a picture here have a share of the queue, and those who are known the rest."""

import time

import pytest

from engine.dispatch.caps import Caps
from engine.errors import QueueFull
from engine.jobs import JobStatus
from engine.store.store import Store
from tests.engine.dispatch.test_dispatcher import PICTURE, Bench, submission


@pytest.fixture
async def bench(tmp_path):
    async with Store(tmp_path) as store:
        yield Bench(store)


async def known(bench: Bench, owner: str, ago_s: float) -> None:
    """Let somebody have had a picture so long ago."""
    job, _ = await bench.store.add(submission(f"{owner} before", owner))
    await bench.store.jobs.move(job.id, JobStatus.LEASED)
    await bench.store.add_pictures(job.id, [PICTURE], seconds=1.0)
    await bench.store.jobs.move(job.id, JobStatus.POSTING)
    await bench.store.jobs.move(job.id, JobStatus.POSTED)
    async with bench.store._database.write() as connection:
        await connection.exec_driver_sql("UPDATE jobs SET finished_at = ? WHERE id = ?", (time.time() - ago_s, job.id))


async def test_a_flood_of_new_names_leaves_room_for_those_who_are_known(bench):
    await known(bench, "ann", 3600)
    await known(bench, "new", 60)
    async with bench.dispatcher(Caps(max_waiting=20, max_waiting_minutes=0)) as dispatcher:
        bench.worker.hang()
        await bench.status(await dispatcher.submit(submission("run", "ann")), JobStatus.LEASED)
        for number in range(10):
            await dispatcher.submit(submission(f"flood{number}", f"name{number}"))
        for owner in ("name11", "new", "name0"):
            with pytest.raises(QueueFull) as caught:
                await dispatcher.submit(submission(f"one more of {owner}", owner))
            assert (caught.value.code, caught.value.facts) == ("newcomers_full", {"waiting": 10})
        for number in range(10):
            await dispatcher.submit(submission(f"ann{number}", "ann"))
        with pytest.raises(QueueFull, match="queue_full"):
            await dispatcher.submit(submission("ann too many", "ann"))


async def test_who_is_new_is_not_asked_while_there_is_room(bench, monkeypatch):
    monkeypatch.setattr(bench.store.history, "known", None)
    async with bench.dispatcher(Caps(max_waiting=20)) as dispatcher:
        bench.worker.hang()
        await bench.status(await dispatcher.submit(submission("run")), JobStatus.LEASED)
        for number in range(10):
            await dispatcher.submit(submission(str(number)))


@pytest.mark.parametrize(("ago_s", "fits"), [(None, 20), (60, 20), (3600, 10)])
async def test_newcomers_have_the_whole_queue_until_somebody_is_known(bench, ago_s, fits):
    if ago_s is not None:
        await known(bench, "ann", ago_s)
    async with bench.dispatcher(Caps(max_waiting=20, max_waiting_minutes=0)) as dispatcher:
        bench.worker.hang()
        await bench.status(await dispatcher.submit(submission("run", "first")), JobStatus.LEASED)
        for number in range(fits):
            await dispatcher.submit(submission(f"new{number}", f"name{number}"))
        with pytest.raises(QueueFull):
            await dispatcher.submit(submission("too many", "late"))
