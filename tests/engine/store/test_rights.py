"""Who may read a store: its own user, and nobody else on the machine."""

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from engine.jobs import JobStatus
from engine.store.durable import close_to_others
from engine.store.store import Store
from tests.engine.store.kept_jobs import Shelf


@pytest.fixture(autouse=True)
def _usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def rights(root: Path) -> dict[str, int]:
    paths = [root, *root.rglob("*")]
    return {path.name: path.stat().st_mode & 0o077 for path in paths}


async def test_nobody_else_can_read_a_store(tmp_path):
    root = tmp_path / "deep" / "store"
    async with Store(root) as store:
        await store.keep_input(b"picture")
        await Shelf(store, root).put(status=JobStatus.RENDERED)
        found = rights(root)
    assert {"jobs.sqlite3", "jobs.sqlite3-wal", "jobs.sqlite3-shm", "pictures", "inputs", "lock"} < set(found)
    assert {name: mode for name, mode in found.items() if mode} == {}
    assert (tmp_path / "deep").stat().st_mode & 0o777 == 0o755, "what is above it is not its own"


async def test_a_store_of_an_earlier_version_is_closed_and_that_is_said(tmp_path):
    root = tmp_path / "store"
    async with Store(root):
        pass
    for path in (root, root / "pictures", root / "inputs"):
        path.chmod(0o755)
    (root / "jobs.sqlite3").chmod(0o644)
    with capture_logs() as logs:
        async with Store(root) as store:
            await Shelf(store, root).put()
            assert not any(rights(root).values())
    [line] = [line for line in logs if line["event"] == "store_closed_to_others"]
    assert len(line["were_open"]) == 4
    with capture_logs() as logs:
        async with Store(root):
            pass
    assert not [line for line in logs if "others" in line["event"]]


async def test_a_store_that_belongs_to_somebody_else_is_used_as_it_is(tmp_path, monkeypatch):
    root = tmp_path / "store"
    root.mkdir(mode=0o755)
    monkeypatch.setattr(Path, "chmod", lambda *_: (_ for _ in ()).throw(PermissionError(1, "Operation not permitted")))
    with capture_logs() as logs:
        async with Store(root) as store:
            await Shelf(store, root).put()
    [line] = [line for line in logs if line["event"] == "store_open_to_others"]
    assert line["reason"] == "Operation not permitted"


def test_a_folder_that_all_share_stays_as_it_is(tmp_path):
    tmp_path.chmod(0o1777)
    assert not close_to_others(tmp_path)
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777
