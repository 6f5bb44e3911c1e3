"""Lay the pictures of several requests out as one batch, and give each request its own back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from PIL.Image import Image
from torch import Generator

from engine.kandinsky.drawing.latents import generator
from engine.models.model import Drawing, Drawn


@dataclass(frozen=True, slots=True)
class Batch:
    """Hold requests of one `batch_key`: each has a picture for every one of its seeds."""

    drawings: Sequence[Drawing]

    @property
    def request(self) -> Any:
        """Return the first request; its mode, which decides on its class, size, steps and guidance are everybody's."""
        return self.drawings[0].request

    @property
    def pictures(self) -> list[tuple[Drawing, int]]:
        """List each picture's request and seed."""
        return [(drawing, seed) for drawing in self.drawings for seed in drawing.request.seeds()]

    def singles(self) -> list[Batch]:
        """Make a batch of each picture."""
        return [Batch([_single(drawing, seed)]) for drawing, seed in self.pictures]

    def generators(self) -> list[Generator]:
        """Make a generator for each picture, so that it is the same alone and in company."""
        return [generator(seed) for _, seed in self.pictures]

    def firsts(self) -> list[int]:
        """Find the place of each request's first picture."""
        counts = [len(drawing.request.seeds()) for drawing in self.drawings]
        return [sum(counts[:number]) for number in range(len(counts))]

    def split(self, images: Sequence[Image], notes: Sequence[Mapping[str, object]] | None = None) -> list[Drawn]:
        """Give each request its pictures, and its notes."""
        left = iter(images)
        told = notes or [{}] * len(self.drawings)
        return [
            Drawn(list(islice(left, len(drawing.request.seeds()))), note)
            for drawing, note in zip(self.drawings, told, strict=True)
        ]


def _single(drawing: Drawing, seed: int) -> Drawing:
    return replace(drawing, request=drawing.request.model_copy(update={"seed": seed, "count": 1}))
