"""What the disk does to a running store: each fault is one word, and costs no more than it must."""

import errno
import os
import sqlite3
from pathlib import Path

import pytest

import engine.store.files
from engine.errors import PictureDamaged, StoreFailed
from engine.events import Picture
from engine.jobs import JobStatus
from engine.request import InputPicture
from engine.requests import Img2Img
from engine.store.store import Store
from tests.engine.store.kept_jobs import PICTURE, Shelf

PNG = b"\x89PNG of a person"


@pytest.fixture
async def shelf(tmp_path):
    async with Store(tmp_path / "store") as store:
        yield Shelf(store, tmp_path / "store")


def about(checksum: str) -> Img2Img:
    photo = InputPicture(sha256=checksum, width=64, height=64)
    return Img2Img(model="demo", prompt="x", picture=photo, width=64, height=64, steps=2, guidance_scale=4, seed=1)


def unreadable(path: Path, monkeypatch) -> None:
    read = Path.read_bytes

    def refuse(self: Path) -> bytes:
        if self == path:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return read(self)

    monkeypatch.setattr(Path, "read_bytes", refuse)


def broken(path: Path, monkeypatch) -> None:
    monkeypatch.setattr(Path, "read_bytes", lambda self: (_ for _ in ()).throw(OSError(errno.EIO, "I/O error")))


def a_folder(path: Path, monkeypatch) -> None:
    path.unlink()
    path.mkdir()


def cut_off(path: Path, monkeypatch) -> None:
    path.write_bytes(path.read_bytes()[:3])


@pytest.mark.parametrize("fault", [unreadable, broken, a_folder, cut_off], ids=lambda fault: fault.__name__)
async def test_a_file_that_cannot_be_read_is_a_damaged_picture(shelf, fault, monkeypatch):
    checksum = await shelf.store.keep_input(PNG)
    job = await shelf.put(status=JobStatus.RENDERED)
    with monkeypatch.context() as patch:
        fault(shelf.root / "inputs" / f"{checksum}.png", patch)
        with pytest.raises(PictureDamaged) as caught:
            await shelf.store.inputs(about(checksum))
    assert caught.value.code == "input_damaged", "it was not drawn: the person sent it"
    with monkeypatch.context() as patch:
        fault(shelf.root / "pictures" / f"{job.id}-1.png", patch)
        with pytest.raises(PictureDamaged) as caught:
            await shelf.store.pictures(job.id)
    assert caught.value.code == "picture_damaged"


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
async def test_what_the_whole_machine_lacks_is_no_fault_of_the_file(shelf, number, monkeypatch):
    job = await shelf.put(status=JobStatus.RENDERED)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", lambda self: (_ for _ in ()).throw(OSError(number, "lacking")))
        with pytest.raises(StoreFailed):
            await shelf.store.pictures(job.id)
    assert await shelf.store.pictures(job.id) == [PICTURE]


async def test_a_damaged_input_is_mended_by_sending_it_again(shelf):
    checksum = await shelf.store.keep_input(PNG)
    (shelf.root / "inputs" / f"{checksum}.png").write_bytes(b"")
    assert await shelf.store.keep_input(PNG) == checksum
    assert await shelf.store.inputs(about(checksum)) == {checksum: PNG}


async def test_the_same_picture_sent_twice_at_once_is_kept(shelf):
    import asyncio

    for number in range(20):
        data = PNG + str(number).encode()
        first, second = await asyncio.gather(shelf.store.keep_input(data), shelf.store.keep_input(data))
        assert first == second
        assert await shelf.store.inputs(about(first)) == {first: data}


@pytest.mark.parametrize("name", ["pictures", "inputs"])
async def test_a_folder_that_is_gone_is_made_again(shelf, name):
    (shelf.root / name).rmdir()
    checksum = await shelf.store.keep_input(PNG)
    job = await shelf.put(about(checksum), status=JobStatus.RENDERED)
    assert await shelf.store.pictures(job.id) == [PICTURE]
    assert (shelf.root / name).stat().st_mode & 0o777 == 0o700


async def test_a_full_disk_is_a_word_and_leaves_no_half_file(shelf, monkeypatch):
    job = await shelf.put(status=JobStatus.LEASED)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda number: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left")))
        with pytest.raises(StoreFailed, match="No space left"):
            await shelf.store.keep_input(PNG)
        with pytest.raises(StoreFailed, match="No space left"):
            await shelf.store.add_pictures(job.id, [PICTURE], 1.0)
    assert shelf.files() == shelf.inputs() == set()
    await shelf.store.add_pictures(job.id, [PICTURE], 1.0)
    assert await shelf.store.pictures(job.id) == [PICTURE]


async def test_what_cannot_be_read_from_the_database_is_a_word(shelf):
    with sqlite3.connect(shelf.root / "jobs.sqlite3") as database:
        database.execute("ALTER TABLE settings RENAME TO gone")
    with pytest.raises(StoreFailed, match="no such table"):
        await shelf.store.settings.get("owner:discord:1")


async def test_a_file_that_cannot_be_removed_keeps_no_other(shelf):
    first, second = await shelf.put(), await shelf.put()
    stuck = shelf.root / "pictures" / f"{first.id}-1.png"
    stuck.unlink()
    stuck.mkdir()
    assert await shelf.store.forget("discord:1") == 2
    assert shelf.files() == {stuck.name}
    assert await shelf.store.remove_abandoned() == 0
    assert second.id not in str(shelf.files())


async def test_the_sweep_of_a_folder_that_is_gone_finds_nothing(shelf):
    for name in ("pictures", "inputs"):
        (shelf.root / name).rmdir()
    assert await shelf.store.remove_abandoned() == 0


async def test_a_file_that_goes_while_they_are_counted_is_no_error(shelf, monkeypatch):
    await shelf.put(status=JobStatus.RENDERED)
    written = engine.store.files._written

    def remove_first(entry) -> float:
        Path(entry.path).unlink()
        return written(entry)

    monkeypatch.setattr(engine.store.files, "_written", remove_first)
    assert await shelf.store.remove_abandoned() == 0


async def test_names_are_on_the_disk_before_a_write_returns(shelf, monkeypatch):
    """A file's own `fsync` keeps its content, not its name."""
    synced: list[str] = []
    fsync = os.fsync

    def watch(number: int) -> None:
        synced.append(Path(f"/proc/self/fd/{number}").readlink().name)
        fsync(number)

    monkeypatch.setattr(os, "fsync", watch)
    job = await shelf.put(status=JobStatus.LEASED)
    await shelf.store.add_pictures(job.id, [Picture(b"png", "image/png", 1, 1, 1)], 1.0)
    assert synced[-1] == "pictures"
    await shelf.store.keep_input(PNG)
    assert synced[-1] == "inputs"
    synced.clear()
    await shelf.store.keep_input(PNG)
    assert synced == ["inputs"], "another may be writing it this moment"
