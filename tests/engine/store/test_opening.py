"""Opening a store that something happened to: a sentence with a way out, and nothing is deleted."""

import os
import sqlite3
from contextlib import closing

import pytest
from structlog.testing import capture_logs

from bot.words import replies
from bot.words.localisation import LANGUAGES, speaking
from engine.errors import EngineError
from engine.store.store import Store, StoreUnusable
from tests.engine.store.kept_jobs import Shelf


@pytest.fixture
async def root(tmp_path):
    """Leave a store behind that has a job with a picture."""
    async with Store(tmp_path / "store") as store:
        await Shelf(store, tmp_path / "store").put()
    return tmp_path / "store"


async def refused(root) -> StoreUnusable:
    with pytest.raises(StoreUnusable) as caught:
        await Store(root).__aenter__()
    return caught.value


def pictures(root) -> list[str]:
    return sorted(path.name for path in (root / "pictures").iterdir())


def changed(root, *statements: str) -> None:
    with closing(sqlite3.connect(root / "jobs.sqlite3")) as database, database:
        for statement in statements:
            database.execute(statement)


def no_database(root):
    (root / "jobs.sqlite3").write_bytes(b"no database" * 1000)


def torn(root):
    with (root / "jobs.sqlite3").open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(3 * 4096))


def newer(root):
    changed(root, "UPDATE alembic_version SET version_num = '9999'")


def a_folder(root):
    (root / "jobs.sqlite3").unlink()
    (root / "jobs.sqlite3").mkdir()


def gone(root):
    (root / "jobs.sqlite3").unlink()


def emptied(root):
    (root / "jobs.sqlite3").write_bytes(b"")


FAULTS = {
    no_database: ("store_damaged", "backup"),
    torn: ("store_damaged", "backup"),
    newer: ("store_newer", "Install that version"),
    a_folder: ("store_unusable", "Is a directory"),
    gone: ("store_lost", "backup"),
    emptied: ("store_lost", "backup"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_it_is_said_in_a_sentence_and_no_picture_is_touched(root, fault):
    before = pictures(root)
    fault(root)
    code, words = FAULTS[fault]
    for _ in range(2):  # being refused mends nothing by itself, and leaves the folder free
        error = await refused(root)
        assert error.code == code
        assert words in replies.error(error)
        assert "jobs.sqlite3" in replies.error(error)
    assert pictures(root) == before


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", ["store_damaged", "store_newer", "store_lost", "input_damaged"])
def test_the_sentences_are_there_in_every_language(language, code):
    with speaking(language):
        assert replies.error(EngineError(code, file="F", folder="D", reason="R")) != replies.error(EngineError())


async def test_a_database_that_was_put_back_has_everything(root):
    kept = (root / "jobs.sqlite3").read_bytes()
    gone(root)
    await refused(root)
    (root / "jobs.sqlite3").write_bytes(kept)
    async with Store(root) as store:
        [job] = await store.jobs.owned_by("discord:1")
        assert await store.pictures(job.id)


async def test_being_refused_throws_away_no_log_of_the_lost_database(root):
    """SQLite deletes a write-ahead log that it finds beside an empty database."""
    gone(root)
    (root / "jobs.sqlite3-wal").write_bytes(b"what was committed last")
    await refused(root)
    assert (root / "jobs.sqlite3-wal").read_bytes() == b"what was committed last"


async def test_pictures_are_left_alone_while_the_database_knows_no_job(root):
    """As where a version before this one began an empty database in the lost one's place."""
    for path in (root / "pictures").iterdir():
        os.utime(path, (1, 1))
    changed(root, "DELETE FROM jobs", "DELETE FROM pictures")
    async with Store(root) as store:
        with capture_logs() as logs:
            assert await store.remove_abandoned() == 0
        assert [line["event"] for line in logs] == ["pictures_without_jobs_left_alone"]
        assert pictures(root)
        await Shelf(store, root).put()
        assert await store.remove_abandoned() == 1


async def test_a_job_that_this_version_cannot_read_stops_nobody(root):
    changed(root, "UPDATE jobs SET request = json_set(request, '$.mode', 'hologram')")
    async with Store(root) as store:
        job = await Shelf(store, root).put()
        with capture_logs() as logs:
            assert [kept.id for kept in await store.jobs.owned_by("discord:1")] == [job.id]
            assert [kept.id for kept in await store.history.latest("discord:1")] == [job.id]
        assert [line["event"] for line in logs] == ["job_unreadable"] * 2


async def test_what_an_earlier_run_left_half_written_goes(root):
    (root / "inputs" / "abc.png.x1y2.part").write_bytes(b"half")
    (root / "pictures" / "abc-1.part").write_bytes(b"half")
    async with Store(root):
        assert not [*root.rglob("*.part")]


async def test_a_new_store_begins_in_a_folder_that_an_interrupted_start_left(tmp_path):
    for name in ("pictures", "inputs"):
        (tmp_path / name).mkdir()
    (tmp_path / "jobs.sqlite3").touch()
    async with Store(tmp_path) as store:
        await Shelf(store, tmp_path).put()


@pytest.mark.parametrize("name", ["pictures", "inputs", "lock"])
async def test_something_else_in_place_of_what_a_store_needs_is_said(root, name):
    path = root / name
    path.rename(root / "moved")
    path.mkdir() if name == "lock" else path.touch()
    error = await refused(root)
    assert str(path) in replies.error(error)


async def test_a_folder_that_cannot_be_read_is_said(root, monkeypatch):
    def refuse(folder):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(os, "scandir", refuse)
    assert "Permission denied" in replies.error(await refused(root))
    monkeypatch.undo()
    async with Store(root):
        pass  # what was refused left no lock
