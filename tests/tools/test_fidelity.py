"""The own denoising loop draws what diffusers' pipelines draw, and differs only where that is meant and named."""

import pytest

from tools.fidelity import EQUAL, FILE, Row, rows


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    return list(rows(tmp_path_factory.mktemp("models")))


def test_each_mode_is_that_of_the_pipeline_unless_it_is_said_why_not(table: list[Row]) -> None:
    assert {row.mode for row in table if row.why and row.difference < 100 * EQUAL} == set()
    assert [row for row in table if not row.why and row.difference > EQUAL] == []


def test_the_documentation_has_every_row(table: list[Row]) -> None:
    written = FILE.read_text(encoding="utf-8")
    for row in table:
        assert f"| {row.family} | {row.mode} | `{row.pipeline}` |" in written
        assert row.why in written
