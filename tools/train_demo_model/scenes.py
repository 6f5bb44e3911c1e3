"""Draw scenes of coloured shapes: the pictures the embedded model learns from and is judged against."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]
Size = tuple[int, int]

PALETTE: dict[str, Colour] = {
    "red": (220, 35, 40),
    "green": (40, 160, 70),
    "blue": (45, 80, 220),
    "yellow": (250, 225, 50),
    "orange": (242, 125, 20),
    "purple": (130, 50, 180),
    "pink": (250, 150, 195),
    "brown": (120, 72, 40),
    "white": (245, 245, 245),
    "black": (20, 20, 20),
}
COLOURS = tuple(PALETTE)
SIZES = ("small", "big")
PLACES: dict[str, tuple[int, int]] = {
    "centre": (0, 0),
    "left": (-1, 0),
    "right": (1, 0),
    "top": (0, -1),
    "bottom": (0, 1),
}
RELATIONS: dict[str, tuple[int, int]] = {"left of": (-1, 0), "right of": (1, 0), "above": (0, -1), "below": (0, 1)}
TEXTURES = ("plain", "stripes", "dots", "checks")

SIZE_RADII = {"small": (0.14, 0.17), "big": (0.26, 0.31)}
PAIR_RADII = (0.15, 0.19)
PLACE_OFFSET = {"small": 0.28, "big": 0.19}
PAIR_OFFSET = 0.25
JITTER = 0.025
SUPERSAMPLING = 3
# A texture repeats this often along the shorter edge.
CELLS = 8


@dataclass(frozen=True, slots=True)
class Figure:
    """One shape: its centre is in fractions of width and height, its radius of the shorter edge."""

    shape: str
    colour: str
    rgb: Colour
    size: str
    place: str
    centre: Point
    radius: float


@dataclass(frozen=True, slots=True)
class Scene:
    """A background and one or two figures; with two, `relation` tells where the first stands."""

    background: str
    background_rgb: Colour
    texture: str
    figures: tuple[Figure, ...]
    relation: str = ""


def random_scene(rng: Random, pair_share: float = 0.0, texture_share: float = 0.0) -> Scene:
    """Draw the attributes of one scene; two figures and textured backgrounds come in the given shares."""
    background, first, second = rng.sample(COLOURS, 3)
    texture = rng.choice(TEXTURES[1:]) if rng.random() < texture_share else "plain"
    if rng.random() < pair_share:
        relation = rng.choice(list(RELATIONS))
        figures = _pair(rng, (first, second), relation)
        return Scene(background, PALETTE[background], texture, figures, relation)
    return Scene(background, PALETTE[background], texture, (random_figure(rng, first),))


def random_figure(rng: Random, colour: str) -> Figure:
    """Choose shape, size and place of a lone figure."""
    size, place = rng.choice(SIZES), rng.choice(list(PLACES))
    centre = _jittered(rng, PLACES[place], PLACE_OFFSET[size])
    radius = rng.uniform(*SIZE_RADII[size])
    return Figure(rng.choice(SHAPES), colour, PALETTE[colour], size, place, centre, radius)


def _pair(rng: Random, colours: tuple[str, str], relation: str) -> tuple[Figure, ...]:
    dx, dy = RELATIONS[relation]
    centres = (_jittered(rng, (dx, dy), PAIR_OFFSET), _jittered(rng, (-dx, -dy), PAIR_OFFSET))
    return tuple(
        Figure(rng.choice(SHAPES), colour, PALETTE[colour], "", "", centre, rng.uniform(*PAIR_RADII))
        for colour, centre in zip(colours, centres, strict=True)
    )


def _jittered(rng: Random, direction: Point, offset: float) -> Point:
    x, y = (0.5 + offset * part + rng.uniform(-JITTER, JITTER) for part in direction)
    return x, y


def recoloured(scene: Scene, rng: Random) -> Scene:
    """Give a scene colours off the palette, so that embeddings between two colours mean something."""
    rgb = [tuple(rng.randrange(10, 251) for _ in range(3)) for _ in range(1 + len(scene.figures))]
    figures = tuple(replace(figure, rgb=colour) for figure, colour in zip(scene.figures, rgb[1:], strict=True))
    return replace(scene, background_rgb=rgb[0], figures=figures)


def draw(scene: Scene, width: int = 128, height: int = 0) -> Image.Image:
    """Draw a scene as an RGB picture of `width` x `height` pixels (a square without `height`), with smooth edges."""
    size = (width * SUPERSAMPLING, (height or width) * SUPERSAMPLING)
    canvas = Image.new("RGB", size, scene.background_rgb)
    _TEXTURE_PENS[scene.texture](ImageDraw.Draw(canvas), canvas.size, _shade(scene.background_rgb))
    for figure in scene.figures:
        _draw_figure(canvas, figure)
    return canvas.reduce(SUPERSAMPLING)


def pixels(scene: Scene, width: int = 128, height: int = 0) -> NDArray[np.uint8]:
    """Draw a scene as an array of shape (height, width, 3)."""
    return np.asarray(draw(scene, width, height))


def _draw_figure(canvas: Image.Image, figure: Figure) -> None:
    # A stencil leaves the ring's hole and the texture behind it untouched.
    stencil = Image.new("1", canvas.size)
    pen, radius = ImageDraw.Draw(stencil), figure.radius * min(canvas.size)
    x, y = (part * edge for part, edge in zip(figure.centre, canvas.size, strict=True))
    if figure.shape in ("circle", "ring"):
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=1)
    else:
        pen.polygon([(x + radius * u, y + radius * v) for u, v in OUTLINES[figure.shape]()], fill=1)
    if figure.shape == "ring":
        hole = RING_HOLE * radius
        pen.ellipse((x - hole, y - hole, x + hole, y + hole), fill=0)
    canvas.paste(figure.rgb, mask=stencil)


RING_HOLE = 0.55


def _square() -> list[Point]:
    return [(-0.86, -0.86), (0.86, -0.86), (0.86, 0.86), (-0.86, 0.86)]


def _triangle() -> list[Point]:
    return [(0, -0.95), (1, 0.78), (-1, 0.78)]


def _diamond() -> list[Point]:
    return [(0, -1.08), (0.78, 0), (0, 1.08), (-0.78, 0)]


def _cross() -> list[Point]:
    arm, half = 1.0, 0.32
    quarter = [(half, -arm), (half, -half), (arm, -half)]
    turned = [[(u, v), (-v, u), (-u, -v), (v, -u)] for u, v in quarter]
    return [corner[turn] for turn in range(4) for corner in turned]


def _star() -> list[Point]:
    reach = [1.1 if point % 2 == 0 else 0.46 for point in range(10)]
    return [(r * math.sin(k * math.pi / 5), 0.06 - r * math.cos(k * math.pi / 5)) for k, r in enumerate(reach)]


def _heart() -> list[Point]:
    # The well-known parametric heart, scaled to a radius of about one.
    turns = [2 * math.pi * step / 60 for step in range(60)]
    wave = [13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t) for t in turns]
    return [(math.sin(t) ** 3, -(w + 2.5) / 15.5) for t, w in zip(turns, wave, strict=True)]


OUTLINES: dict[str, Callable[[], list[Point]]] = {
    "square": _square,
    "triangle": _triangle,
    "star": _star,
    "cross": _cross,
    "diamond": _diamond,
    "heart": _heart,
}
SHAPES = ("circle", "square", "triangle", "star", "ring", "cross", "diamond", "heart")


def _shade(rgb: Colour) -> Colour:
    red, green, blue = (round(part * 0.72) if sum(rgb) > 200 else part + 45 for part in rgb)
    return red, green, blue


def _plain(pen: ImageDraw.ImageDraw, size: Size, shade: Colour) -> None:
    """Leave the background as it is."""


def _stripes(pen: ImageDraw.ImageDraw, size: Size, shade: Colour) -> None:
    cell = min(size) / CELLS
    for step in range(round(size[1] / cell)):
        pen.rectangle((0, step * cell, size[0], step * cell + min(size) / 20), fill=shade)


def _dots(pen: ImageDraw.ImageDraw, size: Size, shade: Colour) -> None:
    cell = min(size) / CELLS
    for column, row in _grid(size):
        x, y = column * cell, row * cell
        pen.ellipse((x, y, x + cell / 2, y + cell / 2), fill=shade)


def _checks(pen: ImageDraw.ImageDraw, size: Size, shade: Colour) -> None:
    cell = min(size) / CELLS
    for column, row in _grid(size):
        x, y = column * cell, row * cell
        if (column + row) % 2:
            pen.rectangle((x, y, x + cell - 1, y + cell - 1), fill=shade)


def _grid(size: Size) -> list[tuple[int, int]]:
    cell = min(size) / CELLS
    columns, rows = (round(edge / cell) for edge in size)
    return [(column, row) for row in range(rows) for column in range(columns)]


_TEXTURE_PENS = {"plain": _plain, "stripes": _stripes, "dots": _dots, "checks": _checks}
