"""Lay out the embedding space: where the picture of a scene belongs, as the vision encoder then learns to find.

A learned space would need far more training to keep shapes and colours apart. This one is continuous in colour, place
and size, so that a mix of two embeddings is the embedding of something in between, and its zero is "no picture".
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from .scenes import PALETTE, SHAPES, TEXTURES, Colour, Figure, Scene

EMBEDDING = 128
ONE_HOT = 1.6
# Colours this far apart, in units of the RGB cube's edge, are half strangers to each other.
COLOUR_REACH = 0.22
# Waves per edge of the picture: without them a centre would be lost in a prior's noise, and its outline blurred.
CENTRE_WAVES = (3, 8)
RADIUS_WAVE = 8
FINE_FEATURES = 2 * (2 * len(CENTRE_WAVES) + 1)
FIGURE_FEATURES = len(SHAPES) + 3 + len(PALETTE) + 4


def embed_scenes(scenes: Sequence[Scene]) -> Tensor:
    """Return the embeddings of scenes, shape (count, 128)."""
    features = torch.tensor([scene_features(scene) for scene in scenes])
    return features @ basis(features.shape[1])


def basis(features: int) -> Tensor:
    """Return orthonormal rows that spread `features` numbers over the embedding; always the same."""
    generator = torch.Generator().manual_seed(22)
    square, _ = torch.linalg.qr(torch.randn(EMBEDDING, EMBEDDING, generator=generator))
    return square[:features]


def scene_features(scene: Scene) -> list[float]:
    """List what can be seen: background, texture, then the left or upper figure, then the other one."""
    figures = sorted(scene.figures, key=lambda figure: sum(figure.centre))
    absent = [0.0] * FIGURE_FEATURES
    return [
        *colour_features(scene.background_rgb),
        *one_hot(TEXTURES.index(scene.texture), len(TEXTURES)),
        *figure_features(figures[0]),
        *(figure_features(figures[1]) if len(figures) > 1 else absent),
        *fine_features(figures[0]),
        *(fine_features(figures[1]) if len(figures) > 1 else [0.0] * FINE_FEATURES),
    ]


def figure_features(figure: Figure) -> list[float]:
    """List presence, shape, colour, centre and radius of a figure."""
    x, y = ((part - 0.5) * 4 for part in figure.centre)
    shape = one_hot(SHAPES.index(figure.shape), len(SHAPES))
    return [1.0, *shape, *colour_features(figure.rgb), x, y, (figure.radius - 0.2) * 12]


def fine_features(figure: Figure) -> list[float]:
    """List waves of centre and radius, which tell apart what differs by a pixel or two."""
    x, y = figure.centre
    waves = [(part, wave) for part in (x, y) for wave in CENTRE_WAVES] + [(figure.radius, RADIUS_WAVE)]
    return [turn(2 * math.pi * wave * part) for part, wave in waves for turn in (math.sin, math.cos)]


def colour_features(rgb: Colour) -> list[float]:
    """List a colour's RGB in [-1, 1] and its nearness to every palette colour."""
    near = [ONE_HOT * math.exp(-0.5 * (math.dist(rgb, known) / 255 / COLOUR_REACH) ** 2) for known in PALETTE.values()]
    return [*(part / 127.5 - 1 for part in rgb), *near]


def one_hot(chosen: int, count: int) -> list[float]:
    """Mark one of `count` choices."""
    return [ONE_HOT if number == chosen else 0.0 for number in range(count)]
