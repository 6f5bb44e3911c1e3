"""What the modes mean, shown on the embedded model by pixels: is what was asked for there, and is the rest left?"""

import itertools

import numpy as np
import pytest
from PIL import Image

from engine.catalog import DEMO
from engine.request import Part
from engine.requests import Img2Img, Inpaint, Mix, Morph, Outpaint, Text2Image, Upscale, Variations
from tests.engine.kandinsky.families import kandinsky_2_bench
from tests.engine.kandinsky.families.kandinsky_2_bench import Bench, mask
from tools.train_demo_model.judge import look

SQUARE = (DEMO.native_size, DEMO.native_size)
RED_CIRCLE = "a big red circle on a yellow background"
BLUE_STAR = "a big blue star on a white background"
MIDDLE = (16, 16, 112, 112)


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(DEMO)


@pytest.fixture(scope="module")
def red(bench: Bench) -> Image.Image:
    return bench.draw(Text2Image, prompt=RED_CIRCLE, steps=10)[0]


def seen(image: Image.Image) -> tuple[str, str, str]:
    """Name the background, and the colour and the shape of the largest figure."""
    look_at = look(image)
    return look_at.background, look_at.figures[0].colour, look_at.figures[0].shape


def distance(one: Image.Image, other: Image.Image) -> float:
    """Average the absolute difference of colours, 0 to 255."""
    return float(np.abs(np.asarray(one).astype(float) - np.asarray(other)).mean())


def border(image: Image.Image) -> float:
    """Average the brightness of the left edge."""
    return float(np.asarray(image)[:, :8].mean())


def test_a_mix_moves_from_one_thing_to_another_as_the_weights_do(bench: Bench) -> None:
    ends = ("a big red circle on a black background", "a big red circle on a white background")
    drawn = [
        bench.draw(Mix, steps=8, parts=tuple(map(weighed, ends, (1 - share, share))))[0]
        for share in (0, 0.25, 0.5, 0.75, 1)
    ]
    shades = [border(image) for image in drawn]
    assert all(before < after for before, after in itertools.pairwise(shades))
    assert seen(drawn[0])[:2] == ("black", "red")
    assert seen(drawn[-1])[:2] == ("white", "red")


def weighed(text: str, weight: float) -> Part:
    return Part(text=text, weight=weight)


def test_a_mix_of_a_picture_and_words_is_between_them(bench: Bench, red: Image.Image) -> None:
    for weight, background in ((0.2, "yellow"), (5.0, "white")):
        parts = (Part(picture=bench.send(red)), Part(text=BLUE_STAR, weight=weight))
        assert seen(bench.draw(Mix, steps=8, parts=parts)[0])[0] == background


def test_a_morph_leads_from_one_thing_to_another(bench: Bench) -> None:
    frames = bench.draw(Morph, start=Part(text=RED_CIRCLE), end=Part(text=BLUE_STAR), frames=5, steps=8)
    assert seen(frames[0]) == ("yellow", "red", "circle")
    assert seen(frames[-1]) == ("white", "blue", "star")
    assert distance(frames[0], frames[1]) < distance(frames[0], frames[4]) / 2
    assert distance(frames[3], frames[4]) < distance(frames[0], frames[4]) / 2


def test_a_picture_drawn_over_a_little_stays_near_and_drawn_over_much_follows_the_words(
    bench: Bench, red: Image.Image
) -> None:
    picture = bench.send(red)
    little, much = (bench.draw(Img2Img, prompt=BLUE_STAR, picture=picture, strength=share)[0] for share in (0.2, 0.95))
    assert seen(much) == ("white", "blue", "star")
    assert look(little).background == "yellow"
    assert distance(little, red) < distance(much, red) / 2
    same = bench.draw(Img2Img, prompt=RED_CIRCLE, picture=picture, strength=0.2)[0]
    assert distance(same, red) < 8


@pytest.mark.parametrize(("colour", "shape"), [("blue", "circle"), ("green", "square"), ("white", "star")])
def test_an_inpaint_fills_the_mask_with_what_was_asked_for_and_leaves_the_rest(
    bench: Bench, red: Image.Image, colour: str, shape: str
) -> None:
    prompt, where = f"a big {colour} {shape} on a yellow background", mask(MIDDLE, SQUARE)
    drawn = bench.draw(Inpaint, prompt=prompt, picture=bench.send(red), mask=bench.send(where), steps=10)[0]
    assert seen(drawn) == ("yellow", colour, shape)
    kept = np.asarray(where) == 0
    assert np.array_equal(np.asarray(drawn)[kept], np.asarray(red)[kept])


def test_an_inpaint_is_the_same_alone_and_among_others(bench: Bench, red: Image.Image) -> None:
    places = [mask(MIDDLE, SQUARE), mask((0, 0, 64, 128), SQUARE), mask((20, 30, 100, 120), SQUARE)]
    prompts = ["a big blue circle on a yellow background", BLUE_STAR, "a green square"]
    requests = [
        bench.ask(Inpaint, prompt=prompt, picture=bench.send(red), mask=bench.send(place), steps=10, seed=seed)
        for seed, (prompt, place) in enumerate(zip(prompts, places, strict=True))
    ]
    assert len({request.batch_key() for request in requests}) == 1
    together = [drawn.images[0] for drawn in bench.render(requests)]
    alone = [bench.render([request])[0].images[0] for request in requests]
    assert max(map(kandinsky_2_bench.difference, together, alone)) <= 2


def test_an_outpaint_keeps_the_middle_and_goes_on_with_the_background(bench: Bench, red: Image.Image) -> None:
    drawn = bench.draw(Outpaint, prompt="a red circle on yellow", picture=bench.send(red), ratio=2.0, steps=10)[0]
    assert drawn.size == (256, 128)
    assert kandinsky_2_bench.difference(drawn.crop((72, 0, 184, 128)), red.crop((8, 0, 120, 128))) == 0
    assert look(drawn).background == "yellow"


def test_variations_of_a_red_circle_are_red_circles(bench: Bench, red: Image.Image) -> None:
    drawn = bench.draw(Variations, picture=bench.send(red), count=4, steps=10)
    assert [seen(image) for image in drawn] == [("yellow", "red", "circle")] * 4
    assert min(itertools.starmap(distance, itertools.combinations(drawn, 2))) > 0.2


def test_an_enlarged_picture_shows_the_same(bench: Bench, red: Image.Image) -> None:
    drawn = bench.draw(Upscale, picture=bench.send(red))[0]
    assert drawn.size == (256, 256)
    assert seen(drawn) == ("yellow", "red", "circle")
    assert distance(drawn, red.resize(drawn.size, Image.Resampling.LANCZOS)) < 16


def test_an_enlarged_picture_has_no_seams(bench: Bench) -> None:
    rising = np.tile(np.linspace(40, 220, 128)[None, :, None], (128, 1, 3)).astype(np.uint8)
    drawn = np.asarray(bench.draw(Upscale, picture=bench.send(Image.fromarray(rising)), steps=10)[0]).astype(float)
    # Windows of 128 pixels lie at 0, 64 and 128: they begin and end at the middle, and at a quarter from each side.
    for axis in (0, 1):
        steps = np.abs(np.diff(drawn, axis=axis)).mean(axis=(1 - axis, 2))
        seams = steps[[63, 127, 191]]
        assert seams.max() <= np.quantile(steps, 0.95)
