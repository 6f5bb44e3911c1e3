"""What a machine does to a bot: disks, descriptors, other processes, the clock, and files that are gone."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from functools import partial
from pathlib import Path

from tests.chaos.faults import Fault, disturbing, terminate
from tests.chaos.people import until
from tests.chaos.stage import Stage
from tests.chaos.traps import IN_WORKER, PLACES, Trap

SMALL_DISK = "24m"
LONGER_THAN_SQLITE_WAITS_S = 11.0
# The trap that lies there when a store is opened for the first time.
AT_FIRST = "migrating"
FALL_S = 5.0


@asynccontextmanager
async def own_disk(stage: Stage) -> AsyncIterator[None]:
    """Let a round's store lie on a small disk of its own; only root may."""
    stage.store.mkdir(parents=True, exist_ok=True)
    await _run("mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "chaos", str(stage.store))
    try:
        yield
    finally:
        await _run("umount", "-l", str(stage.store))


async def _run(*command: str) -> int:
    process = await asyncio.create_subprocess_exec(*command, stderr=subprocess.DEVNULL)
    return await process.wait()


async def fill_disk(stage: Stage, seconds: float, chance: float) -> None:
    """Use up the disk."""
    filler = stage.store / "filler"
    async with disturbing(stage):
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        await asyncio.sleep(seconds)
        filler.unlink(missing_ok=True)


async def restart_read_only(stage: Stage, seconds: float, chance: float) -> None:
    """Start the bot on a disk that cannot be written; its supervisor goes on trying until it can."""
    async with disturbing(stage):
        stage.rests.clear()
        await terminate(stage, 0, chance)
        code = await _run("mount", "-o", "remount,ro", str(stage.store))
        stage.dies_at_start = True
        stage.rests.set()
        await asyncio.sleep(seconds)
        if code == 0:
            await _run("mount", "-o", "remount,rw", str(stage.store))
        await until(lambda: stage.serves)
        stage.dies_at_start = False


async def use_up_descriptors(stage: Stage, seconds: float, chance: float) -> None:
    """Let the bot open nothing more."""
    if not stage.life or stage.life.ended.done():
        return
    pid, most = stage.life.pid, resource.RLIMIT_NOFILE
    async with disturbing(stage):
        with suppress(ProcessLookupError, FileNotFoundError):
            used, (_, hard) = len(os.listdir(f"/proc/{pid}/fd")), resource.prlimit(pid, most)  # noqa: PTH208
            resource.prlimit(pid, most, (used, hard))
            await asyncio.sleep(seconds)
            resource.prlimit(pid, most, (hard, hard))


async def lock_database(stage: Stage, seconds: float, chance: float, *, longer: float = 0.0) -> None:
    """Hold the database's write lock, as another program may."""
    async with disturbing(stage):
        with suppress(sqlite3.OperationalError), closing(_connected(stage)) as database:
            database.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(seconds + longer)
            database.rollback()


def _connected(stage: Stage) -> sqlite3.Connection:
    return sqlite3.connect(stage.store / "jobs.sqlite3", timeout=1.0)


async def jump(stage: Stage, seconds: float, chance: float, *, number: int) -> None:
    """Let the bot's clock jump by an hour."""
    if stage.life:
        async with disturbing(stage):  # an interaction then seems to be an hour old, or yet to come
            stage.life.send(number)
            await asyncio.sleep(1.0)


async def lose_files(stage: Stage, seconds: float, chance: float, *, folder: str, unreadable: bool) -> None:
    """Take away the files that come into a folder, or make them unreadable, for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for path in (stage.store / folder).glob("*.*"):
            if path.suffix != ".part" and path.is_file():
                _lose(path, unreadable)
                stage.taken.add(path.name)
        await asyncio.sleep(0.005)
    for path in (stage.store / folder).glob("*.*"):
        if path.is_dir():  # whoever writes the file anew may, as on a disk that was mended
            path.rmdir()


def _lose(path: Path, unreadable: bool) -> None:
    path.unlink(missing_ok=True)
    if unreadable:  # root reads whatever it may not; a folder nobody reads as a file
        path.mkdir()


async def lose_folder(stage: Stage, seconds: float, chance: float) -> None:
    """Take the folder of pictures away."""
    stage.taken |= {path.name for path in (stage.store / "pictures").glob("*.*")}
    shutil.rmtree(stage.store / "pictures", ignore_errors=True)


async def fall(stage: Stage, _: float, chance: float, *, doing: str) -> None:
    """Start the bot anew so that it is killed while it does something; which call that is, chance says."""
    if doing == AT_FIRST:
        return  # its trap lay there from the start
    trap, before = choose_trap(doing, chance), _falls(stage)
    stage.next_plan = trap.plan(stage.folder)
    await terminate(stage, 0, chance)
    stage.spared += not await until(lambda: _falls(stage) > before, FALL_S)


def _falls(stage: Stage) -> int:
    """Count the bots that were killed, and the workers that were lost."""
    return stage.deaths + stage.log.read_text(errors="replace").count("worker_lost ")


def choose_trap(doing: str, chance: float) -> Trap:
    """Choose where, at which call, and on which side of it."""
    if doing == "encoding" and chance < 0.4:
        return Trap(IN_WORKER, 1, after=chance < 0.2, in_worker=True)
    places = PLACES[doing]
    spread = int(chance * 1000)
    many = 40 if doing in ("migrating", "committing") else 2
    return Trap(places[spread % len(places)], 1 + spread // 7 % many, after=spread % 2 == 1)


MACHINE: dict[str, Fault] = {
    "disk full": fill_disk,
    "disk read-only at start": restart_read_only,
    "no descriptors": use_up_descriptors,
    "database locked": lock_database,
    "database locked for long": partial(lock_database, longer=LONGER_THAN_SQLITE_WAITS_S),
    "clock jumps ahead": partial(jump, number=signal.SIGUSR1),
    "clock jumps back": partial(jump, number=signal.SIGUSR2),
    "picture gone": partial(lose_files, folder="pictures", unreadable=False),
    "picture unreadable": partial(lose_files, folder="pictures", unreadable=True),
    "input gone": partial(lose_files, folder="inputs", unreadable=False),
    "input unreadable": partial(lose_files, folder="inputs", unreadable=True),
    "folder of pictures gone": lose_folder,
}
ON_OWN_DISK = frozenset({"disk full", "disk read-only at start"})
AIMED: dict[str, Fault] = {f"killed {doing}": partial(fall, doing=doing) for doing in PLACES}
