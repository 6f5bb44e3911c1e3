"""A draft takes half the steps and another solver, in every family and whatever a mode begins with."""

import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler, DPMSolverMultistepScheduler
from PIL import Image

from engine.catalog import DEMO, KNOWN
from engine.kandinsky.drawing.denoising import learns_variance
from engine.kandinsky.drawing.schedulers import for_one_job
from engine.models.model import Step
from engine.requests import Img2Img, Inpaint, Text2Image
from tests.engine.kandinsky.families.kandinsky_2_bench import Bench, mask
from tests.engine.kandinsky.families.test_families import Family, difference, family, one_thread, spec  # noqa: F401 - fixtures
from tools.train_demo_model.judge import look

RED_CIRCLE = "a big red circle on a yellow background"
MIDDLE = (16, 16, 112, 112)


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(DEMO)


@pytest.fixture(scope="module")
def empty() -> Image.Image:
    return Image.new("RGB", (128, 128), (255, 221, 0))


def test_better_qualities_take_more_steps() -> None:
    for model in KNOWN:
        assert model.draft_steps < model.steps < model.best_steps


def test_a_draft_is_drawn_by_a_solver_with_the_model_s_own_noise(bench: Bench) -> None:
    own = bench.model.pipelines[1].scheduler
    solver = for_one_job(own, fast=True)
    assert isinstance(solver, DPMSolverMultistepScheduler)
    assert np.array_equal(solver.betas.numpy(), own.betas.numpy())
    assert solver.config.prediction_type == own.config.prediction_type


def test_of_all_models_the_embedded_one_alone_learns_its_variance(bench: Bench, family: Family) -> None:  # noqa: F811
    assert learns_variance(for_one_job(bench.model.pipelines[1].scheduler))
    assert not learns_variance(for_one_job(bench.model.pipelines[1].scheduler, fast=True))
    assert not learns_variance(family.model.pipelines[-1].scheduler)


@pytest.mark.parametrize(("clips", "most"), [({"clip_sample": True}, 1.0), ({"clip_sample": False}, 9.0),
                                             ({"clip_sample": True, "clip_sample_range": 2.0}, 2.0)])  # fmt: skip
def test_a_draft_clips_what_it_foresees_where_the_model_s_scheduler_does(clips: dict, most: float) -> None:
    own, generator = DDPMScheduler(prediction_type="sample", **clips), torch.Generator()
    for scheduler in (for_one_job(own), for_one_job(own, fast=True)):
        scheduler.set_timesteps(4)
        foreseen = torch.full((1, 4, 8, 8), 9.0)
        drawn = torch.randn(foreseen.shape, generator=generator)
        for timestep in scheduler.timesteps:
            step = scheduler.step(foreseen, timestep, drawn, generator=generator)
            drawn = step.prev_sample
            assert step.pred_original_sample.max() == most
        assert drawn.max() == pytest.approx(most, abs=1e-3)


def test_the_previews_of_a_draft_come_near_its_picture_before_it_is_done(bench: Bench) -> None:
    shown: list[Image.Image] = []

    def look_at(step: Step) -> None:
        shown.extend(step.previews() if step.previews else [])

    [picture] = bench.draw(Text2Image, look_at, prompt=RED_CIRCLE, quality="draft")
    final = picture.resize(shown[0].size, Image.Resampling.BOX)
    halfway = shown[len(shown) // 2]
    assert np.abs(np.asarray(halfway, float) - np.asarray(final, float)).mean() < 20


def test_a_draft_shows_what_was_asked_for(bench: Bench) -> None:
    seen = look(bench.draw(Text2Image, prompt=RED_CIRCLE, quality="draft")[0])
    assert (seen.background, seen.figures[0].colour, seen.figures[0].shape) == ("yellow", "red", "circle")


def test_drafts_draw_over_pictures_and_keep_what_is_not_repainted(bench: Bench, empty: Image.Image) -> None:
    sent = {"prompt": RED_CIRCLE, "picture": bench.send(empty), "quality": "draft"}
    assert look(bench.draw(Img2Img, strength=0.9, **sent)[0]).figures[0].colour == "red"
    inside = mask(MIDDLE, empty.size)
    repainted = bench.draw(Inpaint, mask=bench.send(inside.convert("RGB")), **sent)[0]
    assert look(repainted).figures[0].colour == "red"
    outside = np.asarray(inside) == 0
    assert (np.asarray(repainted)[outside] == np.asarray(empty)[outside]).all()


@pytest.mark.parametrize("count", [1, 3])
def test_a_draft_is_the_same_each_time_alone_and_in_company(family: Family, count: int) -> None:  # noqa: F811
    alone = family.pixels(quality="draft", seed=8)[0]
    together = family.pixels(quality="draft", seed=7, count=count)
    if count > 1:
        assert difference(together[1], alone) <= 1
    assert difference(family.pixels(quality="draft", seed=8)[0], alone) == 0
    assert difference(family.pixels(seed=8)[0], alone) > 1
