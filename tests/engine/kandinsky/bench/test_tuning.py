"""Each model is measured as the worker draws with it, and what was found so far is told each time there is more."""

import dataclasses
import multiprocessing
from pathlib import Path

import pytest

from engine.catalog import DEMO, KANDINSKY_2_2, Repository
from engine.errors import OutOfMemory
from engine.kandinsky.bench import tuning
from engine.kandinsky.bench.subject import Plan, Subject
from engine.kandinsky.embedded import tiny
from engine.kandinsky.placing.plan import Rung
from engine.settings import Keeping
from engine.tuned import Tuned
from tests.engine.kandinsky.placing.laddered_models import laddered, spec_of

SECONDS = {1: 1.0, 2: 1.5, 4: 2.0, 8: 8.0}


def test_a_model_is_measured_on_the_cpu(tiny_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "SIZES", (1, 2))
    small = {"repositories": tiny.repositories(tiny_cache), "native_size": 64, "steps": 2, "prior_steps": 2}
    said: list[str] = []
    [found] = tuning.tune([dataclasses.replace(DEMO, **small)], "cpu", tiny_cache, said.append)
    assert said == ["demo, batches of 1", "demo, batches of 2"]
    assert found.models["demo"].batches.keys() == {1, 2}
    assert (found.batch_size in (1, 2), found.memory, found.compile) == (True, "auto", "off")
    assert found.unfit(found.device, found.versions) is None
    assert "threads" in found.device


def test_on_a_card_ways_and_compiling_are_measured_too(tiny_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec, loaded = spec_of(tiny_cache), []

    def load(_subject: Subject, keeping: Keeping) -> object:
        loaded.append(keeping)
        return laddered(spec, keeping=keeping)

    def seconds(model: object, _subject: Subject, size: int) -> tuple[float, float]:
        if size > 8:
            raise OutOfMemory
        faster = {"offload": 4.0, "default": 0.5}
        return 30.0, SECONDS[size] * faster.get(loaded[-1].memory, 1) * faster.get(loaded[-1].compile, 1)

    monkeypatch.setattr(tuning, "_load", load)
    monkeypatch.setattr(tuning, "batch_seconds", seconds)
    *_, found = tuning.tune([spec], "cpu", tiny_cache, lambda _what: None)
    [measured] = found.models.values()
    assert measured.batches == {1: 1.0, 2: 2 / 1.5, 4: 2.0, 8: 1.0}
    assert measured.memory == {"auto": 1.0, "offload": 0.25}  # to begin with "resident" is what the plan does
    assert measured.compile == {"off": 2.0, "default": 4.0}
    assert (found.batch_size, found.memory, found.compile, found.silence_s) == (4, "auto", "default", 30)
    assert laddered(spec).rung is Rung.RESIDENT


def test_a_model_that_is_not_there_is_said_to_whoever_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning.signal, "signal", lambda *_: None)
    nowhere = dataclasses.replace(KANDINSKY_2_2, repositories={"prior": Repository(str(tmp_path / "nowhere"))})
    near, far = multiprocessing.Pipe()
    tuning.main(far, [nowhere], "cpu", tmp_path)
    refused = near.recv()
    assert isinstance(refused, tuning.Refused)
    assert (refused.code, "nowhere" in str(refused.facts)) == ("model_missing", True)
    assert not isinstance(refused, Tuned)


def test_a_subject_has_no_two_pictures_alike(tiny_cache: Path) -> None:
    subject = Subject(Plan(spec_of(tiny_cache), tiny_cache, "cpu"))
    seeds = [request.seed for count in (1, 3, 2) for request in subject.requests(count)]
    assert len(set(seeds)) == 6
