"""What is best for all models is chosen, and counts only on the device and in the versions that it was measured on."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine import tuned
from engine.catalog import DEMO
from engine.settings import Keeping, WorkerSettings
from engine.tuned import Measured, Tuned, best

HERE, VERSIONS = "a card", {"torch": "2.13", "diffusers": "0.42"}


def found(**models: Measured) -> Tuned:
    return Tuned.of(HERE, VERSIONS, datetime(2026, 11, 27, tzinfo=UTC), models)


def test_the_smallest_batch_within_three_percent_of_the_best_is_taken() -> None:
    assert best([{1: 2.0, 2: 2.92, 4: 3.0, 8: 2.5}], [1, 2, 4, 8]) == 2
    assert best([{1: 2.0, 2: 2.90, 4: 3.0, 8: 2.5}], [1, 2, 4, 8]) == 4
    assert best([], [1]) is None


def test_of_several_models_the_one_counts_that_it_suits_least() -> None:
    slow, quick = Measured(batches={1: 1.0, 2: 1.0}), Measured(batches={1: 1.0, 2: 2.0, 4: 4.0})
    assert found(quick=quick).batch_size == 4
    assert found(slow=slow).batch_size == 1
    assert found(slow=slow, quick=quick).batch_size == 2  # more have no room in one of them


def test_another_way_than_the_plan_s_and_compiling_must_be_worth_it() -> None:
    memory = {"auto": 1.0, "resident": 1.02, "offload": 0.5}
    alike = Measured(batches={1: 1.0}, memory=memory, compile={"off": 1.0, "default": 1.1}, silence_s=60)
    assert (found(one=alike).memory, found(one=alike).compile, found(one=alike).silence_s) == ("auto", "off", 0)
    faster = {"memory": {**memory, "resident": 1.2}, "compile": {"off": 1.0, "default": 1.2}}
    better = found(one=alike.model_copy(update=faster))
    assert (better.memory, better.compile, better.silence_s) == ("resident", "default", 60)


def test_what_holds_for_another_device_or_version_is_told_apart() -> None:
    measured = found(one=Measured(batches={1: 1.0}))
    assert measured.unfit(HERE, {**VERSIONS, "python": "3.12"}) is None
    assert measured.unfit("another", VERSIONS) == "it is for a card, and this is another"
    assert measured.unfit(HERE, {**VERSIONS, "torch": "3"}) == "torch was 2.13, and is 3"


def test_what_was_written_is_read_and_what_is_damaged_is_said(tmp_path: Path) -> None:
    file, measured = tmp_path / tuned.FILE, found(one=Measured(batches={1: 1.0, 16: 2.5}, memory={"auto": 1.0}))
    assert tuned.read(file) is None
    file.write_text(measured.model_dump_json())
    assert tuned.read(file) == measured
    file.write_text(measured.model_copy(update={"format": 2}).model_dump_json(warnings=False))
    with pytest.raises(ValueError, match="format"):
        tuned.read(file)
    file.write_text('{"batch_size": 1')
    with pytest.raises(ValueError, match="JSON"):
        tuned.read(file)
    file.unlink()
    file.mkdir()
    with pytest.raises(ValueError, match="directory"):
        tuned.read(file)


def test_what_is_set_by_hand_counts_more_than_what_was_measured() -> None:
    memory, compiled = {"auto": 1.0, "resident": 2.0}, {"off": 1.0, "default": 2.0}
    measured = found(one=Measured(batches={1: 1.0, 8: 9.0}, memory=memory, compile=compiled))
    settings = WorkerSettings((DEMO,), Path(), tuned=measured)
    assert (settings.as_tuned().batch_size, settings.as_tuned().keeping) == (8, Keeping("resident", "off", "default"))
    by_hand = WorkerSettings((DEMO,), Path(), tuned=measured, by_hand=frozenset({"batch_size", "compile"})).as_tuned()
    assert (by_hand.batch_size, by_hand.keeping) == (4, Keeping("resident"))
    assert WorkerSettings((DEMO,), Path()).as_tuned() == WorkerSettings((DEMO,), Path())
