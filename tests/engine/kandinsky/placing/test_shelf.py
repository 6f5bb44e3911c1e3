"""Several models on one GPU: all of them where they fit, else one at a time. There is no GPU in these tests."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.catalog import DEMO, KANDINSKY_2_1, KANDINSKY_3, ModelSpec
from engine.checks import complete
from engine.errors import EngineError
from engine.kandinsky.families.loaders import load_models, load_within
from engine.kandinsky.families.register import FAMILIES
from engine.kandinsky.placing import placing
from engine.kandinsky.placing.plan import GIB
from engine.models.model import Drawing, Model, Models
from engine.requests import Text2Image
from engine.settings import AUTO, Keeping
from tests.engine.kandinsky import tiny_models
from tests.engine.kandinsky.drawings import ignore
from tests.engine.kandinsky.placing.laddered_models import CPU, close, spec_of

SMALL = {"native_size": 64, "min_size": 64, "max_size": 192, "prior_steps": 2}
TOGETHER, ONE_AT_A_TIME = 24 * GIB, 14 * GIB


@pytest.fixture(scope="module")
def specs(tiny_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> list[ModelSpec]:
    repositories = tiny_models.kandinsky_2_1(tmp_path_factory.mktemp("kandinsky-2-1"))
    demo = dataclasses.replace(spec_of(tiny_cache), name="demo", embedded=True)
    return [demo, spec_of(tiny_cache), dataclasses.replace(KANDINSKY_2_1, repositories=repositories, **SMALL)]


@pytest.fixture
def load(specs: list[ModelSpec]) -> Callable[[int], Models]:
    return lambda free_bytes: load_within(specs, CPU, Path(), AUTO, lambda: free_bytes)


@pytest.fixture
def moves(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what enters and leaves the device."""
    seen: list[str] = []
    enter, leave = placing.Placed.enter, placing.Placed.leave
    monkeypatch.setattr(placing.Placed, "enter", lambda placed: (seen.append(f"enter {id(placed)}"), enter(placed)))
    monkeypatch.setattr(placing.Placed, "leave", lambda placed: (seen.append(f"leave {id(placed)}"), leave(placed)))
    return seen


def picture(model: Model, spec: ModelSpec) -> np.ndarray:
    request = complete(Text2Image(model=spec.name, prompt="a fox", seed=1, steps=2), spec)
    return np.asarray(model.render([Drawing(request)], ignore)[0].images[0])


def test_models_that_fit_together_all_stay(load, specs, moves) -> None:
    models = load(TOGETHER)
    assert models.swap_s == 0
    moves.clear()
    assert [picture(models[spec.name], spec).shape for spec in specs] == [(64, 64, 3)] * 3
    assert moves == []


def test_of_models_that_do_not_fit_together_one_is_there_and_leaves_before_the_next_comes(load, specs, moves) -> None:
    models = load(ONE_AT_A_TIME)
    assert models.swap_s > 0
    moves.clear()
    demo, first, second = specs
    for spec in (first, demo, first, second, second, first):
        picture(models[spec.name], spec)
    assert [move.split()[0] for move in moves] == ["leave", "enter", "leave", "enter"]
    assert moves[0].split()[1] == moves[3].split()[1] != moves[1].split()[1] == moves[2].split()[1]


def test_a_model_draws_the_same_after_it_has_been_away(load, specs) -> None:
    models = load(ONE_AT_A_TIME)
    for spec in (*specs, specs[1]):
        alone = FAMILIES[spec.family].load(spec, CPU, Path())
        assert close(picture(models[spec.name], spec), picture(alone, spec))


def test_a_model_alone_is_never_shelved(specs) -> None:
    assert load_within(specs[:2], CPU, Path(), AUTO, lambda: 6 * GIB).swap_s == 0


@pytest.mark.parametrize(("free_bytes", "kind"), [(TOGETHER, "Laddered"), (ONE_AT_A_TIME, "Shelved")])
def test_a_second_model_of_a_family_is_placed_like_the_first(tiny_cache: Path, free_bytes: int, kind: str) -> None:
    first = spec_of(tiny_cache)
    specs = [first, dataclasses.replace(first, name="our-own")]
    models = load_within(specs, CPU, Path(), AUTO, lambda: free_bytes)
    assert {name: type(model).__name__ for name, model in models.items()} == {"kandinsky-2-2": kind, "our-own": kind}
    assert np.array_equal(*(picture(models[spec.name], spec) for spec in specs))


def test_the_embedded_model_stays_on_the_device_whatever_it_is_called(specs) -> None:
    embedded, large, _ = specs
    renamed = dataclasses.replace(embedded, name="small")
    models = load_within([renamed, large], CPU, Path(), AUTO, lambda: 6 * GIB)
    assert [type(model).__name__ for model in models.values()] == ["Kandinsky22", "Laddered"]


def test_on_a_cpu_models_are_kept_as_they_were(specs) -> None:
    models = load_models(specs, "cpu", Path())
    assert [type(models[spec.name]).__name__ for spec in specs] == ["Kandinsky22", "Kandinsky22", "Kandinsky21"]
    assert models.swap_s == 0


def test_on_a_cpu_nothing_can_be_quantised(tmp_path: Path) -> None:
    spec = dataclasses.replace(KANDINSKY_3, repositories=tiny_models.kandinsky_3(tmp_path))
    with pytest.raises(EngineError) as caught:
        load_models([DEMO, spec], "cpu", tmp_path, Keeping(quantise="nf4"))
    assert (caught.value.code, caught.value.facts) == ("quantisation_missing", {"value": "nf4"})
