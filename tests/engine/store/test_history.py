"""What the store tells of what was asked for: history, use and statistics."""

import time

import pytest

from engine.jobs import JobStatus
from engine.request import Part
from engine.requests import Morph
from engine.store.store import Statistics, Store
from tests.engine.every_mode import REQUESTS
from tests.engine.store.kept_jobs import PICTURE, Shelf, text


@pytest.fixture
async def shelf(tmp_path):
    async with Store(tmp_path) as store:
        yield Shelf(store, tmp_path)


async def test_an_owner_s_history_is_the_owner_s_newest_first_in_whatever_state(shelf):
    jobs = [await shelf.put(status=status, age_s=age) for age, status in enumerate(JobStatus) if status in STATES]
    await shelf.put(owner="discord:2")
    assert await shelf.store.history.latest("discord:1", limit=3) == sorted(jobs, key=lambda job: -job.created_at)[:3]
    assert await shelf.store.jobs.owned_by("discord:1") == sorted(jobs, key=lambda job: job.created_at)


STATES = (JobStatus.QUEUED, JobStatus.LEASED, JobStatus.POSTED, JobStatus.FAILED, JobStatus.CANCELLED)


async def test_recent_prompts_are_distinct_and_newest_first(shelf):
    ends = {"start": Part(text="a"), "end": Part(text="b")}
    for age, request in enumerate([text("a fox"), Morph(model="demo", **ends), text("лис"), text("a fox"), text("狐")]):
        await shelf.put(request, age_s=age)
    await shelf.put(text("not mine"), owner="discord:2")
    assert await shelf.store.history.prompts("discord:1") == ["a fox", "лис", "狐"]
    assert await shelf.store.history.prompts("discord:1", limit=2) == ["a fox", "лис"]


async def test_use_counts_the_pictures_of_every_mode_as_its_request_does(shelf):
    used = []
    for request in REQUESTS:
        await shelf.put(request, owner=request.mode, status=JobStatus.QUEUED)
        used.append(await shelf.store.history.used_since(request.mode, 0))
    assert used == [request.pictures_counted() for request in REQUESTS]


async def test_a_search_for_what_is_to_be_repainted_is_nobody_s_history(shelf):
    for request in REQUESTS:
        await shelf.put(request, status=JobStatus.QUEUED)
    shown = {job.request.mode for job in await shelf.store.history.latest("discord:1", limit=20)}
    assert shown == {request.mode for request in REQUESTS if request.draws}


async def test_use_leaves_out_failures_and_what_was_cancelled_before_it_was_begun(shelf):
    for status in (JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.QUEUED, JobStatus.LEASED):
        await shelf.put(status=status)
    begun = await shelf.put(status=JobStatus.LEASED)
    await shelf.store.jobs.move(begun.id, JobStatus.CANCELLED)
    assert await shelf.store.history.used_since("discord:1", 0) == 3


async def test_use_is_counted_since_a_time_and_on_a_server(shelf):
    await shelf.put(age_s=100)
    for place in ("discord:10/21", "discord:10", "discord:100/20", "discord:1/20", "telegram:-100/7"):
        await shelf.put(place=place)
    assert await shelf.store.history.used_since("discord:1", time.time() - 50) == 5
    assert await shelf.store.history.used_since("discord:1", 0, server="discord:10") == 3
    assert await shelf.store.history.used_since("discord:2", 0) == 0


async def test_statistics_count_what_was_asked_for_and_how_long_it_took(shelf):
    for waited_s in range(1, 11):
        await shelf.put(text(count=2), waited_s=waited_s)
    await shelf.put(status=JobStatus.FAILED)
    await shelf.put(owner="discord:2", place="discord:11/1", waited_s=3)
    await shelf.put(age_s=1000)
    since = time.time() - 500
    statistics = await shelf.store.history.statistics(since, server="discord:10")
    assert (statistics.jobs, statistics.pictures, statistics.failed, statistics.seconds) == (11, 20, 1, 20.0)
    assert (statistics.wait_s, statistics.wait_p90_s) == (pytest.approx(5.5), pytest.approx(9.1))
    assert (await shelf.store.history.statistics(since)).jobs == 12
    assert (await shelf.store.history.statistics(since, owner="discord:2")).jobs == 1
    assert await shelf.store.history.statistics(time.time() + 1) == Statistics(0, 0, 0, 0.0, None, None)


async def test_the_end_of_a_job_is_timed(shelf):
    before = time.time()
    store = shelf.store
    job = await shelf.put(status=JobStatus.LEASED)
    job = await store.add_pictures(job.id, [PICTURE], 1.0)
    assert before <= job.finished_at <= time.time()
    await store.jobs.move(job.id, JobStatus.POSTING)
    assert (await store.jobs.move(job.id, JobStatus.FAILED)).finished_at == job.finished_at, "it was rendered then"
    assert (await shelf.put(status=JobStatus.FAILED)).finished_at
    assert (await shelf.put(status=JobStatus.CANCELLED)).finished_at is None


async def test_a_place_names_its_server(shelf):
    places = {"discord:123/456": "discord:123", "telegram:-100/7": "telegram:-100", "web": "web"}
    assert {place: (await shelf.put(place=place)).server for place in places} == places
    assert await shelf.store.jobs.servers() == set(places.values())


async def test_the_questions_of_each_request_use_an_index(shelf):
    async with shelf.store._database.read() as connection:
        for condition in ("owner = ? AND created_at >= ?", "place >= ? AND place < ?", "created_at >= ?"):
            plan = f"EXPLAIN QUERY PLAN SELECT * FROM jobs WHERE {condition}"
            rows = await connection.exec_driver_sql(plan, tuple("1" * condition.count("?")))
            assert "USING INDEX" in rows.one().detail
