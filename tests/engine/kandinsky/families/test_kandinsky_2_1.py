"""Where diffusers goes wrong with Kandinsky 2.1, and we do not."""

import dataclasses
import inspect
from pathlib import Path

import pytest
import torch
from diffusers import KandinskyPipeline, KandinskyPriorPipeline

from engine.catalog import KANDINSKY_2_1, ModelSpec
from engine.kandinsky.drawing.denoising import StepCounter
from engine.kandinsky.drawing.latents import generator
from engine.kandinsky.drawing.schedulers import for_one_job
from engine.kandinsky.families.kandinsky_2.prior import PRIOR_STREAM, Prior, Seeded
from engine.kandinsky.families.kandinsky_2_1.model import Kandinsky21
from engine.kandinsky.placing import loading
from engine.kandinsky.placing.device import Device
from engine.requests import Text2Image
from tests.engine.kandinsky import drawings as drawing
from tests.engine.kandinsky import tiny_models

CPU = Device("cpu", torch.float32)
REQUEST = Text2Image(model="kandinsky-2-1", prompt="a cat", seed=3, steps=3, guidance_scale=4.0, width=64, height=64)


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    loading.keep_libraries_quiet()
    repositories = tiny_models.kandinsky_2_1(tmp_path_factory.mktemp("kandinsky-2-1"))
    return dataclasses.replace(KANDINSKY_2_1, repositories=repositories, prior_steps=3)


@pytest.fixture(scope="module")
def stock_prior(spec: ModelSpec) -> KandinskyPriorPipeline:
    return loading.load(KandinskyPriorPipeline, spec.repositories["prior"], CPU)


@pytest.fixture
def stock_decoder(spec: ModelSpec) -> KandinskyPipeline:
    return loading.load(KandinskyPipeline, spec.repositories["decoder"], CPU)


@pytest.fixture(scope="module")
def prior(spec: ModelSpec) -> Prior:
    return Prior.load(spec, CPU)


def embed(prior: Prior, *wanted: Seeded) -> torch.Tensor:
    return prior.embed(wanted, StepCounter(0, drawing.ignore))


def prior_options() -> dict:
    return {"num_inference_steps": 3, "generator": generator(3 ^ PRIOR_STREAM)}


def test_the_prior_computes_what_the_class_of_2_1_does_and_tells_its_steps(
    prior: Prior, stock_prior: KandinskyPriorPipeline
) -> None:
    assert not [name for name in inspect.signature(stock_prior.__call__).parameters if "callback" in name]
    stock_prior.scheduler = for_one_job(stock_prior.scheduler)
    stock = stock_prior(["a cat"], **prior_options(), return_dict=False)
    for ours, theirs in zip((Seeded("a cat", 3), Seeded("", 3)), stock, strict=True):
        assert torch.equal(embed(prior, ours), theirs)


def test_a_negative_prompt_leaves_the_positive_embedding_alone(
    prior: Prior, stock_prior: KandinskyPriorPipeline
) -> None:
    stock, _ = stock_prior("a cat", **prior_options(), return_dict=False)
    stock_guided, _ = stock_prior("a cat", negative_prompt="ugly", **prior_options(), return_dict=False)
    assert (stock - stock_guided).abs().max() > 0.1
    fresh = Prior(prior._spec, prior.pipeline)
    together = embed(fresh, Seeded("a cat", 3), Seeded("ugly", 3))
    assert torch.allclose(embed(prior, Seeded("a cat", 3))[0], together[0], atol=1e-5)


def test_without_guidance_several_pictures_can_be_drawn(spec: ModelSpec, stock_decoder: KandinskyPipeline) -> None:
    embedding = torch.zeros(1, tiny_models.WIDTH)
    with pytest.raises(RuntimeError):
        stock_decoder("a cat", embedding, embedding, guidance_scale=1.0, num_images_per_prompt=2, num_inference_steps=1)
    unguided = REQUEST.model_copy(update={"guidance_scale": 1.0, "count": 2})
    assert len(drawing.images(Kandinsky21.load(spec, CPU, Path()), unguided)) == 2


def test_a_job_changes_nothing_in_the_schedulers_that_were_loaded(
    spec: ModelSpec, stock_decoder: KandinskyPipeline
) -> None:
    embedding, untouched = torch.zeros(1, tiny_models.WIDTH), stock_decoder.scheduler.timesteps.clone()
    stock_decoder("a cat", embedding, embedding, num_inference_steps=1, width=64, height=64)
    assert not torch.equal(stock_decoder.scheduler.timesteps, untouched)
    model = Kandinsky21.load(spec, CPU, Path())
    drawing.images(model, REQUEST)
    assert torch.equal(model._decoder.pipeline.scheduler.timesteps, untouched)


def test_pictures_are_decoded_one_at_a_time(spec: ModelSpec) -> None:
    model, sizes = Kandinsky21.load(spec, CPU, Path()), []
    model._decoder.pipeline.movq.decoder.register_forward_pre_hook(lambda _module, inputs: sizes.append(len(inputs[0])))
    drawing.images(model, REQUEST.model_copy(update={"count": 3}))
    assert sizes == [1, 1, 1]
