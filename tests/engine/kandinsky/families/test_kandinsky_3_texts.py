"""Kandinsky 3 reading words: what it keeps of them, how it mixes them, what it says that it could not read."""

import copy
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from engine.errors import RequestError
from engine.kandinsky.families.kandinsky_3.model import Kandinsky3
from engine.kandinsky.families.kandinsky_3.pipeline import ABSENT, Text
from engine.kandinsky.families.kandinsky_3.texts import Texts, stack
from engine.kandinsky.placing.device import Device
from engine.request import Part, Request
from engine.requests import Mix, Morph, Text2Image
from tests.engine.kandinsky.families import kandinsky_3_models
from tests.engine.kandinsky.families.kandinsky_3_models import Tiny, difference, named, scene

LONG = "a painting of a squirrel"
PICTURE = named(scene(64, 64), "a")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    spec = kandinsky_3_models.tiny_spec(tmp_path_factory.mktemp("kandinsky-3"))
    return Tiny(spec, Kandinsky3.load(spec, Device("cpu", torch.float64), Path()))


@pytest.fixture
def texts(tiny: Tiny) -> Texts:
    return tiny.model._texts


def mix(tiny: Tiny, *parts: Part, **fields: object) -> Request:
    return tiny.request(Mix, parts=parts, **fields)


def predicted(tiny: Tiny, text: Text) -> torch.Tensor:
    embeds, weights = stack([text], "cpu")
    latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0)).double()
    with torch.no_grad():
        return tiny.model.pipelines[0].unet(latents, 500, embeds, weights).sample


@cache
def unet_of(tiny: Tiny, dtype: torch.dtype) -> torch.nn.Module:
    return copy.deepcopy(tiny.model.pipelines[0].unet).to(dtype)


def pooled(tiny: Tiny, text: Text, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """Pool a text as the UNet does; what comes after, random weights blow up beyond comparing."""
    unet = unet_of(tiny, dtype)
    embeds, weights = (each.to(dtype) for each in stack([text], "cpu"))
    nothing = torch.zeros(1, unet.config.time_embedding_dim, dtype=dtype)
    with torch.no_grad():
        return unet.add_time_condition(nothing, unet.encoder_hid_proj(embeds), ((1 - weights) * ABSENT)[:, None])


def distance(tiny: Tiny, one: Text, other: Text) -> float:
    return float((pooled(tiny, one) - pooled(tiny, other)).norm())


def same(tiny: Tiny, one: Text, other: Text) -> bool:
    return torch.allclose(predicted(tiny, one), predicted(tiny, other), rtol=0, atol=1e-9)


# Known texts


def test_with_known_texts_no_text_encoder_is_needed(tiny: Tiny) -> None:
    request = tiny.request(Text2Image, prompt="cat", negative_prompt="dog")
    (before,) = tiny.drawn(request).images

    def refuse(*_given: object) -> None:
        raise AssertionError

    hits, misses = tiny.model.statistics()["texts"]
    hook = tiny.model.pipelines[0].text_encoder.register_forward_pre_hook(refuse)
    (after,) = tiny.drawn(request).images
    hook.remove()
    assert difference(before, after) == 0
    assert tiny.model.statistics()["texts"] == (hits + 2, misses)


# Mixing


def test_a_text_mixed_with_itself_is_that_text(tiny: Tiny, texts: Texts) -> None:
    itself = texts.mix([Part(text="cat", weight=1), Part(text="cat", weight=3)])
    assert same(tiny, itself, texts.read("cat"))


def test_a_text_of_weight_0_has_no_part_in_a_mix(tiny: Tiny, texts: Texts) -> None:
    alone = texts.mix([Part(text="cat"), Part(text=LONG, weight=0)])
    assert same(tiny, alone, texts.read("cat"))


def test_a_mix_moves_from_one_text_to_another_with_the_weights(tiny: Tiny, texts: Texts) -> None:
    cat, long = texts.read("cat"), texts.read(LONG)
    mixed = [
        texts.mix([Part(text="cat", weight=1 - share), Part(text=LONG, weight=share)]) for share in (0.1, 0.5, 0.9)
    ]
    from_cat, from_long = ([distance(tiny, each, end) for each in mixed] for end in (cat, long))
    assert from_cat == sorted(from_cat)
    assert from_long == sorted(from_long, reverse=True)


def test_the_length_of_a_text_gives_it_no_more_weight_in_a_mix(texts: Texts) -> None:
    embeds, weights = texts.mix([Part(text="cat"), Part(text=LONG)])
    cat = texts.read("cat").weights.shape[1] - 1
    assert float(weights[:, :cat].sum()) == pytest.approx(float(weights[:, cat:].sum()))
    assert embeds.shape[1] == weights.shape[1]


def test_only_the_proportions_of_weights_count(tiny: Tiny) -> None:
    one = tiny.drawn(mix(tiny, Part(text="cat", weight=1), Part(text="dog", weight=2)))
    other = tiny.drawn(mix(tiny, Part(text="cat", weight=20), Part(text="dog", weight=40)))
    assert difference(*one.images, *other.images) == 0


def test_a_mix_says_that_only_words_were_mixed(tiny: Tiny) -> None:
    assert tiny.drawn(mix(tiny, Part(text="cat"), Part(text="dog"), steps=1)).notes == {"text_mix": True}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_weights_count_alike_in_every_precision(tiny: Tiny, dtype: torch.dtype) -> None:
    parts = [Part(text="cat", weight=0.3), Part(text=LONG, weight=0.7)]
    mixed, alone = tiny.model._texts.mix(parts), tiny.model._texts.read("cat")
    exact = pooled(tiny, mixed)
    assert (pooled(tiny, mixed, dtype) - exact).norm() < (pooled(tiny, alone) - exact).norm() / 10


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        (Mix, {"parts": (Part(text="cat"), Part(picture=PICTURE))}),
        (Morph, {"start": Part(text="cat"), "end": Part(picture=PICTURE)}),
    ],
)
def test_a_picture_among_the_parts_is_refused_with_the_models_that_can(tiny: Tiny, kind: type, parts: dict) -> None:
    with pytest.raises(RequestError) as refusal:
        tiny.request(kind, **parts)
    assert refusal.value.code == "mix_needs_prior"
    assert {"kandinsky-2-1", "kandinsky-2-2"} <= set(refusal.value.facts["able"])
    assert "kandinsky-3" not in refusal.value.facts["able"]


# Morphing


def test_a_morph_begins_and_ends_with_the_pictures_of_its_ends(tiny: Tiny) -> None:
    request = tiny.request(Morph, start=Part(text="cat"), end=Part(text=LONG), frames=4, count=2)
    frames = tiny.drawn(request).images
    assert len(frames) == 4
    for frame, prompt in ((frames[0], "cat"), (frames[-1], LONG)):
        assert difference(frame, *tiny.drawn(tiny.request(Text2Image, prompt=prompt)).images) <= 1


def test_a_morph_leads_from_one_end_to_the_other(tiny: Tiny, texts: Texts) -> None:
    ends = Part(text="cat"), Part(text=LONG)
    steps = [texts.between(*ends, number / 8) for number in range(9)]
    moved = [distance(tiny, one, other) for one, other in pairwise(steps)]
    whole = distance(tiny, steps[0], steps[-1])
    assert max(moved) < whole / 2
    assert distance(tiny, steps[2], steps[0]) < distance(tiny, steps[2], steps[-1])
    assert distance(tiny, steps[6], steps[-1]) < distance(tiny, steps[6], steps[0])


# What could not be read


def test_what_the_encoder_does_not_read_is_told(tiny: Tiny) -> None:
    told = tiny.drawn(tiny.request(Text2Image, prompt="a" * 126 + "bcd", steps=1)).notes
    assert told == {"cut": "bcd"}


def test_what_just_fits_is_not_called_cut(tiny: Tiny) -> None:
    assert tiny.drawn(tiny.request(Text2Image, prompt="a" * 126, steps=1)).notes == {}


@pytest.mark.parametrize("prompt", ["红色的圆", "🦊🦊"])
def test_words_in_a_script_that_the_vocabulary_lacks_are_told(tiny: Tiny, prompt: str) -> None:
    assert tiny.drawn(tiny.request(Text2Image, prompt=prompt, steps=1)).notes == {"unread": True}


@pytest.mark.parametrize("prompt", ["a red circle", "a fox 🦊", "кот"])
def test_words_that_were_read_are_not_called_unread(tiny: Tiny, prompt: str) -> None:
    assert tiny.drawn(tiny.request(Text2Image, prompt=prompt, steps=1)).notes == {}
