"""Judge pictures by their pixels alone, knowing nothing of the model's own encoders."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from .components import Mask, components, without_holes
from .scenes import COLOURS, PALETTE, PLACES, RELATIONS, SHAPES, Figure, Scene, draw

BORDER = 5
# About half the distance between the two nearest palette colours.
FOREGROUND_DISTANCE = 48.0
SMALLEST_SHARE = 0.004
HOLE_SHARE = 0.1
CENTRE_REACH = 0.1
TEMPLATE_EDGE = 48
# Below this overlap with the best template a figure has no shape.
LEAST_OVERLAP = 0.72


@dataclass(frozen=True, slots=True)
class Found:
    """A figure as seen in a picture: centre and area are fractions of the picture."""

    shape: str
    colour: str
    centre: tuple[float, float]
    area: float

    @property
    def place(self) -> str:
        """Name the place of a lone figure."""
        x, y = (part - 0.5 for part in self.centre)
        if max(abs(x), abs(y)) < CENTRE_REACH:
            return "centre"
        return direction_name(PLACES, x, y)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a picture shows: its background and its figures, the largest first."""

    background: str
    figures: tuple[Found, ...]


def look(picture: Image.Image) -> Seen:
    """Find the background by the border's median and the figures by connected components."""
    values = np.asarray(picture.convert("RGB")).astype(np.float32)
    border = np.median(border_pixels(values), axis=0)
    background = nearest_colour(border)
    foreground = np.linalg.norm(values - border, axis=-1) > FOREGROUND_DISTANCE
    parts = [part for part in components(foreground) if part.mean() > SMALLEST_SHARE]
    return Seen(background, tuple(describe(values, part) for part in parts))


def border_pixels(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Collect the pixels of the frame, shape (count, 3)."""
    inner = np.ones(values.shape[:2], bool)
    inner[BORDER:-BORDER, BORDER:-BORDER] = False
    return values[inner]


def nearest_colour(rgb: NDArray[np.float32]) -> str:
    """Name the palette colour at the least distance."""
    return min(COLOURS, key=lambda name: float(np.linalg.norm(rgb - PALETTE[name])))


def describe(values: NDArray[np.float32], part: Mask) -> Found:
    """Name a component's shape and colour and measure where it is."""
    rows, columns = np.nonzero(part)
    height, width = part.shape
    centre = ((columns.min() + columns.max() + 1) / 2 / width, (rows.min() + rows.max() + 1) / 2 / height)
    colour = nearest_colour(np.median(values[core(part)], axis=0))
    return Found(shape_name(part), colour, centre, float(part.mean()))


def core(part: Mask) -> Mask:
    """Drop the rim, whose colours are mixed, unless nothing else is left."""
    picture = Image.fromarray(part.astype(np.uint8) * 255).filter(ImageFilter.MinFilter(5))
    kept = np.asarray(picture) > 0
    return kept if kept.any() else part


def shape_name(part: Mask) -> str:
    """Name the shape: a large hole makes a ring, otherwise the template that overlaps most."""
    filled = without_holes(part)
    if 1 - part.sum() / filled.sum() > HOLE_SHARE:
        return "ring"
    framed = frame(filled)
    overlaps = {shape: overlap(framed, template(shape)) for shape in SHAPES if shape != "ring"}
    best = max(overlaps, key=lambda shape: overlaps[shape])
    return best if overlaps[best] >= LEAST_OVERLAP else "none"


def frame(part: Mask) -> Mask:
    """Scale a figure to fill a square of TEMPLATE_EDGE pixels, keeping its proportions."""
    rows, columns = np.nonzero(part)
    cut = part[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    edge = max(cut.shape)
    square = np.zeros((edge, edge), np.uint8)
    top, left = (edge - cut.shape[0]) // 2, (edge - cut.shape[1]) // 2
    square[top : top + cut.shape[0], left : left + cut.shape[1]] = cut * 255
    return np.asarray(Image.fromarray(square).resize((TEMPLATE_EDGE,) * 2, Image.Resampling.BILINEAR)) > 127


@cache
def template(shape: str) -> Mask:
    """Draw the ideal shape, framed."""
    figure = Figure(shape, "black", (0, 0, 0), "big", "centre", (0.5, 0.5), 0.4)
    picture = draw(Scene("white", (255, 255, 255), "plain", (figure,)), 256)
    return frame(np.asarray(picture.convert("L")) < 128)


def overlap(one: Mask, other: Mask) -> float:
    """Compute intersection over union."""
    return float((one & other).sum() / (one | other).sum())


def direction_name(directions: dict[str, tuple[int, int]], x: float, y: float) -> str:
    """Name the direction that points most along (x, y)."""
    return max(directions, key=lambda name: directions[name][0] * x + directions[name][1] * y)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a picture got right."""

    background: bool
    colour: bool = False
    place: bool = False
    shape: bool = False
    relation: bool = False


def judge(picture: Image.Image, wanted: Scene) -> Verdict:
    """Compare a picture with the scene it was asked to show."""
    seen = look(picture)
    verdict = Verdict(background=seen.background == wanted.background)
    if len(seen.figures) < len(wanted.figures):
        return verdict
    if len(wanted.figures) > 1:
        return judge_pair(verdict, seen, wanted)
    found, figure = seen.figures[0], wanted.figures[0]
    return replace(
        verdict,
        colour=found.colour == figure.colour,
        place=found.place == figure.place,
        shape=found.shape == figure.shape,
    )


def judge_pair(verdict: Verdict, seen: Seen, wanted: Scene) -> Verdict:
    """Match the two largest figures to the wanted ones by colour; both must fit."""
    pair, figures = seen.figures[:2], wanted.figures
    if {found.colour for found in pair} != {figure.colour for figure in figures}:
        return verdict
    first, second = sorted(pair, key=lambda found: found.colour != figures[0].colour)
    x, y = (near - far for near, far in zip(first.centre, second.centre, strict=True))
    return replace(
        verdict,
        colour=True,
        relation=direction_name(RELATIONS, x, y) == wanted.relation,
        shape=(first.shape, second.shape) == tuple(figure.shape for figure in figures),
    )
