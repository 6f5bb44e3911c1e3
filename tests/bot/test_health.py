"""What the bot keeps in its folder: a pulse that tells whether it lives, and the page's secret."""

import asyncio
import errno
import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import bot.health
from bot.app import _page_secret
from bot.health import CannotServe, heartbeat, is_alive


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def _fast(monkeypatch):
    monkeypatch.setattr(bot.health, "BEAT_S", 0.001)


async def test_a_bot_is_alive_from_its_first_beat_to_its_end(tmp_path):
    async with heartbeat(tmp_path):
        await until(lambda: is_alive(tmp_path))
    assert not is_alive(tmp_path)


async def test_a_beat_under_way_at_the_end_leaves_no_file(tmp_path, monkeypatch):
    begun, touch = [], Path.touch

    def slow(file: Path) -> None:
        begun.append(file)
        while not ending:
            pass
        touch(file)

    ending = []
    monkeypatch.setattr(Path, "touch", slow)
    async with heartbeat(tmp_path):
        await until(lambda: begun)
        asyncio.get_running_loop().call_later(0.01, ending.append, True)
    assert not is_alive(tmp_path)


async def test_a_full_disk_is_logged_once_and_does_not_end_the_beating(tmp_path, monkeypatch):
    failures, touch = [OSError(errno.ENOSPC, "No space left on device")] * 3, Path.touch

    def fail_at_first(file: Path) -> None:
        if failures:
            raise failures.pop()
        touch(file)

    monkeypatch.setattr(Path, "touch", fail_at_first)
    with capture_logs() as logged:
        async with heartbeat(tmp_path):
            await until(lambda: is_alive(tmp_path))
    assert [(entry["event"], entry["reason"]) for entry in logged] == [
        ("heartbeat_not_written", "No space left on device")
    ]


async def test_a_folder_taken_away_does_not_spoil_the_end(tmp_path):
    async with heartbeat(tmp_path / "gone"):
        assert not is_alive(tmp_path / "gone")


def test_nothing_lives_in_a_file(tmp_path):
    (tmp_path / "taken").touch()
    assert not is_alive(tmp_path / "taken")


def test_the_page_s_secret_is_kept_for_its_owner_alone(tmp_path):
    secret = _page_secret(tmp_path)
    assert len(secret) > 40
    assert _page_secret(tmp_path) == secret
    assert [(file.name, file.stat().st_mode & 0o777) for file in tmp_path.iterdir()] == [("page_secret", 0o600)]


def test_a_crash_leaves_no_empty_secret(tmp_path, monkeypatch):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", stop)
        with pytest.raises(KeyboardInterrupt):
            _page_secret(tmp_path)
    assert not list(tmp_path.iterdir())
    assert _page_secret(tmp_path)


@pytest.mark.parametrize("kept", [b"\xff\xfe", b"a secret\n"])
def test_a_secret_that_is_no_plain_text_stops_nobody(tmp_path, kept):
    (tmp_path / "page_secret").write_bytes(kept)
    assert _page_secret(tmp_path) == _page_secret(tmp_path) != ""


def test_a_secret_that_cannot_be_read_is_said_in_a_sentence(tmp_path):
    (tmp_path / "page_secret").mkdir()
    with pytest.raises(CannotServe, match="page_secret cannot be read or written"):
        _page_secret(tmp_path)


def test_the_secret_s_name_is_on_the_disk_too(tmp_path, monkeypatch):
    synced: list[Path] = []
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(Path(f"/proc/self/fd/{number}").readlink()))
    _page_secret(tmp_path)
    assert synced[-1] == tmp_path


def test_an_empty_secret_of_an_earlier_crash_is_replaced(tmp_path):
    (tmp_path / "page_secret").touch(mode=0o644)
    assert _page_secret(tmp_path) == (tmp_path / "page_secret").read_text() != ""
    assert (tmp_path / "page_secret").stat().st_mode & 0o777 == 0o600
