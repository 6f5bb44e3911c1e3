"""Where diffusers goes wrong with Kandinsky 3, and we do not."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import Kandinsky3Pipeline
from torch.nn.functional import pad

from engine.catalog import KANDINSKY_3, ModelSpec, Repository
from engine.errors import ModelMissing
from engine.kandinsky.drawing.latents import generator, noise, pictures
from engine.kandinsky.drawing.schedulers import for_one_job
from engine.kandinsky.families.kandinsky_3.model import Kandinsky3
from engine.kandinsky.families.kandinsky_3.pipeline import Pipeline
from engine.kandinsky.placing import loading
from engine.kandinsky.placing.device import Device
from engine.requests import Text2Image
from tests.engine.kandinsky import drawings as drawing
from tests.engine.kandinsky import tiny_models

# Random weights amplify rounding without bound; in float64 it stays below a pixel's step.
EXACT, HALF = Device("cpu", torch.float64), Device("cpu", torch.float16)
REQUEST = Text2Image(model="kandinsky-3", prompt="cat", seed=3, steps=3, guidance_scale=4.0, width=64, height=64)
LONG = "a painting of a squirrel"


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    loading.keep_libraries_quiet()
    repositories = tiny_models.kandinsky_3(tmp_path_factory.mktemp("kandinsky-3"))
    return dataclasses.replace(KANDINSKY_3, repositories=repositories)


@pytest.fixture(scope="module")
def stock(spec: ModelSpec) -> Kandinsky3Pipeline:
    return loading.load(Kandinsky3Pipeline, spec.repositories["decoder"], EXACT)


@pytest.fixture(scope="module")
def model(spec: ModelSpec) -> Kandinsky3:
    return Kandinsky3.load(spec, EXACT, Path())


def draw(model: Kandinsky3, **changes: object) -> np.ndarray:
    return np.stack(drawing.pixels(*drawing.images(model, REQUEST.model_copy(update=changes))))


def draw_stock(stock: Kandinsky3Pipeline, **options: object) -> np.ndarray:
    # With our noise, and the rest as diffusers has it.
    pipeline = Kandinsky3Pipeline(**{**stock.components, "scheduler": for_one_job(stock.scheduler)})
    pipeline.set_progress_bar_config(disable=True)
    random = [generator(3)]
    options = {"prompt": "cat", "num_inference_steps": 3, "width": 64, "height": 64, **options}
    latents = pipeline(**options, latents=noise(REQUEST, random, stock), generator=random, output_type="latent").images
    return np.stack([np.asarray(image).astype(int) for image in pictures(stock.movq, latents)])


def difference(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one - other).max())


def inputs_of_the_unet(model: Kandinsky3, **changes: object) -> dict[str, torch.Tensor]:
    heard: list[dict] = []
    unet = model.pipelines[0].unet
    hook = unet.register_forward_pre_hook(lambda _m, _a, named: heard.append(named), with_kwargs=True)
    draw(model, steps=1, **changes)
    hook.remove()
    return heard[0]


def tokens(text: str) -> list[str]:
    return ["▁", *text, "</s>"]


def masks_fit(embeds: torch.Tensor, mask: torch.Tensor) -> bool:
    return torch.equal(embeds.abs().sum(-1) > 0, mask.bool())


# Texts and their masks


def test_each_picture_has_the_mask_of_its_own_text(model: Kandinsky3, stock: Kandinsky3Pipeline) -> None:
    embeds, _, mask, _ = stock.encode_prompt(["cat", LONG], num_images_per_prompt=2, _cut_context=True)
    assert not masks_fit(embeds, mask)
    heard = inputs_of_the_unet(model, count=2, negative_prompt=LONG)
    assert masks_fit(heard["encoder_hidden_states"], heard["encoder_attention_mask"])
    assert heard["encoder_attention_mask"].sum(-1).tolist() == [len(tokens(LONG))] * 2 + [len(tokens("cat"))] * 2


def test_padding_a_text_does_not_change_the_picture(model: Kandinsky3, stock: Kandinsky3Pipeline) -> None:
    embeds, mask = model.pipelines[0].encode("cat")
    latents = torch.randn(1, 4, 8, 8, generator=generator(0)).double()

    @torch.no_grad()
    def change_by_padding(unet: torch.nn.Module) -> float:
        alone = unet(latents, 500, embeds, mask).sample
        padded = unet(latents, 500, pad(embeds, (0, 0, 0, 20)), pad(mask, (0, 20))).sample
        return float((alone - padded).abs().max())

    assert change_by_padding(stock.unet) > 1e-4
    assert change_by_padding(model.pipelines[0].unet) < 1e-12


def test_the_picture_of_one_text_is_the_one_that_diffusers_draws(model: Kandinsky3, stock: Kandinsky3Pipeline) -> None:
    assert difference(draw(model), draw_stock(stock, guidance_scale=3.0)) <= 1


def test_a_negative_prompt_longer_than_the_prompt_is_not_cut(model: Kandinsky3, stock: Kandinsky3Pipeline) -> None:
    *_, cut = stock.encode_prompt("cat", negative_prompt=LONG, _cut_context=True)
    assert cut.sum() < len(tokens(LONG))
    heard = inputs_of_the_unet(model, negative_prompt=LONG)
    embeds, _, _, _ = stock.encode_prompt(LONG, do_classifier_free_guidance=False, _cut_context=True)
    assert heard["encoder_attention_mask"][0].sum() == len(tokens(LONG))
    assert torch.equal(heard["encoder_hidden_states"][:1], embeds)


def test_a_long_negative_prompt_leaves_what_the_prompt_says_alone(model: Kandinsky3) -> None:
    unet, heard = model.pipelines[0].unet, []
    hook = unet.add_time_condition.register_forward_hook(lambda _m, _a, pooled: heard.append(pooled[1]))
    draw(model, steps=1)
    draw(model, steps=1, negative_prompt=LONG)
    hook.remove()
    assert torch.allclose(*heard, rtol=0, atol=1e-12)


# Guidance


def test_guidance_is_on_the_scale_of_the_other_families(model: Kandinsky3, stock: Kandinsky3Pipeline) -> None:
    assert difference(draw(model, guidance_scale=6.0), draw_stock(stock, guidance_scale=5.0)) <= 1
    assert difference(draw(model, guidance_scale=6.0), draw_stock(stock, guidance_scale=6.0)) > 20


def test_guidance_between_one_and_two_is_guidance(model: Kandinsky3, stock: Kandinsky3Pipeline) -> None:
    off, on = draw_stock(stock, guidance_scale=0.0), draw_stock(stock, guidance_scale=0.8)
    assert difference(off, on) == 0
    assert difference(draw(model, guidance_scale=1.0), off) <= 1
    assert difference(draw(model, guidance_scale=1.8), off) > 20


# Precision and loading


def test_where_the_rest_is_in_fp16_t5_is_in_bf16_for_it_overflows(spec: ModelSpec, tmp_path: Path) -> None:
    folder = tmp_path / "decoder"
    pipeline = Kandinsky3Pipeline.from_pretrained(spec.repositories["decoder"].path)
    for name, weight in pipeline.text_encoder.named_parameters():
        if name.endswith(("wi_0.weight", "wi_1.weight")):
            weight.data *= 2_000
    pipeline.save_pretrained(folder)
    exact = pipeline.encode_prompt("cat", do_classifier_free_guidance=False, _cut_context=True)[0]
    stock = pipeline.to(torch.float16).encode_prompt("cat", do_classifier_free_guidance=False, _cut_context=True)[0]
    ours = loading.load(Pipeline, Repository(str(folder)), HALF)
    assert {weight.dtype for weight in ours.text_encoder.parameters()} == {torch.bfloat16}
    assert {weight.dtype for weight in ours.unet.parameters()} == {torch.float16}
    assert not torch.allclose(stock.float(), exact, atol=0.1)
    assert torch.allclose(ours.encode("cat")[0].float(), exact, atol=0.1)


def test_in_half_precision_pictures_are_drawn_with_and_without_guidance(spec: ModelSpec) -> None:
    half = Kandinsky3.load(spec, HALF, Path())
    assert draw(half, count=2, negative_prompt=LONG).shape == (2, 64, 64, 3)
    assert draw(half, guidance_scale=1.0).std() > 10


def test_a_job_changes_nothing_in_the_scheduler_that_was_loaded(model: Kandinsky3, stock: Kandinsky3Pipeline) -> None:
    untouched = model.pipelines[0].scheduler.timesteps.clone()
    stock_scheduler = type(stock.scheduler).from_config(stock.scheduler.config)
    Kandinsky3Pipeline(**{**stock.components, "scheduler": stock_scheduler})("cat", 1, width=64, height=64)
    assert not torch.equal(stock_scheduler.timesteps, untouched)
    draw(model)
    assert torch.equal(model.pipelines[0].scheduler.timesteps, untouched)


def test_the_published_files_are_found_in_a_folder_that_they_were_copied_to(tmp_path: Path) -> None:
    repository = tiny_models.kandinsky_3(tmp_path, variant="fp16")["decoder"]
    with pytest.raises(ModelMissing):
        loading.load(Kandinsky3Pipeline, Repository(repository.path), EXACT)
    for source in (repository, Repository(repository.path)):
        assert loading.load(Pipeline, source, EXACT).unet.dtype == torch.float64
    assert KANDINSKY_3.repositories["decoder"].variant == "fp16"
