"""A store that the program wrote before its rooms were built opens, and nothing in it is lost or done twice.

`former_store.zip` was written by that version, through its own service, and stopped in the middle: a job is posted, two
are rendered and not delivered, one is leased, one queued, one held for its mask; a person and a server have settings.
"""

import sqlite3
import time
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from bot.commands.buttons import Button
from bot.manner import Manner
from engine.jobs import JobStatus
from tests.bot.rules.rules_house import ANN, open_house, origin

FORMER = Path(__file__).with_name("former_store.zip")


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """Unpack the store as if it had been stopped a moment ago: a held job is forgotten after a week."""
    with zipfile.ZipFile(FORMER) as archive:
        archive.extractall(tmp_path)
    with closing(sqlite3.connect(tmp_path / "jobs.sqlite3")) as connection, connection:
        [[latest]] = connection.execute("select max(created_at) from jobs")
        connection.execute("update jobs set created_at = created_at + ?", (time.time() - latest,))
    return tmp_path


async def test_what_was_unfinished_is_finished_once_and_as_it_was_asked_for(former):
    async with open_house(former) as house:
        while waiting := await house.store.jobs.untold():
            await house.service.follow(waiting[0])
        jobs = {job.key: job for job in await house.store.jobs.with_status(list(JobStatus))}
    posted = {key for key, job in jobs.items() if job.status is JobStatus.POSTED}
    assert (posted, jobs["held"].status) == ({"k0", "rendered", "plain", "leased", "queued"}, JobStatus.HELD)
    delivered = [job.key for job in house.surface.delivered]
    assert sorted(delivered) == ["leased", "plain", "queued", "rendered"]  # not the one that was posted
    attempts = {key: job.attempt for key, job in jobs.items()}
    assert attempts == {"k0": 1, "held": 0, "rendered": 1, "plain": 1, "leased": 2, "queued": 1}
    assert Manner.of(jobs["queued"]) == Manner(language="de", private=True, moderated=True)
    assert Manner.of(jobs["k0"]).as_file
    assert Manner.of(jobs["plain"]) == Manner(language="en", moderated=True)


async def test_pictures_settings_masks_and_buttons_of_before_work_on(former):
    async with open_house(former) as house:
        held, job = await house.store.jobs.by_key("held"), await house.store.jobs.by_key("k0")
        visit = await house.service.visit(origin(**ANN))
        shown = await house.answer("show", ANN, job=f"{job.id}.2")
        assert shown.pictures == ((await house.store.pictures(job.id))[1],)
        assert (visit.settings.language, visit.settings.private) == ("de", True)
        assert (visit.settings.bounds[1].per_day, visit.settings.bounds[1].blocked_words) == (50, ["fox"])
        released = await house.decide(Button("go", held.id), origin(**ANN))
        await house.service.follow_anew(released)
        assert (await house.store.jobs.get(held.id)).status is JobStatus.POSTED
