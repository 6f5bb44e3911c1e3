"""What every test may use: an environment without the owner's settings, and one cache of the tiny model."""

import os
from pathlib import Path

import pytest

# Each is read once, when a library is imported.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["PTB_TIMEDELTA"] = "1"
# Several processes compute at once in these tests; more threads than cores only wait for one another.
os.environ["OMP_NUM_THREADS"] = "1"


@pytest.fixture(scope="session")
def tiny_cache(tmp_path_factory) -> Path:
    """Hold the tiny random Kandinsky 2.2, built by the first worker that needs it."""
    return tmp_path_factory.mktemp("cache")
