"""The embedded model, through the engine that draws with it: does the picture show what was asked for?

The judge looks at pixels alone. `python -m tools.train_demo_model --evaluate-only` asks hundreds of such questions.
"""

from random import Random

import numpy as np
import pytest

from bot.surfaces.web.page import EXAMPLES
from engine.catalog import DEMO
from engine.checks import complete
from engine.kandinsky.families.loaders import load_models
from engine.request import InputPicture
from engine.requests import Img2Img, Text2Image, Variations
from tests.engine.kandinsky import drawings as drawing
from tools.train_demo_model.captions import LANGUAGES, held_out_caption
from tools.train_demo_model.evaluate import SEED, VARIATIONS, share, similarity, wanted_scenes
from tools.train_demo_model.judge import judge, look
from tools.train_demo_model.scenes import draw as scene_picture
from tools.train_demo_model.scenes import random_scene

PICTURE = InputPicture(sha256="0" * 64, width=128, height=128)

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


def asked_for(prompt, **fields):
    return complete(Text2Image(model="demo", prompt=prompt, seed=7, **fields), DEMO)


def draw(model, prompt, **fields):
    return drawing.images(model, asked_for(prompt, **fields))


def draw_from(model, picture, request):
    """Draw what a request makes of `PICTURE`."""
    return drawing.images(model, complete(request, DEMO), inputs={PICTURE.sha256: picture})[0]


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
    drawn = drawing.each(model, [asked_for(prompt) for prompt in prompts])
    verdicts = [judge(picture, scene) for picture, scene in zip(drawn, scenes, strict=True)]
    for attribute in ("background", "colour", "place"):
        assert share(verdicts, attribute) == 100, prompts
    assert share(verdicts, "shape") >= 75, prompts


@pytest.mark.parametrize("size", [(64, 64), (192, 192), (256, 256), (192, 128)])
def test_pictures_of_other_sizes_show_what_was_asked_for(model, size):
    prompt = "a big red circle on a yellow background"
    picture = draw(model, prompt, width=size[0], height=size[1])[0]
    assert picture.size == size
    seen = look(picture)
    assert (seen.background, seen.figures[0].colour, seen.figures[0].place) == ("yellow", "red", "centre")
    assert len(seen.figures) == 1


def test_a_picture_gently_drawn_over_stays_near(model):
    rng = Random("evaluation img2img")
    near = []
    for number in range(VARIATIONS):
        picture, prompt = scene_picture(random_scene(rng)), held_out_caption(random_scene(rng), rng, "en").text
        request = Img2Img(model="demo", prompt=prompt, picture=PICTURE, strength=0.2, seed=SEED + number)
        near.append(similarity(picture, draw_from(model, picture, request)))
    assert np.mean(near) >= 0.8


def test_a_variation_shows_what_its_picture_shows(model):
    rng = Random("a picture as prompt")
    scenes = [random_scene(rng) for _ in range(6)]
    request = Variations(model="demo", picture=PICTURE, seed=7)
    verdicts = [judge(draw_from(model, scene_picture(scene), request), scene) for scene in scenes]
    for attribute in ("background", "colour", "place"):
        assert share(verdicts, attribute) == 100


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
