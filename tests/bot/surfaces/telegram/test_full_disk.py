"""A disk that is really full: its person reads why, others are answered, and it goes on once there is room."""

import asyncio
import subprocess
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from bot.words.localisation import say
from engine.store import database
from tests.bot.surfaces.telegram.bot import WAIT_S, Bot, shows

LONG = "a red circle " * 100
# What was written before may leave room for a few more.
MOST_ASKED = 40
SMALL_DISK = "4m"


@pytest.fixture
def small_disk(tmp_path):
    """Be a disk of its own, where the system lets us mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "small", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only who may mount has a small disk")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def fill(disk):
    with suppress(OSError), (disk / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


async def ask_until_refused(bot):
    """Ask for pictures until the answer is that the disk takes nothing."""
    for _ in range(MOST_ASKED):
        asked = await bot.chat.send(f"/imagine {LONG}")
        answer = await bot.chat.wait(after=asked, timeout_s=WAIT_S)
        if say("error-store-failed") in answer.words:
            return
    pytest.fail("the disk took everything")


def is_calm(logs):
    """Tell whether what happened was said in lines that name the disk, without a traceback."""
    events = {line["event"] for line in logs}
    loud = [line for line in logs if "traceback" in line or line.get("exc_info")]
    return not loud and bool(events & {"disk_refuses", "database_refuses"})


async def test_a_full_disk_is_said_in_words_until_there_is_room_again(server, small_disk):
    bot = Bot(server, small_disk)
    bot.hangs = True
    with capture_logs() as logs:
        async with bot.running():
            await asyncio.to_thread(fill, small_disk)
            await ask_until_refused(bot)
            (small_disk / "filler").unlink()
            asked = await bot.chat.send("/imagine a blue square")
            await bot.chat.wait(shows("a blue square"), after=asked, timeout_s=WAIT_S)
    assert is_calm(logs)


async def test_a_database_that_may_not_grow_is_a_full_disk(bot, monkeypatch):
    async with bot.running():
        pass
    prepare = database._prepare

    def bounded(connection, record):
        prepare(connection, record)
        connection.execute("PRAGMA max_page_count=1")  # SQLite takes what there is for less

    monkeypatch.setattr(database, "_prepare", bounded)
    bot.hangs = True
    with capture_logs() as logs:
        async with bot.running():
            await ask_until_refused(bot)
    assert is_calm(logs)
