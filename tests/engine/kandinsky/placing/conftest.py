"""Where memory runs out garbage is collected again and again: what other tests left is not looked through each time."""

import gc
from pathlib import Path

import pytest

from engine.catalog import ModelSpec
from engine.kandinsky.families.kandinsky_2_2.model import Kandinsky22
from tests.engine.kandinsky.placing.laddered_models import CPU, spec_of


@pytest.fixture(scope="module", autouse=True)
def _frozen() -> None:
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def spec(tiny_cache: Path) -> ModelSpec:
    return spec_of(tiny_cache)


@pytest.fixture(scope="module")
def bare(spec: ModelSpec) -> Kandinsky22:
    """Load a model for tests that only place it."""
    return Kandinsky22.load(spec, CPU, Path())
