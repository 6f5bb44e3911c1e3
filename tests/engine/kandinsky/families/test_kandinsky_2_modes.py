"""Every mode of Kandinsky 2.1 and 2.2, on tiny models of the true classes; what modes mean: `test_demo_modes.py`."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.catalog import Repository
from engine.errors import Cancelled, ModelMissing, RequestError
from engine.kandinsky.drawing.latents import slerp
from engine.kandinsky.placing.loading import load_network
from engine.models.model import Step
from engine.request import Part, Request
from engine.requests import ControlNet, Img2Img, Inpaint, Mix, Morph, Outpaint, Text2Image, Upscale, Variations
from tests.engine.kandinsky.families import kandinsky_2_bench
from tests.engine.kandinsky.families.kandinsky_2_bench import CPU, STEPS, WIDE, Bench, difference, mask, photo

SPECS = {"2.1": kandinsky_2_bench.spec_2_1, "2.2": kandinsky_2_bench.spec_2_2}
BOX = (32, 16, 96, 48)


@pytest.fixture(scope="module", params=SPECS)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(SPECS[request.param](tmp_path_factory.mktemp(request.param)))


@pytest.fixture(scope="module")
def bench_2_2(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(kandinsky_2_bench.spec_2_2(tmp_path_factory.mktemp("only-2-2")))


def asked(bench: Bench, mode: str, **fields: object) -> Request:
    picture, other = bench.send(photo(WIDE, 1)), bench.send(photo((64, 96), 2))
    kinds = {
        "text2img": (Text2Image, {"prompt": "a fox", "width": 128, "height": 64}),
        "img2img": (Img2Img, {"prompt": "a fox", "picture": picture}),
        "inpaint": (Inpaint, {"prompt": "a fox", "picture": picture, "mask": bench.send(mask(BOX))}),
        "outpaint": (Outpaint, {"prompt": "a fox", "picture": picture, "extend": ("top", "left")}),
        "mix": (Mix, {"parts": (Part(text="a fox", weight=2), Part(picture=picture), Part(picture=other))}),
        "variations": (Variations, {"picture": picture, "prompt": "in winter"}),
        "morph": (Morph, {"start": Part(text="a fox"), "end": Part(picture=other), "frames": 3}),
        "upscale": (Upscale, {"picture": other, "strength": 0.7}),
        "controlnet": (ControlNet, {"prompt": "a fox", "picture": picture, "is_depth_map": True}),
    }
    kind, needed = kinds[mode]
    return bench.ask(kind, **{**needed, **fields})


MODES = ("text2img", "img2img", "inpaint", "outpaint", "mix", "variations", "morph", "upscale")
SIZES = {"img2img": WIDE, "inpaint": WIDE, "outpaint": (256, 128), "variations": WIDE, "upscale": (128, 192)}


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_draws_its_pictures_and_counts_its_steps_and_the_seed_decides(bench: Bench, mode: str) -> None:
    request, heard = asked(bench, mode), []
    assert mode in bench.spec.modes
    drawn = bench.render([request], lambda step: heard.append((step.done, step.total)))[0].images
    assert heard == [(number, len(heard)) for number in range(1, len(heard) + 1)]
    assert {image.size for image in drawn} == {(request.width, request.height)}
    assert len(drawn) == (request.frames if mode == "morph" else 1)
    assert difference(drawn[0], bench.render([request])[0].images[0]) == 0
    assert difference(drawn[0], bench.render([request.model_copy(update={"seed": 8})])[0].images[0]) > 5


@pytest.mark.parametrize("mode", MODES)
def test_a_cancellation_ends_every_mode_within_a_step_and_the_next_is_unharmed(bench: Bench, mode: str) -> None:
    request, heard = asked(bench, mode, seed=20), []

    def cancel(step: Step) -> None:
        heard.append(step)
        if step.done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        bench.render([request], cancel)
    assert len(heard) == 2
    assert heard[0].previews is None or heard[0].previews()[0].size
    assert len(bench.render([asked(bench, "img2img", strength=0.4)])[0].images) == 1


@pytest.mark.parametrize("mode", ["img2img", "inpaint", "outpaint", "variations"])
def test_a_mode_with_a_picture_draws_several_of_it(bench: Bench, mode: str) -> None:
    drawn = bench.render([asked(bench, mode, count=2, steps=1)])[0].images
    assert len(drawn) == 2
    assert difference(*drawn) > 5


# Pictures that are repainted


def test_what_is_not_repainted_stays_bit_for_bit(bench: Bench) -> None:
    drawn = np.asarray(bench.render([asked(bench, "inpaint")])[0].images[0])
    kept = np.asarray(mask(BOX)) == 0
    assert np.array_equal(drawn[kept], np.asarray(photo(WIDE, 1))[kept])
    assert not np.array_equal(drawn[~kept], np.asarray(photo(WIDE, 1))[~kept])


def test_without_a_mask_what_is_transparent_is_repainted(bench_2_2: Bench) -> None:
    picture = photo(WIDE, 1)
    picture.putalpha(mask(BOX).point(lambda value: 255 - value))
    drawn = bench_2_2.draw(Inpaint, prompt="a fox", picture=bench_2_2.send(picture))[0]
    kept = np.asarray(mask(BOX)) == 0
    assert drawn.mode == "RGB"
    assert np.array_equal(np.asarray(drawn)[kept], np.asarray(picture)[..., :3][kept])


def test_a_picture_of_another_size_is_repainted_at_the_model_s(bench_2_2: Bench) -> None:
    picture, where = bench_2_2.send(photo((100, 60))), bench_2_2.send(mask((20, 20, 60, 50), (100, 60)))
    assert bench_2_2.draw(Inpaint, prompt="a fox", picture=picture, mask=where)[0].size == (192, 128)


@pytest.mark.parametrize(
    ("where", "code"),
    [
        (None, "mask_missing"),
        (mask((0, 0, 0, 0)), "mask_empty"),
        (mask((0, 0, *WIDE)), "mask_full"),
        (mask(BOX, (64, 64)), "mask_size"),
    ],
)
def test_a_mask_that_says_nothing_is_refused(bench_2_2: Bench, where: Image.Image | None, code: str) -> None:
    sent = {"mask": bench_2_2.send(where)} if where else {}
    with pytest.raises(RequestError, match=code):
        bench_2_2.draw(Inpaint, prompt="a fox", picture=bench_2_2.send(photo(WIDE)), **sent)


def test_an_outpaint_keeps_its_picture_and_has_the_size_of_its_canvas(bench: Bench) -> None:
    request = asked(bench, "outpaint")
    layout = request.layout(bench.spec)
    assert (request.width, request.height) == (layout.width, layout.height)
    left, top, right, bottom = layout.box
    drawn = bench.render([request])[0].images[0]
    inner = (left + 8, top + 8, right, bottom)
    picture = photo(WIDE, 1).resize((right - left, bottom - top), Image.Resampling.LANCZOS)
    assert difference(drawn.crop(inner), picture.crop((8, 8, right - left, bottom - top))) == 0


def test_an_outpaint_of_another_size_is_refused(bench_2_2: Bench) -> None:
    with pytest.raises(RequestError, match="outpaint_size"):
        asked(bench_2_2, "outpaint", width=64, height=64)


def test_the_inpainting_network_is_loaded_at_the_first_inpaint_and_shares_the_rest(tmp_path: Path) -> None:
    spec = kandinsky_2_bench.spec_2_2(tmp_path)
    absent = {**spec.repositories, "inpaint": Repository(str(tmp_path / "nowhere"))}
    bench = Bench(dataclasses.replace(spec, repositories=absent))
    assert bench.draw(Text2Image, prompt="a fox")
    with pytest.raises(ModelMissing) as caught:
        bench.render([asked(bench, "inpaint")])
    assert caught.value.facts["repository"] == str(tmp_path / "nowhere")
    assert bench.draw(Text2Image, prompt="a fox")


def test_a_rare_network_is_not_downloaded_while_somebody_waits_but_told_how_to_get() -> None:
    asked_for: list[bool] = []

    class Hub:
        @classmethod
        def from_pretrained(cls, path: str, *, local_files_only: bool, **options: object) -> None:
            asked_for.append(local_files_only)
            raise OSError("not in the cache")

    with pytest.raises(ModelMissing) as caught:
        load_network(Hub, Repository("owner/name", "abc"), CPU, subfolder="unet")
    assert asked_for == [True]
    assert caught.value.facts["command"] == "hf download owner/name --revision abc"


# Pictures that are drawn over


@pytest.mark.parametrize(("strength", "steps"), [(0.02, 1), (0.3, 1), (0.6, 3), (1.0, 5)])
def test_the_strength_decides_on_the_steps(bench_2_2: Bench, strength: float, steps: int) -> None:
    heard: list[Step] = []
    picture = bench_2_2.send(photo(WIDE))
    for _ in range(2):
        bench_2_2.draw(Img2Img, heard.append, prompt="a fox", picture=picture, strength=strength, steps=5)
    assert heard[-1].total == steps


def test_a_picture_is_encoded_once_for_each_size(bench_2_2: Bench) -> None:
    picture = bench_2_2.send(photo(WIDE, 77))
    _, before = bench_2_2.model.statistics()["latents"]
    for size in [{}, {}, {"width": 64, "height": 64}, {}]:
        bench_2_2.draw(Img2Img, prompt="a fox", picture=picture, **size)
    hits, misses = bench_2_2.model.statistics()["latents"]
    assert misses - before == 2
    assert hits >= 2


# Mixes and morphs


def test_a_mix_of_one_thing_with_nothing_is_that_thing(bench_2_2: Bench) -> None:
    picture, fox = bench_2_2.send(photo(WIDE, 1)), {"prompt": "a fox"}
    alone = bench_2_2.draw(Text2Image, **fox)[0]
    mixed = bench_2_2.draw(Mix, parts=(Part(text="a fox"), Part(picture=picture, weight=0)))[0]
    assert difference(alone, mixed) <= 2


def test_weights_that_sum_to_nothing_are_refused_at_once(bench_2_2: Bench) -> None:
    parts = (Part(text="a fox", weight=0), Part(text="a cat", weight=0))
    with pytest.raises(RequestError, match="weights_sum_to_zero"):
        bench_2_2.ask(Mix, parts=parts)


def test_a_morph_begins_and_ends_with_its_ends(bench_2_2: Bench) -> None:
    frames = bench_2_2.draw(Morph, start=Part(text="a fox"), end=Part(text="a cat"), frames=3)
    ends = [bench_2_2.draw(Text2Image, prompt=prompt)[0] for prompt in ("a fox", "a cat")]
    assert difference(frames[0], ends[0]) <= 2
    assert difference(frames[2], ends[1]) <= 2


def test_the_way_between_two_embeddings_is_an_arc() -> None:
    start, end = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    half = slerp(start, end, 0.5)
    assert torch.allclose(half, torch.tensor([[0.5**0.5, 0.5**0.5]]))
    assert torch.allclose(slerp(start, end, 0.0), start)
    assert torch.allclose(slerp(start, start * 2, 0.5), start * 1.5)


# Depth


def test_a_depth_map_decides_on_the_picture(bench_2_2: Bench) -> None:
    maps = [bench_2_2.send(image) for image in (photo(WIDE, 1), photo(WIDE, 2))]
    drawn = [bench_2_2.draw(ControlNet, prompt="a fox", picture=each, is_depth_map=True)[0] for each in maps]
    assert difference(*drawn) > 5


def test_the_depth_of_a_picture_is_estimated_where_a_model_for_it_is_configured(bench_2_2: Bench) -> None:
    picture = bench_2_2.send(photo(WIDE, 1))
    drawn = bench_2_2.draw(ControlNet, prompt="a fox", picture=picture)[0]
    assert drawn.size == WIDE
    without = {part: where for part, where in bench_2_2.spec.repositories.items() if part != "depth"}
    bench = Bench(dataclasses.replace(bench_2_2.spec, repositories=without))
    with pytest.raises(RequestError, match="depth_missing"):
        bench.render([asked(bench, "controlnet", is_depth_map=False)])


def test_a_model_without_controlnet_names_one_that_has_it(bench: Bench) -> None:
    if "controlnet" not in bench.spec.modes:
        with pytest.raises(RequestError) as caught:
            asked(bench, "controlnet")
        assert caught.value.facts["able"] == ["kandinsky-2-2"]


# What a person should know


def test_the_words_that_the_encoder_does_not_read_are_quoted(bench: Bench) -> None:
    words = "x" * 75  # a token for each letter, and one at each end
    assert bench.render([bench.ask(Text2Image, prompt=words, steps=1)])[0].notes == {}
    notes = bench.render([bench.ask(Text2Image, prompt=f"{words} and a cat", steps=1)])[0].notes
    assert notes == {"cut": "and a cat"}


def test_the_caches_tell_how_often_they_helped(bench: Bench) -> None:
    request = asked(bench, "variations", seed=50, steps=STEPS)
    bench.render([request])
    before = bench.model.statistics()
    bench.render([request])
    after = bench.model.statistics()
    for name in ("texts", "images"):
        assert after[name][0] > before[name][0]
        assert after[name][1] == before[name][1]
