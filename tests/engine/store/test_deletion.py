"""Deletion: what is deleted is gone from the disk, what others need stays, and today's use goes on to count."""

import os
import sqlite3
import time

import pytest

from engine.jobs import DAY_S, ENDED, JobStatus, Submission
from engine.request import InputPicture
from engine.requests import Img2Img
from engine.store.store import Store, TransitionError
from tests.engine.store.kept_jobs import PICTURE, Shelf, text


@pytest.fixture
async def shelf(tmp_path):
    async with Store(tmp_path) as store:
        yield Shelf(store, tmp_path)


def drawn_over(checksum: str) -> Img2Img:
    picture = InputPicture(sha256=checksum, width=64, height=64)
    return Img2Img(model="demo", prompt="a fox", picture=picture, width=64, height=64, steps=2, seed=7)


def make_old(shelf: Shelf, folder: str) -> None:
    for path in (shelf.root / folder).iterdir():
        os.utime(path, (time.time() - 2 * DAY_S,) * 2)


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.LEASED, JobStatus.RENDERED, *sorted(ENDED)])
async def test_only_what_is_over_is_deleted(shelf, status):
    job = await shelf.put(status=status)
    if status in ENDED:
        await shelf.store.delete(job.id)
        with pytest.raises(KeyError):
            await shelf.store.jobs.get(job.id)
    else:
        with pytest.raises(TransitionError):
            await shelf.store.delete(job.id)
        assert await shelf.store.jobs.get(job.id) == job


async def test_a_deleted_job_takes_its_files_along_and_no_others(shelf):
    gone, stays = await shelf.put(), await shelf.put()
    await shelf.store.delete(gone.id)
    assert shelf.files() == {f"{stays.id}-1.png"}
    assert (await shelf.store.pictures(gone.id), await shelf.store.pictures(stays.id)) == ([], [PICTURE])
    with pytest.raises(KeyError):
        await shelf.store.delete(gone.id)


async def test_what_was_deleted_is_not_in_the_database_s_file_any_more(shelf):
    job = await shelf.put(text("a very private fox"))
    await shelf.store.delete(job.id)
    with sqlite3.connect(shelf.root / "jobs.sqlite3") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"a very private fox" not in (shelf.root / "jobs.sqlite3").read_bytes()


async def test_an_input_goes_with_the_last_job_that_names_it(shelf):
    checksum = await shelf.store.keep_input(b"photo")
    first, second = [await shelf.put(drawn_over(checksum), owner=f"discord:{number}") for number in (1, 2)]
    await shelf.store.delete(first.id)
    assert shelf.inputs() == {checksum}
    await shelf.store.delete(second.id)
    assert shelf.inputs() == set()


async def test_an_input_that_somebody_just_sent_again_stays(shelf):
    checksum = await shelf.store.keep_input(b"photo")
    job = await shelf.put(drawn_over(checksum))
    await shelf.store.keep_input(b"photo")
    await shelf.store.delete(job.id)
    assert await shelf.store.inputs(drawn_over(checksum)) == {checksum: b"photo"}


async def test_an_input_that_a_held_job_no_longer_names_goes_with_the_next_sweep(shelf):
    old, new = await shelf.store.keep_input(b"old"), await shelf.store.keep_input(b"new")
    submission = Submission(drawn_over(old), "discord:1", "here", "web", "key")
    job, _ = await shelf.store.add(submission, hold=True)
    await shelf.store.change_request(job.id, drawn_over(new))
    make_old(shelf, "inputs")
    assert await shelf.store.remove_abandoned() == 1
    assert shelf.inputs() == {new}


async def test_abandoned_files_are_removed_after_a_day(shelf):
    job = await shelf.put(drawn_over(await shelf.store.keep_input(b"named")))
    await shelf.store.keep_input(b"refused")
    (shelf.root / "pictures" / "nobody-1.png").write_bytes(b"left by a crash")
    assert await shelf.store.remove_abandoned() == 0
    for folder in ("inputs", "pictures"):
        make_old(shelf, folder)
    shelf.store._expected = dict.fromkeys(shelf.store._expected, time.time() - 2 * DAY_S)
    assert await shelf.store.remove_abandoned() == 2
    assert (shelf.files(), len(shelf.inputs())) == ({f"{job.id}-1.png"}, 1)


async def test_forgetting_an_owner_deletes_what_is_over_and_the_settings(shelf):
    checksum = await shelf.store.keep_input(b"photo")
    for request in (None, drawn_over(checksum), None):
        await shelf.put(request)
    running, other = await shelf.put(status=JobStatus.LEASED), await shelf.put(owner="discord:12")
    for scope in ("owner:discord:1", "owner:discord:12"):
        await shelf.store.settings.put(scope, "language", "ru")
    assert await shelf.store.forget("discord:1") == 3
    assert await shelf.store.jobs.owned_by("discord:1") == [running]
    assert (shelf.files(), shelf.inputs()) == ({f"{other.id}-1.png"}, set())
    assert await shelf.store.settings.scopes("owner:") == ["owner:discord:12"]


async def test_more_jobs_than_one_transaction_deletes_are_forgotten(shelf, monkeypatch):
    monkeypatch.setattr("engine.store.store.DELETED_AT_ONCE", 2)
    for _ in range(5):
        await shelf.put()
    assert await shelf.store.forget("discord:1") == 5
    assert shelf.files() == set()


async def test_today_s_use_survives_deletion_and_yesterday_s_does_not_come_back(shelf):
    await shelf.put(text(count=3))
    one = await shelf.put(place="telegram:5")
    await shelf.put(age_s=2 * DAY_S)
    await shelf.put(status=JobStatus.FAILED)
    since = time.time() - DAY_S + 60
    await shelf.store.delete(one.id)
    await shelf.store.forget("discord:1")
    assert await shelf.store.history.used_since("discord:1", since) == 4
    assert await shelf.store.history.used_since("discord:1", since, server="telegram:5") == 1
    assert await shelf.store.history.used_since("discord:1", time.time() + 1) == 0


async def test_a_tally_is_gone_after_a_day(shelf):
    await shelf.put()
    await shelf.store.forget("discord:1")
    with sqlite3.connect(shelf.root / "jobs.sqlite3") as database:
        database.execute("UPDATE tallies SET until = ?", (time.time() - 1,))
    assert await shelf.store.history.used_since("discord:1", 0) == 0
    await shelf.store.expire(0)
    with sqlite3.connect(shelf.root / "jobs.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM tallies").fetchone() == (0,)


async def test_jobs_expire_by_their_age_and_server_unless_they_go_on(shelf):
    old = [await shelf.put(age_s=100, place=place) for place in ("discord:10/20", "discord:11/20")]
    going_on = await shelf.put(age_s=100, status=JobStatus.RENDERED)
    new = await shelf.put()
    assert await shelf.store.expire(time.time() - 50, server="discord:10") == 1
    assert {job.id for job in await shelf.store.jobs.owned_by("discord:1")} == {old[1].id, going_on.id, new.id}
    assert await shelf.store.expire(time.time() - 50) == 1
