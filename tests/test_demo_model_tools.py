"""The pictures the embedded model learns from, their captions, and the judge of what it draws."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from PIL import Image, ImageFilter

from tools.train_demo_model.captions import LANGUAGES, held_out_caption, is_held_out, training_caption
from tools.train_demo_model.embedding import embed_scenes
from tools.train_demo_model.judge import Verdict, judge, look
from tools.train_demo_model.scenes import COLOURS, PALETTE, PLACES, SHAPES, SIZES, Scene, draw, random_scene, recoloured

PICTURES = 200


def singles(seed: int, count: int = PICTURES) -> list[Scene]:
    rng = Random(seed)
    return [random_scene(rng) for _ in range(count)]


def pairs(seed: int, count: int = PICTURES) -> list[Scene]:
    rng = Random(seed)
    return [random_scene(rng, pair_share=1.0) for _ in range(count)]


def share(verdicts: list[Verdict], name: str) -> float:
    return sum(getattr(verdict, name) for verdict in verdicts) / len(verdicts)


def test_scenes_cover_every_attribute() -> None:
    figures = [scene.figures[0] for scene in singles(1, 600)]
    assert {figure.shape for figure in figures} == set(SHAPES)
    assert {figure.colour for figure in figures} == set(COLOURS)
    assert {figure.size for figure in figures} == set(SIZES)
    assert {figure.place for figure in figures} == set(PLACES)


def test_the_same_seed_draws_the_same_pictures() -> None:
    drawn = [[draw(scene).tobytes() for scene in singles(2, 5)] for _ in range(2)]
    assert drawn[0] == drawn[1]


def test_figures_never_share_a_colour_with_their_background() -> None:
    for scene in singles(3) + pairs(3):
        colours = [scene.background, *(figure.colour for figure in scene.figures)]
        assert len(set(colours)) == len(colours)


@pytest.mark.parametrize("edge", [64, 128, 256])
def test_a_picture_has_its_background_in_the_corner(edge: int) -> None:
    scene = singles(4, 1)[0]
    picture = draw(scene, edge)
    assert picture.size == (edge, edge)
    assert picture.getpixel((0, 0)) == PALETTE[scene.background]


def test_the_judge_finds_what_was_drawn() -> None:
    verdicts = [judge(draw(scene), scene) for scene in singles(5)]
    shares = {name: share(verdicts, name) for name in ("background", "colour", "place", "shape")}
    assert min(shares.values()) >= 0.99, shares


def test_the_judge_finds_both_figures_of_a_pair() -> None:
    verdicts = [judge(draw(scene), scene) for scene in pairs(6)]
    shares = {name: share(verdicts, name) for name in ("background", "colour", "relation", "shape")}
    assert min(shares.values()) >= 0.99, shares


def test_the_judge_is_not_pleased_by_other_pictures() -> None:
    verdicts = [judge(draw(shown), wanted) for shown, wanted in zip(singles(7), singles(8), strict=True)]
    chances = {"background": 0.1, "colour": 0.1, "place": 0.2, "shape": 0.125}
    assert all(share(verdicts, name) < chance + 0.1 for name, chance in chances.items())


def noisy(picture: Image.Image) -> Image.Image:
    return Image.effect_noise(picture.size, 60).convert("RGB")


def empty(picture: Image.Image) -> Image.Image:
    return Image.new("RGB", picture.size, PALETTE["white"])


@pytest.mark.parametrize("spoil", [noisy, empty])
def test_a_picture_without_a_figure_has_no_right_shape(spoil: Callable[[Image.Image], Image.Image]) -> None:
    verdicts = [judge(spoil(draw(scene)), scene) for scene in singles(9, 50)]
    assert share(verdicts, "shape") <= 0.05
    assert share(verdicts, "colour") <= 0.2


def test_the_judge_forgives_soft_edges() -> None:
    soft = [judge(draw(scene).filter(ImageFilter.GaussianBlur(1)), scene) for scene in singles(10)]
    assert share(soft, "shape") >= 0.95
    assert share(soft, "colour") >= 0.99


def test_a_lone_figure_is_not_a_pair() -> None:
    wanted = pairs(11, 1)[0]
    alone = replace(wanted, figures=wanted.figures[:1])
    assert not judge(draw(alone), wanted).colour
    assert len(look(draw(alone)).figures) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_training_never_says_what_the_evaluation_asks(language: str) -> None:
    rng = Random(12)
    scenes = singles(12, 100) + pairs(12, 50)
    assert not any(is_held_out(training_caption(scene, rng, language).text) for scene in scenes)
    assert all(is_held_out(held_out_caption(scene, rng, language).text) for scene in scenes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_scene_is_said_in_many_ways(language: str) -> None:
    rng, scene = Random(13), singles(13, 1)[0]
    said = {training_caption(scene, rng, language).text for _ in range(60)}
    assert len(said) > 20


@pytest.mark.parametrize(("language", "word"), [("en", "red"), ("de", "rot"), ("ru", "красн"), ("zh", "红")])
def test_a_caption_names_the_colour(language: str, word: str) -> None:
    rng = Random(14)
    red = [scene for scene in singles(14) if scene.figures[0].colour == "red"]
    assert red
    assert all(word in training_caption(scene, rng, language).text for scene in red)


def test_embeddings_keep_different_scenes_apart() -> None:
    embeddings = embed_scenes(singles(15, 60))
    distances = (embeddings[:, None] - embeddings[None]).norm(dim=-1)
    distances.fill_diagonal_(float("inf"))
    assert distances.min() > 0.3


def test_a_mix_of_two_colours_lies_between_them() -> None:
    scene = singles(16, 1)[0]
    rgb = [(200, 40, 40), (120, 80, 120), (40, 120, 200)]
    start, middle, end = embed_scenes([replace(scene, background_rgb=colour) for colour in rgb])
    assert (middle - start).norm() < (end - start).norm()
    assert (middle - end).norm() < (end - start).norm()


def test_recolouring_keeps_shapes_and_places() -> None:
    scene = singles(17, 1)[0]
    other = recoloured(scene, Random(17))
    assert other.background_rgb != scene.background_rgb
    assert [(f.shape, f.centre, f.radius) for f in other.figures] == [
        (f.shape, f.centre, f.radius) for f in scene.figures
    ]
