"""Steps that save work: which they are, what the outer level makes of kept features, and that others save nothing."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch

from engine.catalog import DEMO, NO_SAVINGS, Savings
from engine.kandinsky.drawing.levels import Outer, Whole, can_part
from engine.kandinsky.drawing.plan import Work, work
from engine.kandinsky.embedded import tiny
from engine.requests import Text2Image
from tests.engine.kandinsky.drawings import pixels
from tests.engine.kandinsky.families.kandinsky_2_bench import Bench

STEPS = [900.0, 800.0, 700.0, 600.0, 500.0]
BOTH = Savings(guided_below=700, reused_for=100)


@pytest.mark.parametrize(("savings", "guided", "full"), [
    (NO_SAVINGS, "11111", "11111"),
    (Savings(guided_below=700), "00111", "11111"),
    (Savings(reused_for=99), "11111", "11111"),
    (Savings(reused_for=100), "11111", "10101"),
    (Savings(reused_for=200), "11111", "10010"),
    (Savings(guided_below=800, reused_for=200), "01111", "11001"),
])  # fmt: skip
def test_a_step_saves_by_its_time_and_guidance_begins_with_a_full_one(savings: Savings, guided: str, full: str) -> None:
    planned = work(STEPS, savings, guided=True)
    assert planned == [Work(one == "1", other == "1") for one, other in zip(guided, full, strict=True)]


def test_where_nothing_is_guided_or_the_unet_is_not_in_parts_a_plan_says_so() -> None:
    planned = work(STEPS, Savings(700, 100), guided=False)
    assert not any(step.guided for step in planned)
    assert not all(step.full for step in planned)
    assert all(step.full for step in work(STEPS, Savings(700, 100), guided=True, reuses=False))


@pytest.fixture(scope="module")
def unet() -> Any:
    torch.manual_seed(0)
    return tiny.unet().double().eval()


def given(rows: int, timestep: float) -> tuple[torch.Tensor, torch.Tensor, dict]:
    random = torch.Generator().manual_seed(int(timestep))
    sample = torch.randn(rows, 4, 8, 8, generator=random, dtype=torch.float64)
    embeds = torch.ones(rows, tiny.EMBEDDING, dtype=torch.float64)
    return (
        sample,
        torch.full((rows,), timestep),
        {"encoder_hidden_states": None, "added_cond_kwargs": {"image_embeds": embeds}},
    )


@torch.no_grad()
def test_the_outer_level_on_the_features_of_the_same_step_is_the_whole_unet_and_on_another_s_is_not(unet: Any) -> None:
    outer, (sample, timestep, conditions) = Outer(unet), given(2, 500)
    [alone] = unet(sample, timestep, return_dict=False, **conditions)
    for then, is_same in ((500, True), (600, False)):
        before = given(2, then)
        [computed] = Whole(unet)(*before[:2], **before[2])
        predicted, features = computed.tensor_split([8], dim=1)
        [shallow] = outer(sample, timestep, features=features, **conditions)
        assert torch.equal(predicted, alone) is is_same
        assert bool((shallow - alone).abs().max() < 1e-6) is is_same


def test_a_unet_whose_weights_move_or_that_is_compiled_is_left_whole(unet: Any) -> None:
    assert can_part(unet)
    for name in ("_hf_hook", "_compiled_call_impl"):
        moved = tiny.unet()
        setattr(moved, name, lambda: None)
        assert not can_part(moved)


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(DEMO)


def drawn(bench: Bench, **fields: object) -> np.ndarray:
    fields = {"prompt": "a big red circle on a yellow background", "steps": 6, **fields}
    return pixels(*bench.draw(Text2Image, **fields))[0]


def test_each_saving_changes_a_picture_a_little_and_an_exact_one_saves_nothing(bench: Bench) -> None:
    full, other = drawn(bench, savings=NO_SAVINGS), drawn(bench, savings=NO_SAVINGS, seed=8)
    saved = [drawn(bench, savings=each) for each in (Savings(guided_below=700), Savings(reused_for=200))]
    for one, another in itertools.combinations((full, *saved), 2):
        assert 0 < np.abs(one - another).mean() < np.abs(full - other).mean() / 2
    assert (drawn(bench, savings=BOTH, exact=True) == full).all()


def test_pictures_that_save_are_the_same_in_company(bench: Bench) -> None:
    saving = {"savings": Savings(700, 200), "steps": 6}
    requests = [bench.ask(Text2Image, prompt="a red circle", seed=seed, **saving) for seed in (7, 8)]
    alone = [bench.render([request])[0].images[0] for request in requests]
    together = bench.ask(Text2Image, prompt="a red circle", seed=7, count=2, **saving)
    for one, other in zip(alone, bench.render([together])[0].images, strict=True):
        first, second = pixels(one, other)
        assert np.abs(first - second).max() <= 1
