"""Kandinsky 3 drawing over and around pictures that people send."""

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import Kandinsky3Img2ImgPipeline
from PIL import Image

from engine.errors import Cancelled, RequestError
from engine.kandinsky.drawing.latents import generator, noise
from engine.kandinsky.drawing.schedulers import for_one_job
from engine.kandinsky.families.kandinsky_3.model import VARIATION_STRENGTH, Kandinsky3
from engine.kandinsky.placing.device import Device
from engine.models.model import Step
from engine.request import Part, Request
from engine.requests import Img2Img, Inpaint, Mix, Morph, Outpaint, Upscale, Variations
from tests.engine.kandinsky.families import kandinsky_3_models
from tests.engine.kandinsky.families.kandinsky_3_models import STEPS, Tiny, difference, named, scene

WIDE = scene(128, 64)
INPUTS = {"a" * 64: WIDE}
ODD = scene(100, 72)
CLEAR = scene(128, 64, "RGBA")
# White is repainted: a square away from the edges.
MASK = Image.new("L", WIDE.size, 0)
MASK.paste(255, (48, 16, 96, 48))
MASKED = {**INPUTS, "b" * 64: MASK.convert("RGB")}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    spec = kandinsky_3_models.tiny_spec(tmp_path_factory.mktemp("kandinsky-3"))
    return Tiny(spec, Kandinsky3.load(spec, Device("cpu", torch.float64), Path()))


def img2img(tiny: Tiny, picture: Image.Image = WIDE, **fields: object) -> Request:
    return tiny.request(Img2Img, prompt="cat", picture=named(picture, "a"), **fields)


def inpaint(tiny: Tiny, **fields: object) -> Request:
    return tiny.request(Inpaint, **{"prompt": "cat", "picture": named(WIDE, "a"), "mask": named(MASK, "b"), **fields})


def outpaint(tiny: Tiny, **fields: object) -> Request:
    return tiny.request(Outpaint, prompt="cat", picture=named(WIDE, "a"), **fields)


def stock_img2img(tiny: Tiny) -> Kandinsky3Img2ImgPipeline:
    components = tiny.model.pipelines[0].components
    pipeline = Kandinsky3Img2ImgPipeline(**{**components, "scheduler": for_one_job(components["scheduler"])})
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


# Img2img


def test_a_picture_of_an_odd_size_is_drawn_over_at_the_nearest_that_can_be(tiny: Tiny) -> None:
    with pytest.raises(RuntimeError):
        stock_img2img(tiny)("cat", image=ODD, strength=1.0, num_inference_steps=1)
    drawn = tiny.drawn(img2img(tiny, ODD), {"a" * 64: ODD})
    assert [image.size for image in drawn.images] == [tiny.spec.size_like(*ODD.size)]


def test_a_wide_picture_stays_wide(tiny: Tiny) -> None:
    (image,) = tiny.drawn(img2img(tiny, strength=0.02, guidance_scale=1.0), INPUTS).images
    assert image.size == WIDE.size


def test_strength_decides_how_many_steps_are_made_and_one_at_least_is(tiny: Tiny) -> None:
    with pytest.raises((IndexError, RuntimeError, ValueError)):
        stock_img2img(tiny)("cat", image=WIDE, strength=0.02, num_inference_steps=STEPS)
    made = [len(tiny.heard(img2img(tiny, strength=strength), INPUTS)) for strength in (0.02, 0.7, 1.0)]
    assert made == [1, 2, STEPS]


def test_the_picture_enters_with_the_noise_of_the_first_step(tiny: Tiny) -> None:
    heard = tiny.heard(img2img(tiny, strength=0.4), INPUTS)[0]
    clean = tiny.model._decoder.encode([WIDE])
    kept = tiny.model.pipelines[0].scheduler.alphas_cumprod[heard["timestep"][0]] ** 0.5
    noise = (heard["sample"][:1] - kept * clean) / (1 - kept**2) ** 0.5
    assert abs(float(noise.mean())) < 0.2
    assert float(noise.std()) == pytest.approx(1, abs=0.15)


def test_a_picture_is_encoded_once_for_many_requests(tiny: Tiny) -> None:
    other = {"a" * 64: scene(128, 64).transpose(Image.Transpose.FLIP_LEFT_RIGHT)}
    hits, misses = tiny.model.statistics()["latents"]
    for seed in range(3):
        tiny.drawn(img2img(tiny, seed=seed, steps=1), other)
    assert tiny.model.statistics()["latents"] == (hits + 2, misses + 1)


def test_two_pictures_in_a_batch_are_those_that_each_is_alone(tiny: Tiny) -> None:
    flipped = WIDE.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    drawings = [
        kandinsky_3_models.Drawing(img2img(tiny), INPUTS),
        kandinsky_3_models.Drawing(img2img(tiny, seed=9), {"a" * 64: flipped}),
    ]
    together = tiny.model.render(drawings, lambda _: None)
    alone = [tiny.model.render([each], lambda _: None)[0] for each in drawings]
    assert all(difference(*one.images, *other.images) <= 1 for one, other in zip(together, alone, strict=True))


def test_variations_are_the_picture_drawn_over_without_words(tiny: Tiny) -> None:
    varied = tiny.drawn(tiny.request(Variations, picture=named(WIDE, "a"), guidance_scale=1.0), INPUTS)
    heard = tiny.heard(tiny.request(Variations, picture=named(WIDE, "a")), INPUTS)
    assert len(heard) == int(STEPS * VARIATION_STRENGTH)
    assert not heard[0]["encoder_attention_mask"].any()
    assert varied.images[0].size == WIDE.size


# Inpaint and outpaint


def test_what_the_mask_leaves_black_stays_bit_for_bit_and_the_rest_is_drawn(tiny: Tiny) -> None:
    (image,) = tiny.drawn(inpaint(tiny), MASKED).images
    changed = np.abs(kandinsky_3_models.pixels(image) - kandinsky_3_models.pixels(WIDE)).max(-1)
    white = np.asarray(MASK) > 0
    assert not changed[~white].any()
    assert changed[white].mean() > 10


def test_at_every_step_the_kept_latents_are_the_picture_under_the_noise_of_that_step(tiny: Tiny) -> None:
    request, pipeline = inpaint(tiny, guidance_scale=1.0), tiny.model.pipelines[0]
    heard, clean = tiny.heard(request, MASKED), tiny.model._decoder.encode([WIDE])
    first, scheduler = noise(request, [generator(request.seed)], pipeline), for_one_job(pipeline.scheduler)
    assert len(heard) == STEPS
    for step in heard:
        known = scheduler.add_noise(clean, first, step["timestep"][None])
        kept = torch.ones_like(clean, dtype=torch.bool)
        kept[..., 16 // 8 : 48 // 8, 48 // 8 : 96 // 8] = False
        assert torch.equal(step["sample"][kept], known[kept])
        assert not torch.isclose(step["sample"], known)[~kept].any()


def test_each_of_two_pictures_is_repainted_under_its_own_mask(tiny: Tiny) -> None:
    left = Image.new("RGB", WIDE.size, "black")
    left.paste("white", (0, 0, 32, 64))
    flipped = WIDE.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    drawings = [
        kandinsky_3_models.Drawing(inpaint(tiny), MASKED),
        kandinsky_3_models.Drawing(inpaint(tiny, seed=9), {"a" * 64: flipped, "b" * 64: left}),
    ]
    together = tiny.model.render(drawings, lambda _: None)
    alone = [tiny.model.render([each], lambda _: None)[0] for each in drawings]
    assert all(difference(*one.images, *other.images) <= 1 for one, other in zip(together, alone, strict=True))


def test_where_a_picture_is_transparent_it_is_repainted(tiny: Tiny) -> None:
    (image,) = tiny.drawn(inpaint(tiny, mask=None), {"a" * 64: CLEAR}).images
    changed = np.abs(kandinsky_3_models.pixels(image) - kandinsky_3_models.pixels(CLEAR)[..., :3]).max(-1)
    opaque = np.asarray(CLEAR)[..., 3] == 255
    assert not changed[opaque].any()
    assert changed[~opaque].mean() > 10


@pytest.mark.parametrize(
    ("inputs", "fields", "code"),
    [
        (INPUTS, {"mask": None}, "mask_missing"),
        ({**INPUTS, "b" * 64: Image.new("RGB", WIDE.size, "black")}, {}, "mask_empty"),
        ({**INPUTS, "b" * 64: Image.new("RGB", WIDE.size, "white")}, {}, "mask_full"),
        ({**INPUTS, "b" * 64: Image.new("RGB", (64, 64), "white")}, {}, "mask_size"),
    ],
)
def test_a_mask_that_cannot_be_used_is_refused_and_the_next_picture_is_drawn(
    tiny: Tiny, inputs: dict, fields: dict, code: str
) -> None:
    with pytest.raises(RequestError) as refusal:
        tiny.drawn(inpaint(tiny, **fields), inputs)
    assert refusal.value.code == code
    assert tiny.drawn(inpaint(tiny, steps=1), MASKED).images


def test_a_picture_grows_and_stays_what_it_was(tiny: Tiny) -> None:
    request = outpaint(tiny, extend=["bottom"], share=1.0)
    (image,) = tiny.drawn(request, INPUTS).images
    layout = request.layout(tiny.spec)
    assert image.size == (request.width, request.height) == (layout.width, layout.height)
    left, top, right, bottom = layout.box
    shrunk = WIDE.resize((right - left, bottom - top), Image.Resampling.LANCZOS)
    inside = (0, 0, shrunk.width, shrunk.height - 8)  # the seam is feathered into the picture
    assert difference(image.crop(layout.box).crop(inside), shrunk.crop(inside)) == 0
    assert kandinsky_3_models.pixels(image.crop((0, bottom, image.width, image.height))).std() > 10


# Upscaling


def test_a_picture_is_drawn_at_twice_its_size_through_windows(tiny: Tiny) -> None:
    small = scene(72, 40)
    request = tiny.request(Upscale, picture=named(small, "a"))
    heard: list[Step] = []
    (image,) = tiny.drawn(request, {"a" * 64: small}, heard.append).images
    assert image.size == (144, 80)
    assert [(step.done, step.total) for step in heard] == [(done + 1, len(heard)) for done in range(len(heard))]
    windows = {tuple(step["sample"].shape[-2:]) for step in tiny.heard(request, {"a" * 64: small})}
    assert windows == {(8, 8)}


# Cancelling


def every_mode(tiny: Tiny) -> list[tuple[Request, dict]]:
    cat, dog = Part(text="cat"), Part(text="dog")
    return [
        (img2img(tiny, strength=1.0), INPUTS),
        (inpaint(tiny), MASKED),
        (outpaint(tiny, extend=["left"]), INPUTS),
        (tiny.request(Variations, picture=named(WIDE, "a"), steps=4), INPUTS),
        (tiny.request(Upscale, picture=named(scene(40, 40), "a"), strength=1.0), {"a" * 64: scene(40, 40)}),
        (tiny.request(Mix, parts=(cat, dog)), {}),
        (tiny.request(Morph, start=cat, end=dog, frames=3), {}),
    ]


def test_in_every_mode_a_cancellation_takes_effect_within_a_step_and_the_next_picture_is_unharmed(tiny: Tiny) -> None:
    for request, inputs in every_mode(tiny):
        heard: list[Step] = []

        def cancel(step: Step, heard: list[Step] = heard) -> None:
            heard.append(step)
            if step.done == 2:
                raise Cancelled

        before = tiny.drawn(request, inputs).images
        with pytest.raises(Cancelled):
            tiny.drawn(request, inputs, cancel)
        assert [step.done for step in heard] == [1, 2]
        assert difference(before[0], tiny.drawn(request, inputs).images[0]) == 0, request.mode


def test_in_every_mode_the_steps_are_counted_and_a_preview_can_be_seen(tiny: Tiny) -> None:
    for request, inputs in every_mode(tiny):
        heard: list[Step] = []
        tiny.drawn(request, inputs, heard.append)
        assert [(step.done, step.total) for step in heard] == [(done + 1, len(heard)) for done in range(len(heard))]
        (preview,) = [step.previews for step in heard if step.previews][-1]()  # decoding in windows shows none
        assert preview.width * request.height == preview.height * request.width
