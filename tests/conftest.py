"""What every test may use: an environment without the owner's settings, and one cache of the tiny model."""

import os
from pathlib import Path

import pytest

# Each is read once, when a library is imported.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["PTB_TIMEDELTA"] = "1"
# Several processes compute at once in these tests; more threads than cores only wait for one another.
os.environ["OMP_NUM_THREADS"] = "1"

# What takes longest goes first, so that no core idles at the end: each file runs on one of them.
SLOWEST = (
    "test_command_line", "test_kills", "test_web_pictures", "test_web", "test_browser", "test_whole_bot",
    "test_workers", "test_kandinsky_3_texts", "test_kandinsky_3_pictures", "test_kandinsky_2_modes", "test_demo_model",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slowest files first, everything else in its order."""
    places = {name: place for place, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(SLOWEST)))


@pytest.fixture(scope="session")
def tiny_cache(tmp_path_factory) -> Path:
    """Hold the tiny random Kandinsky 2.2, built by the first worker that needs it."""
    return tmp_path_factory.mktemp("cache")
