"""Where memory runs out garbage is collected again and again: what other tests left is not looked through each time."""

import gc

import pytest


@pytest.fixture(scope="module", autouse=True)
def _frozen() -> None:
    gc.collect()
    gc.freeze()
