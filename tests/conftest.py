"""What every test may use: an environment without the owner's settings, and one cache of the tiny model."""

import gc
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.lag import Block, LoopGuard

# Each is read once, when a library is imported.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["PTB_TIMEDELTA"] = "1"
# Several processes compute at once in these tests; more threads than cores only wait for one another.
os.environ["OMP_NUM_THREADS"] = "1"

# What takes longest goes first, so that no core idles at the end: each file runs on one of them.
SLOWEST = (
    "test_command_line", "test_kills", "test_web_pictures", "test_web", "test_browser", "test_whole_bot",
    "test_demo_model", "test_receiving", "test_adding_a_mode", "test_adding_a_family", "test_workers",
    "test_kandinsky_3_texts", "test_kandinsky_3_pictures", "test_kandinsky_2_modes",
)  # fmt: skip
# For how long code of this project may keep the event loop in a test that asks for `quick_loop`.
LONGEST_S = 0.25


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slowest files first, everything else in its order."""
    places = {name: place for place, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(SLOWEST)))


def pytest_collection_finish() -> None:
    """Let no later collection of garbage go through what was imported: hundreds of thousands of lasting objects."""
    gc.collect()
    gc.freeze()


@pytest.fixture
async def quick_loop() -> AsyncIterator[LoopGuard]:
    """Fail a test in which code of this project keeps the event loop from everybody.

    A slow machine is no reason: the loop must be found in the same function twice, and that by what is done there.
    """
    found: list[Block] = []
    async with LoopGuard(tell=found.append) as guard:
        yield guard
    assert [it for it in found if it.is_own and it.looks >= 2 and it.seconds - it.starved_s > LONGEST_S] == []


@pytest.fixture(scope="session")
def tiny_cache(tmp_path_factory) -> Path:
    """Hold the tiny random Kandinsky 2.2, built by the first worker that needs it."""
    return tmp_path_factory.mktemp("cache")
