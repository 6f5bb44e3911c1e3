"""The store: what it returned from is on disk, and only the table's transitions happen."""

import sqlite3
import traceback
from pathlib import Path
from secrets import token_hex

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import create_engine, inspect

import engine
from engine.errors import EngineError, PictureDamaged
from engine.events import Picture
from engine.jobs import TRANSITIONS, JobStatus, Submission
from engine.request import InputPicture
from engine.requests import Img2Img, Text2Image
from engine.store.store import Store, StoreUnusable, TransitionError
from engine.store.tables import metadata

REQUEST = Text2Image(model="demo", prompt="a red circle — 红", width=128, height=128, steps=4, guidance_scale=4, seed=7)
PICTURE = Picture(b"\x89PNG bytes", "image/png", 128, 128, 7)


def submission(key: str = "k1", owner: str = "ann") -> Submission:
    return Submission(REQUEST, owner, "here", "web", key, {"chat": 1})


@pytest.fixture
async def store(tmp_path):
    async with Store(tmp_path) as store:
        yield store


async def test_a_job_survives_the_process(tmp_path):
    async with Store(tmp_path) as store:
        job, new = await store.add(submission())
    async with Store(tmp_path) as store:
        assert new
        assert await store.jobs.get(job.id) == job
        assert (job.request, job.address, job.status) == (REQUEST, {"chat": 1}, JobStatus.QUEUED)


async def test_the_same_key_is_the_same_job(store):
    first, _ = await store.add(submission("k"))
    second, new = await store.add(submission("k", owner="bob"))
    assert (second, new) == (first, False)


@pytest.mark.parametrize(("before", "after"), [(a, b) for a in JobStatus for b in JobStatus])
async def test_only_the_table_s_transitions_happen(store, tmp_path, before, after):
    job, _ = await store.add(submission())
    with sqlite3.connect(tmp_path / "jobs.sqlite3") as database:
        database.execute("UPDATE jobs SET status = ?", (before,))
    if after in TRANSITIONS[before]:
        assert (await store.jobs.move(job.id, after)).status is after
    else:
        with pytest.raises(TransitionError):
            await store.jobs.move(job.id, after)
        assert (await store.jobs.get(job.id)).status is before


async def test_pictures_and_their_job_are_committed_together(store):
    job, _ = await store.add(submission())
    await store.jobs.move(job.id, JobStatus.LEASED, attempt=1)
    job = await store.add_pictures(job.id, [PICTURE, PICTURE], seconds=1.5)
    assert (job.status, job.seconds) == (JobStatus.RENDERED, 1.5)
    assert await store.pictures(job.id) == [PICTURE, PICTURE]
    assert [found.id for found in await store.jobs.untold()] == [job.id]


async def test_pictures_of_a_cancelled_job_are_not_kept(store):
    job, _ = await store.add(submission())
    await store.jobs.move(job.id, JobStatus.CANCELLED)
    with pytest.raises(TransitionError):
        await store.add_pictures(job.id, [PICTURE], seconds=1)
    assert await store.pictures(job.id) == []


async def test_a_damaged_picture_is_noticed(store, tmp_path):
    job, _ = await store.add(submission())
    await store.jobs.move(job.id, JobStatus.LEASED)
    await store.add_pictures(job.id, [PICTURE], seconds=1)
    (tmp_path / "pictures" / f"{job.id}-1.png").write_bytes(b"other")
    with pytest.raises(EngineError, match="picture_damaged"):
        await store.pictures(job.id)


async def test_the_disk_is_waited_for(store):
    async with store._database.read() as connection:
        modes = [
            (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")
        ]
    assert modes == ["wal", 2]


async def test_the_migrations_make_the_tables_that_the_code_uses(store):
    async with store._database.read() as connection:
        made = await connection.run_sync(
            lambda c: {name: {column["name"] for column in inspect(c).get_columns(name)} for name in metadata.tables}
        )
    assert made == {name: set(table.columns.keys()) for name, table in metadata.tables.items()}


async def test_a_start_that_ends_within_a_migration_leaves_nothing_half_done(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.create_index", lambda *_: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(StoreUnusable, match="killed"):
            await Store(tmp_path).__aenter__()
    async with Store(tmp_path) as store:
        await store.add(submission())


async def test_a_folder_that_cannot_be_used_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnusable):
        await Store(tmp_path / "file").__aenter__()
    (tmp_path / "jobs.sqlite3").write_bytes(b"no database" * 100)
    with pytest.raises(StoreUnusable, match="not a database"):
        await Store(tmp_path).__aenter__()


async def test_an_error_of_the_database_quotes_no_address(store, tmp_path):
    job, _ = await store.add(submission())
    async with store._database.write() as connection:
        await connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE UPDATE ON jobs BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    secret = token_hex()
    with pytest.raises(EngineError, match="disk full") as caught:
        await store.jobs.change_address(job.id, {"token": secret})
    assert secret not in "".join(traceback.format_exception(caught.value))


async def test_a_cancelled_job_leaves_no_picture_file(store, tmp_path):
    job, _ = await store.add(submission())
    await store.jobs.move(job.id, JobStatus.CANCELLED)
    with pytest.raises(TransitionError):
        await store.add_pictures(job.id, [PICTURE], seconds=1)
    assert list((tmp_path / "pictures").iterdir()) == []


async def test_a_picture_whose_file_is_gone_is_noticed(store, tmp_path):
    job, _ = await store.add(submission())
    await store.jobs.move(job.id, JobStatus.LEASED)
    await store.add_pictures(job.id, [PICTURE], seconds=1)
    (tmp_path / "pictures" / f"{job.id}-1.png").unlink()
    with pytest.raises(PictureDamaged):
        await store.pictures(job.id)


async def test_a_database_of_the_version_before_is_brought_up_to_date(tmp_path):
    old = AlembicConfig()
    old.set_main_option("script_location", str(Path(engine.__file__).parent / "store" / "migrations"))
    photo = InputPicture(sha256="a" * 64, width=64, height=64)
    request = Img2Img(model="demo", prompt="x", picture=photo, width=64, height=64, steps=2, guidance_scale=4, seed=1)
    with create_engine(f"sqlite:///{tmp_path / 'jobs.sqlite3'}").begin() as connection:
        old.attributes["connection"] = connection
        command.upgrade(old, "0002")
        connection.exec_driver_sql(
            "INSERT INTO jobs (id, key, owner, place, surface, address, request, status, created_at) "
            "VALUES ('1', 'k', 'ann', 'here', 'web', '{}', ?, 'posted', 1.0)",
            (request.model_dump_json(),),
        )
    async with Store(tmp_path) as store:
        assert (await store.jobs.get("1")).request == request
        async with store._database.read() as connection:
            rows = await connection.exec_driver_sql("SELECT job_id, sha256 FROM inputs")
            assert [tuple(row) for row in rows] == [("1", "a" * 64)]
