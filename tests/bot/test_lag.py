"""What keeps the event loop is found, named and counted; a loop that rests is not."""

import asyncio
import errno
import itertools
import threading
import time

import pytest

import bot.lag
from bot.lag import Block, LoopGuard
from engine.store import files


def compute(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(1_000))


@pytest.fixture
def own(monkeypatch):
    """Count this file as the project's own."""
    monkeypatch.setattr(bot.lag, "OWN", (__file__,))


async def watched(work, *rest, late_s: float = 0.1) -> list[Block]:
    """Do `work` on the loop, and return what kept it."""
    found: list[Block] = []
    async with LoopGuard(late_s, found.append) as guard:
        await asyncio.sleep(0.1)
        work(*rest)
        await asyncio.sleep(0.05)
        await asyncio.sleep(0.2)
    assert guard.blocks.count == len(found)
    return found


async def test_a_function_that_computes_is_named_with_its_seconds(own):
    [block] = await watched(compute, 0.5)
    assert block.place.endswith("test_lag.py:compute")
    assert block.is_own
    assert block.looks >= 2
    assert block.seconds >= 0.3


async def test_a_function_that_waits_for_something_else_is_named_too(own):
    [block] = await watched(time.sleep, 0.6)
    assert block.place.endswith("test_lag.py:watched")
    assert block.seconds >= 0.4


async def test_a_library_is_named_where_nothing_of_this_project_called_it():
    def call() -> None:
        asyncio.get_running_loop().call_soon(time.sleep, 0.5)

    found = await watched(call)
    assert [block.is_own for block in found] == [False]
    assert "asyncio/events.py" in found[0].place


async def test_a_loop_that_rests_or_does_little_is_left_alone(own):
    async with LoopGuard() as guard:
        for _ in range(20):
            compute(0.002)
            await asyncio.sleep(0.02)
    assert [place for place in guard.blocks.seconds_at if "compute" in place] == []


async def test_a_machine_that_does_something_else_is_no_block(own, monkeypatch):
    loop, hours = threading.get_native_id(), itertools.count(step=3_600)
    monkeypatch.setattr(bot.lag, "_starved", lambda: {loop: next(hours)})
    assert await watched(compute, 0.5) == []


async def test_what_other_threads_were_kept_from_is_told_beside_it(own, monkeypatch):
    hours = itertools.count(step=3_600)
    monkeypatch.setattr(bot.lag, "_starved", lambda: {-1: next(hours)})
    [block] = await watched(compute, 0.5)
    assert block.seconds < 3_600 == block.starved_s


def test_the_system_says_how_long_each_thread_waited():
    known = bot.lag._starved()
    assert all(seconds >= 0 for seconds in known.values())
    assert not known or threading.get_native_id() in known


def test_a_machine_without_descriptors_says_nothing_of_threads(monkeypatch):
    def refuse(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(bot.lag.Path, "glob", refuse)
    assert bot.lag._starved() == {}


async def test_a_loop_that_rests_is_not_woken():
    loop, asked = asyncio.get_running_loop(), []
    plainly = loop.call_soon_threadsafe
    loop.call_soon_threadsafe = lambda *parts, **named: asked.append(parts) or plainly(*parts, **named)
    async with LoopGuard():
        await asyncio.sleep(1)
    assert len(asked) < 5


async def test_what_is_known_of_blocks_is_counted_by_place(own):
    async with LoopGuard(tell=lambda block: None) as guard:
        for _ in range(2):
            await asyncio.sleep(0.1)
            compute(0.3)
        await asyncio.sleep(0.1)
    [place] = guard.blocks.seconds_at
    assert guard.blocks.count == 2
    assert guard.blocks.longest_s <= guard.blocks.seconds == pytest.approx(guard.blocks.seconds_at[place])


async def test_blocks_are_logged_now_and_then_without_anybody_s_words(own, monkeypatch, capsys):
    async with LoopGuard():
        for secret in ("a private prompt",) * 3:
            await asyncio.sleep(0.1)
            compute(0.3)
            assert secret
        await asyncio.sleep(0.1)
    told = capsys.readouterr().out
    assert told.count("loop_blocked") == 1
    assert "test_lag.py:compute" in told
    assert "private" not in told


async def test_a_guard_ends_with_its_loop():
    async with LoopGuard() as guard:
        pass
    guard._thread.join(5)
    assert not guard._thread.is_alive()


def test_the_place_of_a_file_of_this_project_is_short():
    assert bot.lag._shown(files.__file__) == "engine/store/files.py"
