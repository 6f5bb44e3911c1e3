"""How many examples: some for the suite, the same every time; very many by hand (`--hypothesis-profile=long`)."""

import pytest
from hypothesis import HealthCheck, settings

CALM = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile("suite", max_examples=25, derandomize=True, **CALM)
settings.register_profile("long", max_examples=10_000, print_blob=True, **CALM)
settings.load_profile("suite")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give the many examples the time that they take."""
    if config.getoption("--hypothesis-profile") == "long":
        for item in items:
            item.add_marker(pytest.mark.timeout(0))
