"""What both Kandinsky 2.1 and Kandinsky 3 promise; their own traps are in the files named after them."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.catalog import KANDINSKY_2_1, KANDINSKY_3, KNOWN, Catalog, ModelSpec, Repository
from engine.checks import complete
from engine.errors import Cancelled, OutOfMemory
from engine.kandinsky.families.register import FAMILIES
from engine.kandinsky.placing import loading
from engine.kandinsky.placing.device import Device
from engine.models.hub import missing
from engine.models.model import Step
from engine.requests import Text2Image
from tests.engine.kandinsky import drawings as drawing
from tests.engine.kandinsky import tiny_models

BUILDERS = {"kandinsky-2-1": tiny_models.kandinsky_2_1, "kandinsky-3": tiny_models.kandinsky_3}
# Random weights amplify the rounding of another batch size without bound; in float64 it stays below a pixel's step.
EXACT = Device("cpu", torch.float64)
STEPS = 3


class Family:
    """Draw with one tiny model."""

    def __init__(self, spec: ModelSpec, device: Device = EXACT) -> None:
        self.spec = spec
        self.model = FAMILIES[spec.family].load(spec, device, Path())

    def pixels(self, on_step: Callable[[Step], None] = drawing.ignore, **fields: object) -> list:
        fields = {"prompt": "a red circle", "seed": 7, "steps": STEPS, **fields}
        request = complete(Text2Image(model=self.spec.name, **fields), self.spec)
        return drawing.pixels(*drawing.images(self.model, request, on_step))

    def loops(self, **fields: object) -> int:
        steps: list[int] = []
        self.pixels(lambda step: steps.append(step.total), **fields)
        assert steps == [len(steps)] * len(steps)
        return len(steps)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module", params=[KANDINSKY_2_1, KANDINSKY_3], ids=lambda spec: spec.name)
def spec(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    loading.keep_libraries_quiet()
    repositories = BUILDERS[request.param.name](tmp_path_factory.mktemp(request.param.name))
    return dataclasses.replace(
        request.param, repositories=repositories, native_size=64, min_size=64, max_size=256, prior_steps=2
    )


@pytest.fixture(scope="module")
def family(spec: ModelSpec) -> Family:
    return Family(spec)


def difference(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one - other).max())


def mean_difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).mean())


# Pictures


def test_pictures_have_the_size_that_was_asked_for(family: Family) -> None:
    assert [picture.shape for picture in family.pixels(width=192, height=64, count=2)] == [(64, 192, 3)] * 2


def test_the_same_request_gives_the_same_pixels(family: Family) -> None:
    assert difference(*family.pixels(), *family.pixels()) == 0


def test_jobs_before_it_leave_no_trace_in_a_picture(family: Family) -> None:
    before = family.pixels()
    family.pixels(steps=7, negative_prompt="blurry", guidance_scale=1.0, seed=1)
    assert difference(*before, *family.pixels()) == 0


@pytest.mark.parametrize(
    "change", [{"prompt": "a blue square"}, {"seed": 8}, {"negative_prompt": "ugly"}, {"guidance_scale": 9.0}]
)
def test_what_the_person_changes_changes_the_picture(family: Family, change: dict) -> None:
    assert mean_difference(*family.pixels(), *family.pixels(**change)) > 5


def test_cyrillic_letters_are_read(family: Family) -> None:
    assert mean_difference(*family.pixels(prompt="круг"), *family.pixels(prompt="конь")) > 1


@pytest.mark.parametrize("negative_prompt", ["", "ugly", "a much longer text than the prompt"])
def test_each_picture_of_several_is_the_one_of_its_own_seed(family: Family, negative_prompt: str) -> None:
    together = family.pixels(count=3, negative_prompt=negative_prompt)
    alone = [family.pixels(seed=7 + index, negative_prompt=negative_prompt)[0] for index in range(3)]
    assert max(map(difference, together, alone)) <= 1
    assert mean_difference(together[0], together[1]) > 5


@pytest.mark.parametrize("guidance_scale", [0.0, 1.0])
def test_without_guidance_each_of_several_pictures_is_the_one_of_its_seed(
    family: Family, guidance_scale: float
) -> None:
    together = family.pixels(guidance_scale=guidance_scale, count=2, negative_prompt="ugly")
    assert difference(together[1], *family.pixels(guidance_scale=guidance_scale, seed=8)) <= 1


def test_a_little_guidance_is_guidance(family: Family) -> None:
    without, little = family.pixels(guidance_scale=1.0), family.pixels(guidance_scale=1.2)
    assert mean_difference(*without, *little) > 0.5


def test_a_prompt_longer_than_the_encoder_reads_is_cut(family: Family) -> None:
    assert difference(*family.pixels(prompt="ы" * 500), *family.pixels(prompt="ы" * 2000)) == 0


def test_the_global_random_state_is_left_alone(family: Family) -> None:
    before = torch.random.get_rng_state()
    family.pixels()
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_the_pictures_of_every_precision_are_alike(family: Family, dtype: torch.dtype) -> None:
    other = Family(family.spec, Device("cpu", dtype))
    few = {"steps": 1, "guidance_scale": 1.0}  # before random weights make rounding grow
    (exact,), (rounded,), (elsewhere,) = family.pixels(**few), other.pixels(**few), family.pixels(**few, seed=8)
    assert mean_difference(exact, rounded) < mean_difference(exact, elsewhere) / 4


# Steps and cancellation


def test_the_steps_of_all_loops_count_as_one(family: Family) -> None:
    prior_steps = 2 if "prior" in family.spec.repositories else 0
    assert family.loops(seed=1000) == prior_steps + STEPS
    assert family.loops(seed=1001, negative_prompt="ugly") == prior_steps + STEPS
    assert family.loops(seed=1001, negative_prompt="ugly") == STEPS


@pytest.mark.parametrize("last", [1, STEPS])
def test_a_cancellation_takes_effect_within_a_step_and_the_next_job_is_unharmed(family: Family, last: int) -> None:
    expected, heard = family.pixels(), []

    def cancel(step: Step) -> None:
        heard.append(step.done)
        if step.done == last:
            raise Cancelled

    with pytest.raises(Cancelled):
        family.pixels(cancel)
    assert heard == list(range(1, last + 1))
    assert difference(*expected, *family.pixels()) == 0


def test_out_of_memory_in_a_step_is_told_as_such(family: Family) -> None:
    def exhaust(step: Step) -> None:
        raise torch.OutOfMemoryError

    with pytest.raises(OutOfMemory):
        family.pixels(exhaust)
    assert len(family.pixels()) == 1


# The catalog


def test_every_known_model_has_a_family() -> None:
    assert {model.family for model in KNOWN} <= set(FAMILIES)


@pytest.mark.parametrize("model", [KANDINSKY_2_1, KANDINSKY_3], ids=lambda model: model.name)
def test_a_model_can_be_chosen_and_its_parts_taken_from_folders(model: ModelSpec, tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text("{}")
    catalog = Catalog.of(model.name, {part: str(tmp_path) for part in model.repositories})
    assert catalog.names() == [model.name, "demo"]
    assert catalog[catalog.default].repositories["decoder"] == Repository(str(tmp_path))
    assert missing(catalog[catalog.default]) == []


@pytest.mark.parametrize("model", [KANDINSKY_2_1, KANDINSKY_3], ids=lambda model: model.name)
def test_what_is_not_on_the_machine_is_missing(
    model: ModelSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert missing(model) == list(model.repositories.values())
