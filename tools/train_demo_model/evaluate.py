"""Measure an exported model with prompts it was not trained on, by pixels alone."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .artist import Artist
from .captions import LANGUAGES, held_out_caption
from .judge import Verdict, judge
from .scenes import Scene, Size, draw, random_scene

SEED = 20_000
PART = 4  # a quarter as many scenes of two figures and of each other size
MIXES = 10
MIX_WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
VARIATIONS = 10
# Width and height in pixels of the pictures asked for besides the native size.
OTHER_SIZES: tuple[Size, ...] = ((64, 64), (192, 192), (256, 256), (128, 192), (192, 128))
ATTRIBUTES = {"background": ">= 95", "colour": ">= 95", "place": ">= 95", "shape": ">= 90"}
MONOTONE_SLACK = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was measured, in units that `unit` names, and what it should reach."""

    name: str
    value: float
    wanted: str
    unit: str = "%"


def evaluate(artist: Artist, count: int, samples: Path | None = None) -> Iterator[Row]:
    """Measure everything, `count` single figures per language; `samples` receives example pictures."""
    for language in LANGUAGES:
        yield from single_figures(artist, language, count, samples)
    for language in LANGUAGES:
        yield from figure_pairs(artist, language, max(count // PART, 1), samples)
    for size in OTHER_SIZES:
        yield from other_size(artist, size, max(count // PART, 1), samples)
    yield from picture_prompts(artist, max(count // 2, 1), samples)
    yield monotone_mixes(artist)
    yield from variations(artist)
    yield batch_difference(artist)
    if artist.inpaint is not None:
        yield from fillings(artist)


def single_figures(artist: Artist, language: str, count: int, samples: Path | None) -> Iterator[Row]:
    """Ask for one figure on a plain background, everything said."""
    verdicts = ask(artist, language, wanted_scenes("single", count, pair_share=0.0), samples, "single")
    for attribute, wanted in ATTRIBUTES.items():
        yield Row(f"{language}: {attribute}", share(verdicts, attribute), wanted)


def figure_pairs(artist: Artist, language: str, count: int, samples: Path | None) -> Iterator[Row]:
    """Ask for two figures."""
    verdicts = ask(artist, language, wanted_scenes("pair", count, pair_share=1.0), samples, "pair")
    yield Row(f"{language}: two figures, both colours", share(verdicts, "colour"), ">= 70")
    yield Row(f"{language}: two figures, relation too", share(verdicts, "relation"), "-")


def other_size(artist: Artist, size: Size, count: int, samples: Path | None) -> Iterator[Row]:
    """Ask for one figure in pictures of another size, in all languages by turns."""
    width, height = size
    scenes, rng = wanted_scenes("single", count, pair_share=0.0), Random(f"evaluation {size}")
    prompts = [held_out_caption(scene, rng, language).text for scene, language in zip(scenes, cycle(LANGUAGES))]
    pictures = artist.draw(prompts, SEED, size)
    keep(pictures, samples, f"{width}x{height}")
    verdicts = verdicts_on(pictures, scenes)
    for attribute in ATTRIBUTES:
        yield Row(f"{width} x {height} pixels: {attribute}", share(verdicts, attribute), "-")


def picture_prompts(artist: Artist, count: int, samples: Path | None) -> Iterator[Row]:
    """Show fresh pictures instead of prompts: what is drawn should show the same."""
    rng = Random("evaluation picture prompts")
    scenes = [random_scene(rng) for _ in range(count)]
    pictures = artist.draw_embeddings(artist.see([draw(scene) for scene in scenes]), SEED)
    keep(pictures, samples, "picture-prompts")
    verdicts = verdicts_on(pictures, scenes)
    for attribute in ATTRIBUTES:
        yield Row(f"picture as prompt: {attribute}", share(verdicts, attribute), "-")


def wanted_scenes(kind: str, count: int, pair_share: float) -> list[Scene]:
    """Choose the scenes to ask for; every language gets the same."""
    rng = Random(f"evaluation {kind}")
    return [random_scene(rng, pair_share=pair_share) for _ in range(count)]


def ask(artist: Artist, language: str, scenes: list[Scene], samples: Path | None, kind: str) -> list[Verdict]:
    """Draw held-out captions of scenes and judge the pictures."""
    rng = Random(f"evaluation {kind} {language}")
    prompts = [held_out_caption(scene, rng, language).text for scene in scenes]
    pictures = artist.draw(prompts, SEED)
    keep(pictures, samples, f"{kind}-{language}")
    return verdicts_on(pictures, scenes)


def verdicts_on(pictures: list[Image.Image], scenes: list[Scene]) -> list[Verdict]:
    """Judge each picture by its scene."""
    return [judge(picture, scene) for picture, scene in zip(pictures, scenes, strict=True)]


def keep(pictures: list[Image.Image], samples: Path | None, name: str) -> None:
    """Lay the first pictures out on a sheet, if `samples` are wanted."""
    if samples is not None:
        samples.mkdir(parents=True, exist_ok=True)
        contact_sheet(pictures[:40]).save(samples / f"{name}.png")


def share(verdicts: list[Verdict], attribute: str) -> float:
    """Compute the share of right pictures in percent."""
    return 100 * float(np.mean([getattr(verdict, attribute) for verdict in verdicts]))


def monotone_mixes(artist: Artist) -> Row:
    """Mix the embeddings of two prompts; the mean colour should go straight from one end to the other."""
    rng, monotone = Random("evaluation mix"), 0
    for number in range(MIXES):
        prompts = [held_out_caption(random_scene(rng), rng, "en").text for _ in range(2)]
        first, second = artist.embed(prompts, SEED + number)
        mixed = [first * (1 - weight) + second * weight for weight in MIX_WEIGHTS]
        means = [mean_colour(artist.draw_embeddings(part[None], SEED + number)[0]) for part in mixed]
        monotone += is_monotone(np.stack(means))
    return Row("mixes whose mean colour is monotone", 100 * monotone / MIXES, ">= 100")


def mean_colour(picture: Image.Image) -> NDArray[np.float64]:
    """Average a picture's RGB."""
    return np.asarray(picture, dtype=np.float64).mean((0, 1))


def is_monotone(means: NDArray[np.float64]) -> bool:
    """Tell whether colours (count, 3) go forward along the line from the first to the last, up to a slack of 1/255."""
    line = means[-1] - means[0]
    along = means @ line / max(float(np.linalg.norm(line)), 1e-9)
    return bool((np.diff(along) >= -MONOTONE_SLACK).all())


def variations(artist: Artist) -> Iterator[Row]:
    """Draw over a picture: gently it stays near, strongly it follows the prompt."""
    rng = Random("evaluation img2img")
    near, followed = [], []
    for number in range(VARIATIONS):
        init, wanted = random_scene(rng), random_scene(rng)
        prompt, picture = held_out_caption(wanted, rng, "en").text, draw(init)
        near.append(similarity(picture, artist.vary(picture, prompt, 0.2, SEED + number)))
        followed.append(judge(artist.vary(picture, prompt, 0.95, SEED + number), wanted))
    yield Row("img2img at strength 0.2: mean SSIM to the init picture", float(np.mean(near)), ">= 0.8", "")
    yield Row("img2img at strength 0.95: background as asked", share(followed, "background"), "-")
    yield Row("img2img at strength 0.95: colour as asked", share(followed, "colour"), "-")


def similarity(one: Image.Image, other: Image.Image, window: int = 7) -> float:
    """Compute the mean SSIM of the grey values (Wang et al., 2004), over square windows."""
    x, y = (np.asarray(picture.convert("L"), dtype=np.float64) for picture in (one, other))
    x, y = (np.lib.stride_tricks.sliding_window_view(values, (window, window)) for values in (x, y))
    (mean_x, mean_y), (variance_x, variance_y) = ([f(v, axis=(2, 3)) for v in (x, y)] for f in (np.mean, np.var))
    covariance = (x * y).mean((2, 3)) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    likeness = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    return float((likeness / ((mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2))).mean())


def batch_difference(artist: Artist) -> Row:
    """Draw four pictures alone and together; the same seed must give the same pixels."""
    prompts = [held_out_caption(scene, Random(7), "en").text for scene in wanted_scenes("single", 4, 0.0)]
    together = artist.draw(prompts, SEED)
    alone = [artist.draw([prompt], SEED + number)[0] for number, prompt in enumerate(prompts)]
    off = max(difference(one, other) for one, other in zip(together, alone, strict=True))
    return Row("batch of four against alone: largest difference", off, "<= 2", "/255")


def difference(one: Image.Image, other: Image.Image) -> int:
    """Find the largest difference of two pictures' values."""
    return int(np.abs(np.asarray(one, dtype=int) - np.asarray(other, dtype=int)).max())


def fillings(artist: Artist) -> Iterator[Row]:
    """Repaint the half of a picture that holds its figure; another one should appear there."""
    rng = Random("evaluation inpaint")
    verdicts, outside = [], []
    for number in range(2 * VARIATIONS):
        wanted = random_scene(rng)
        empty = draw(replace(wanted, figures=()))
        mask = mask_around(wanted)
        filled = artist.fill(empty, mask, held_out_caption(wanted, rng, "en").text, SEED + number)
        verdicts.append(judge(filled, wanted))
        outside.append(outside_difference(filled, empty, mask))
    yield Row("inpaint: mean difference outside the mask", float(np.mean(outside)), "<= 2", "/255")
    yield Row("inpaint: the colour asked for appears inside", share(verdicts, "colour"), ">= 80")
    yield Row("inpaint: the shape asked for appears inside", share(verdicts, "shape"), "-")


def mask_around(scene: Scene, edge: int = 128) -> Image.Image:
    """Mark a square with some room around the figure."""
    figure = scene.figures[0]
    mask = Image.new("L", (edge, edge))
    x, y = (part * edge for part in figure.centre)
    reach = (figure.radius * 1.25 + 0.03) * edge
    mask.paste(255, tuple(round(min(max(part, 0), edge)) for part in (x - reach, y - reach, x + reach, y + reach)))
    return mask


def outside_difference(one: Image.Image, other: Image.Image, mask: Image.Image) -> float:
    """Average the absolute difference where the mask is black."""
    off = np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float))
    return float(off[np.asarray(mask) == 0].mean())


def contact_sheet(pictures: list[Image.Image], columns: int = 10) -> Image.Image:
    """Lay pictures of one size out in rows."""
    width, height = pictures[0].size
    sheet = Image.new("RGB", (columns * width, -(-len(pictures) // columns) * height))
    for number, picture in enumerate(pictures):
        sheet.paste(picture, (number % columns * width, number // columns * height))
    return sheet


def table(rows: list[Row]) -> str:
    """Write rows as a Markdown table."""
    lines = [f"| {row.name} | {row.value:.4g}{row.unit and ' ' + row.unit} | {row.wanted} |" for row in rows]
    return "\n".join(["| what | measured | wanted |", "|---|---|---|", *lines])
