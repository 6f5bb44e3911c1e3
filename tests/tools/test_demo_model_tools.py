"""The pictures the embedded model learns from, their captions, and the judge of what it draws."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import torch
from PIL import Image, ImageFilter
from torch import nn

from tools.train_demo_model.artist import Artist, Settings
from tools.train_demo_model.captions import LANGUAGES, held_out_caption, is_held_out, training_caption
from tools.train_demo_model.embedding import embed_scenes
from tools.train_demo_model.evaluate import difference, is_monotone, similarity
from tools.train_demo_model.export import Parts, export
from tools.train_demo_model.judge import Verdict, judge, look
from tools.train_demo_model.scenes import COLOURS, PALETTE, PLACES, SHAPES, SIZES, Scene, draw, random_scene, recoloured
from tools.train_demo_model.tokenizer import train_tokenizer
from tools.train_demo_model.train_clip import build_text, build_vision
from tools.train_demo_model.train_decoder import build_decoder
from tools.train_demo_model.train_inpaint import build_inpaint
from tools.train_demo_model.train_movq import build_movq
from tools.train_demo_model.train_prior import build_prior

PICTURES = 200
TEXT2IMG_MEGABYTES = 18
ALL_MEGABYTES = 32


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


def test_similarity_is_one_for_the_same_picture_and_low_for_another() -> None:
    one, other = (draw(scene) for scene in singles(18, 2))
    assert similarity(one, one) == pytest.approx(1.0)
    assert similarity(one, Image.effect_noise(one.size, 80).convert("RGB")) < 0.3
    assert difference(one, one) == 0
    assert difference(one, other) > 50


def test_only_a_straight_way_between_colours_is_monotone() -> None:
    ends = torch.tensor([[0.0, 0, 0], [200.0, 100, 50]])
    straight = torch.stack([torch.lerp(*ends, weight) for weight in (0, 0.25, 0.5, 0.75, 1)]).numpy()
    assert is_monotone(straight)
    assert not is_monotone(straight[[0, 3, 1, 2, 4]])


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, float]]:
    """Untrained parts: everything but what they have learned is as in the finished model."""
    folder, tokenizer, decoder = tmp_path_factory.mktemp("model"), train_tokenizer(500), build_decoder()
    tokens = tokenizer.model_max_length
    trained = (build_vision(), tokenizer, build_text(tokenizer), build_prior(tokens), decoder, build_inpaint(decoder))
    return folder, export(Parts(build_movq(), nn.Conv2d(4, 3, 1), *trained), folder)


def test_the_model_is_small_enough_to_ship(exported: tuple[Path, dict[str, float]]) -> None:
    sizes = exported[1]
    assert sizes["prior"] + sizes["decoder"] <= TEXT2IMG_MEGABYTES
    assert sum(sizes.values()) <= ALL_MEGABYTES


def test_the_model_loads_and_draws_as_any_kandinsky_does(exported: tuple[Path, dict[str, float]]) -> None:
    artist = Artist(exported[0], Settings(prior_steps=2, steps=2), torch.device("cpu"))
    picture = artist.draw(["ein roter Kreis на синем фоне 红色"], seed=1)[0]
    assert picture.size == (128, 128)
    mask = Image.new("L", (128, 128))
    mask.paste(255, (64, 0, 128, 128))
    filled = artist.fill(picture, mask, "a red circle", seed=1)
    assert filled.crop((0, 0, 64, 128)).tobytes() == picture.crop((0, 0, 64, 128)).tobytes()
