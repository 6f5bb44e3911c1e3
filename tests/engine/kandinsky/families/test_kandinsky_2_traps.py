"""Where the pipelines of diffusers go wrong with Kandinsky 2.1 and 2.2, and we do not; elsewhere we agree with them."""

import inspect

import pytest
import torch
from diffusers import (
    KandinskyInpaintPipeline,
    KandinskyPipeline,
    KandinskyV22ControlnetPipeline,
    KandinskyV22Img2ImgPipeline,
    KandinskyV22InpaintPipeline,
)
from diffusers.pipelines.kandinsky2_2.pipeline_kandinsky2_2_inpainting import prepare_mask

from engine.catalog import Repository
from engine.errors import Cancelled, ModelMissing, RequestError
from engine.kandinsky.drawing.decoder import Start
from engine.kandinsky.drawing.denoising import StepCounter
from engine.kandinsky.drawing.editing import FEATHER, grown
from engine.kandinsky.drawing.latents import pixels, weighted
from engine.kandinsky.drawing.schedulers import for_one_job
from engine.kandinsky.families.kandinsky_2.prior import PRIOR_STREAM, Prior, Seeded
from engine.kandinsky.placing.device import Device
from engine.kandinsky.placing.loading import load_scheduler
from engine.models.model import Step
from engine.pictures import masks
from engine.requests import ControlNet, Img2Img, Inpaint, Text2Image
from tests.engine.kandinsky.families import kandinsky_2_bench
from tests.engine.kandinsky.families.kandinsky_2_bench import EXACT, STEPS, WIDE, Bench, difference, mask, photo

SQUARE = (64, 64)
STOCK = {"num_inference_steps": STEPS, "output_type": "pil"}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(kandinsky_2_bench.spec_2_2(tmp_path_factory.mktemp("2-2")), EXACT)


@pytest.fixture(scope="module")
def bench_2_1(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(kandinsky_2_bench.spec_2_1(tmp_path_factory.mktemp("2-1")), EXACT)


# Repaints


def test_an_inpaint_is_that_of_the_pipeline_but_for_what_is_kept(bench: Bench) -> None:
    picture, where = photo(SQUARE), mask((16, 16, 48, 40), SQUARE)
    request = bench.ask(Inpaint, prompt="a fox", picture=bench.send(picture), mask=bench.send(where))
    options = {"width": 64, "height": 64, "guidance_scale": request.guidance_scale, **STOCK}
    theirs = bench.stock(KandinskyV22InpaintPipeline, "inpaint")(
        image=picture, mask_image=where, **bench.embeddings("a fox"), **bench.first_noise(request), **options
    ).images[0]
    ours = bench.render([request])[0].images[0]
    assert difference(masks.composite(picture, theirs, where, FEATHER), ours) <= 1
    assert difference(theirs.crop((0, 0, 64, 16)), picture.crop((0, 0, 64, 16))) > 5
    assert difference(ours.crop((0, 0, 64, 16)), picture.crop((0, 0, 64, 16))) == 0


def test_the_inpainting_unet_of_2_1_sees_what_its_pipeline_shows_it(bench_2_1: Bench) -> None:
    picture, where, seen = photo(SQUARE), mask((16, 16, 48, 40), SQUARE), []
    request = bench_2_1.ask(Inpaint, prompt="a fox", picture=bench_2_1.send(picture), mask=bench_2_1.send(where))
    unet = bench_2_1.model._decoder.unet("inpaint")
    hook = unet.register_forward_pre_hook(
        lambda _module, args, options: seen.append(args[0] if args else options["sample"]), with_kwargs=True
    )
    options = {"width": 64, "height": 64, "guidance_scale": request.guidance_scale, **STOCK}
    given = {**bench_2_1.embeddings("a fox"), **bench_2_1.first_noise(request)}
    bench_2_1.stock(KandinskyInpaintPipeline, "inpaint")("a fox", picture, where, **given, **options)
    bench_2_1.render([request])
    hook.remove()
    assert seen[0].shape == (2, 9, 8, 8)
    assert torch.allclose(seen[0], seen[STEPS], atol=1e-6)


@pytest.mark.parametrize("family", ["bench", "bench_2_1"])
def test_a_repaint_is_drawn_with_the_scheduler_that_its_unet_was_published_with(family, request) -> None:
    decoder = request.getfixturevalue(family).model._decoder
    own, decoders = decoder.published_scheduler("inpaint"), decoder.published_scheduler("decoder")
    assert not own.config.clip_sample
    assert own.config != decoders.config
    asked = request.getfixturevalue(family).ask(Text2Image, prompt="a fox")
    assert decoder.scheduler(asked, Start("inpaint")).config == own.config
    assert decoder.scheduler(asked, Start()).config == decoders.config


def test_a_scheduler_of_another_library_is_no_scheduler(tmp_path) -> None:
    (tmp_path / "scheduler").mkdir()
    (tmp_path / "scheduler" / "scheduler_config.json").write_text('{"_class_name": "UNet2DConditionModel"}')
    with pytest.raises(ModelMissing, match="no scheduler"):
        load_scheduler(Repository(str(tmp_path)))


# Traps


def test_a_picture_drawn_over_keeps_its_width_and_height(bench: Bench) -> None:
    picture = photo(WIDE)
    pipeline = bench.stock(KandinskyV22Img2ImgPipeline)
    theirs = pipeline(image=picture, **bench.embeddings("a fox"), strength=0.7, width=128, height=64, **STOCK).images[0]
    assert theirs.size == (64, 128)
    ours = bench.draw(Img2Img, prompt="a fox", picture=bench.send(picture))[0]
    assert ours.size == (128, 64)


def test_each_inpaint_of_a_batch_has_its_own_picture_and_mask(bench: Bench) -> None:
    pictures = [photo(SQUARE, 1), photo(SQUARE, 2)]
    places = [mask((8, 8, 40, 40), SQUARE), mask((24, 24, 64, 56), SQUARE)]
    pipeline, embeds = bench.stock(KandinskyV22InpaintPipeline, "inpaint"), bench.embeddings("a fox")
    given = {name: embed.repeat(2, 1) for name, embed in embeds.items()}
    theirs = pipeline(
        image=torch.stack([pixels(picture) for picture in pictures]),
        mask_image=torch.stack([pixels(place)[:1].clamp(min=0) for place in places]),
        **given, width=64, height=64, **STOCK,
    ).images  # fmt: skip
    assert difference(theirs[1].crop((0, 0, 64, 16)), pictures[1].crop((0, 0, 64, 16))) > 60

    requests = [
        bench.ask(Inpaint, prompt="a fox", picture=bench.send(picture), mask=bench.send(place), seed=seed)
        for seed, picture, place in zip((1, 2), pictures, places, strict=True)
    ]
    assert requests[0].batch_key() == requests[1].batch_key()
    alone = [bench.render([request])[0].images[0] for request in requests]
    together = [drawn.images[0] for drawn in bench.render(requests)]
    assert max(map(difference, alone, together)) <= 1
    assert difference(together[1].crop((0, 0, 64, 16)), pictures[1].crop((0, 0, 64, 16))) == 0


def test_a_negative_prompt_leaves_the_embedding_of_the_prompt_alone(bench: Bench) -> None:
    prior = bench.model._prior
    fresh = Prior(bench.spec, prior.pipeline)
    options = {"num_inference_steps": 2, "generator": torch.Generator().manual_seed(3 ^ PRIOR_STREAM)}
    pipeline = prior.pipeline
    pipeline.scheduler = for_one_job(prior.pipeline.scheduler)
    plain, _ = pipeline("a cat", **options, return_dict=False)
    options["generator"] = [torch.Generator().manual_seed(3 ^ PRIOR_STREAM) for _ in range(2)]
    guided, _ = pipeline("a cat", negative_prompt="ugly", **options, return_dict=False)
    assert (plain - guided).abs().max() > 0.01
    steps = StepCounter(0, lambda step: None)
    together = fresh.embed([Seeded("a cat", 3), Seeded("ugly", 3)], steps)[:1]
    assert torch.allclose(together, Prior(bench.spec, pipeline).embed([Seeded("a cat", 3)], steps), atol=1e-6)


def test_without_guidance_there_can_be_several_pictures(bench: Bench) -> None:
    with pytest.raises((RuntimeError, ValueError)):
        bench.pipeline(**bench.embeddings("a fox"), guidance_scale=1.0, num_images_per_prompt=2, **STOCK)
    assert len(bench.draw(Text2Image, prompt="a fox", guidance_scale=1.0, count=2)) == 2


def test_the_smallest_strength_is_one_step(bench: Bench) -> None:
    picture, heard = photo(SQUARE), []
    pipeline, embeds = bench.stock(KandinskyV22Img2ImgPipeline), bench.embeddings("a fox")
    with pytest.raises((RuntimeError, IndexError, ValueError)):
        pipeline(image=picture, **embeds, strength=0.02, width=64, height=64, **STOCK)
    bench.draw(
        Img2Img, lambda step: heard.append(step.total), prompt="a fox", picture=bench.send(picture), strength=0.02
    )
    assert heard == [1]


def test_a_size_between_the_steps_of_the_model_is_refused_before_it_is_drawn(bench: Bench) -> None:
    pipeline, embeds = bench.stock(KandinskyV22Img2ImgPipeline), bench.embeddings("a fox")
    with pytest.raises(RuntimeError):
        pipeline(image=photo((72, 72)), **embeds, width=72, height=72, strength=1.0, **STOCK)
    with pytest.raises(RequestError, match="bad_size"):
        bench.ask(Img2Img, prompt="a fox", picture=bench.send(photo((72, 72))), width=72, height=72)
    assert bench.draw(Img2Img, prompt="a fox", picture=bench.send(photo((72, 72))))[0].size == (128, 128)


def test_no_mode_changes_the_precision_or_the_scheduler_of_another(bench: Bench) -> None:
    half = Bench(bench.spec, Device("cpu", torch.bfloat16))
    loaded, where = half.model._decoder.pipeline, half.send(mask((16, 16, 48, 40), SQUARE).convert("RGB"))
    untouched = loaded.scheduler.timesteps.clone()
    half.draw(Inpaint, prompt="a fox", picture=half.send(photo(SQUARE)), mask=where)
    half.draw(Img2Img, prompt="a fox", picture=half.send(photo(SQUARE)))
    assert {loaded.unet.dtype, loaded.movq.dtype, half.model._decoder.unet("inpaint").dtype} == {torch.bfloat16}
    assert torch.equal(loaded.scheduler.timesteps, untouched)
    theirs = KandinskyV22Img2ImgPipeline.from_pipe(loaded)
    assert loaded.unet.dtype == torch.float32
    assert theirs.scheduler is loaded.scheduler


def test_a_mask_grows_as_in_the_pipeline_but_is_not_changed(bench: Bench) -> None:
    kept = (torch.rand(3, 1, 12, 16, generator=torch.Generator().manual_seed(0)) > 0.1).float()
    untouched, mutated = kept.clone(), kept.clone()
    ours, theirs = grown(kept), prepare_mask(mutated)
    assert torch.equal(ours, theirs)
    assert torch.equal(kept, untouched)
    assert not torch.equal(mutated, untouched)


def test_only_the_proportions_of_weights_count(bench: Bench) -> None:
    one, other = photo(SQUARE, 1), photo(SQUARE, 2)
    prior = bench.model._prior
    theirs = prior.pipeline.interpolate([one, other], [0.2, 0.2], num_inference_steps=2).image_embeds
    embeds = [prior.embed_image(image) for image in (one, other)]
    assert torch.allclose(theirs, 0.4 * weighted(embeds, [0.2, 0.2]))
    assert torch.allclose(weighted(embeds, [0.2, 0.2]), weighted(embeds, [1, 1]))


def test_every_mode_can_be_stopped_though_some_pipelines_cannot(bench: Bench) -> None:
    for pipeline_class in (KandinskyPipeline, KandinskyInpaintPipeline, KandinskyV22ControlnetPipeline):
        assert "callback_on_step_end" not in inspect.signature(pipeline_class.__call__).parameters
    picture, heard = bench.send(photo(SQUARE)), []

    def cancel(step: Step) -> None:
        heard.append(step.done)
        if step.done == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        bench.draw(ControlNet, cancel, prompt="a fox", picture=picture, is_depth_map=True, seed=99)
    assert heard == [1, 2, 3, 4]
