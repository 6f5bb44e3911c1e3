"""The embedded model, through the engine that draws with it: does the picture show what was asked for?

The judge looks at pixels alone. `python -m tools.train_demo_model --evaluate-only` asks hundreds of such questions.
"""

from random import Random

import drawing
import numpy as np
import pytest

from bot.web.page import EXAMPLES
from engine.catalog import DEMO
from engine.checks import complete
from engine.kandinsky.families import load_models
from engine.requests import Text2Image
from tools.train_demo_model.captions import LANGUAGES, held_out_caption
from tools.train_demo_model.evaluate import share, wanted_scenes
from tools.train_demo_model.judge import judge, look

ASKED = {
    "a big red circle on a yellow background": ("yellow", "red", "circle", "centre"),
    "draw me a Blue Star on the left, on white please": ("white", "blue", "star", "left"),
    "zeichne mir einen blauen Stern auf weißem Hintergrund": ("white", "blue", "star", "centre"),
    "ein kleines grünes Quadrat unten auf rosa Hintergrund": ("pink", "green", "square", "bottom"),
    "нарисуй зелёное сердце на розовом фоне": ("pink", "green", "heart", "centre"),
    "большой жёлтый крест справа на синем фоне": ("blue", "yellow", "cross", "right"),
    "黄色背景上有一个紫色的三角形": ("yellow", "purple", "triangle", "centre"),
    "黑色背景上有一个白色的圆环": ("black", "white", "ring", "centre"),
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load_models([DEMO], "cpu", tmp_path_factory.mktemp("unused"))["demo"]


def draw(model, prompt, **fields):
    request = complete(Text2Image(model="demo", prompt=prompt, seed=7, **fields), DEMO)
    return drawing.images(model, request)


@pytest.mark.parametrize("prompt", ASKED)
def test_the_picture_shows_what_was_asked_for(model, prompt):
    background, colour, _, place = ASKED[prompt]
    seen = look(draw(model, prompt)[0])
    figure = seen.figures[0]
    assert (seen.background, figure.colour, figure.place) == (background, colour, place)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_small_part_of_the_evaluation_holds(model, language):
    rng = Random(f"a small part in {language}")
    scenes = wanted_scenes("single", 8, pair_share=0.0)
    prompts = [held_out_caption(scene, rng, language).text for scene in scenes]
    verdicts = [judge(draw(model, prompt)[0], scene) for prompt, scene in zip(prompts, scenes, strict=True)]
    for attribute in ("background", "colour", "place"):
        assert share(verdicts, attribute) == 100, prompts
    assert share(verdicts, "shape") >= 75, prompts


def test_the_same_seed_gives_the_same_pixels_alone_and_in_a_batch(model):
    prompt = next(iter(ASKED))
    alone = np.asarray(draw(model, prompt)[0]).astype(int)
    in_batch = np.asarray(draw(model, prompt, count=4)[0]).astype(int)
    assert np.abs(alone - in_batch).max() <= 2


def test_a_negative_prompt_changes_the_picture(model):
    plain = np.asarray(draw(model, "a circle")[0]).astype(int)
    without = np.asarray(draw(model, "a circle", negative_prompt="a red circle")[0]).astype(int)
    assert np.abs(plain - without).max() > 10


def test_the_page_s_examples_are_drawn_well(model):
    assert [prompt for prompt in EXAMPLES if prompt not in ASKED] == []
