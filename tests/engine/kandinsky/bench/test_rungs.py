"""Every rung is tried on every card, and what ran out of memory there is said to have; the card here is made up."""

import dataclasses
from pathlib import Path

import pytest

from engine.catalog import DEMO
from engine.errors import OutOfMemory
from engine.kandinsky.bench import rungs
from engine.kandinsky.bench.subject import Plan, figures
from engine.kandinsky.embedded import tiny
from engine.kandinsky.placing.plan import GIB, LADDER, Rung

PLENTY = 80 * GIB
ROOM_ON_8 = round((8 - rungs.OWN_GIB) * GIB)


class MadeUp:
    """Be a card on which each picture takes 3 GiB, and on which networks that stay there have no room in 8 GiB."""

    def __init__(self, total_bytes: int = PLENTY) -> None:
        self.total_bytes = total_bytes
        self.limits: list[int | None] = []

    def limit(self, size_bytes: int | None) -> None:
        self.limits.append(size_bytes)

    def peaks(self) -> tuple[int, int]:
        if self.limits[-1] == ROOM_ON_8 and len(self.limits) < 5:  # on the first rung
            raise OutOfMemory
        return 3 * GIB, 4 * GIB


def measured(cache: Path, card: MadeUp) -> list[dict]:
    spec = dataclasses.replace(DEMO, repositories=tiny.repositories(cache), embedded=False, native_size=64)
    *_, report = rungs.measure(Plan(spec, cache, "cpu"), lambda _what: None, card)
    assert report.conditions.steps == rungs.STEPS
    return figures(report)["rungs"]


@pytest.fixture(autouse=True)
def _two_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rungs, "CARDS_GIB", (24, 8))


def test_each_rung_is_measured_on_each_card_beside_the_plan(tiny_cache: Path) -> None:
    card = MadeUp()
    found = measured(tiny_cache, card)
    assert [(one["rung"], one["card_gib"]) for one in found] == [(rung, gib) for rung in LADDER for gib in (24, 8)]
    assert found[1]["peak_gib"] is found[1]["ratio"] is None
    assert {one["peak_gib"] for one in found if one is not found[1]} == {3}
    for one in found:
        assert one["planned_gib"] > 0
        assert one["ratio"] is None or one["ratio"] == 3 / one["planned_gib"]
    chosen = {one["card_gib"]: one["rung"] for one in found if one["chosen"]}
    assert chosen == {24: Rung.RESIDENT, 8: Rung.ENCODERS_STREAMED}
    assert card.limits[-1] is None


def test_a_card_is_not_said_to_be_larger_than_it_is(tiny_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rungs, "LADDER", LADDER[:1])
    assert {one["card_gib"] for one in measured(tiny_cache, MadeUp(16 * GIB))} == {8}
