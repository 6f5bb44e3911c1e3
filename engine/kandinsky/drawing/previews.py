"""Show what is under way: a linear map from latents to small pictures, which costs next to nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from engine.kandinsky.drawing.batch import Batch
from engine.kandinsky.drawing.denoising import Preview
from engine.kandinsky.drawing.latents import encode, factor, picture, pixels

FILE = "latent_preview.json"
# Smooth pictures of known colours, from which the map of a model that ships none is fitted.
FITTED_ON = 12
FITTED_SIDE = 128
SMALLEST_SIDE = 128


@dataclass(frozen=True, slots=True)
class LatentMap:
    """Map latents to RGB: `matrix`, float [3, 4], and `bias`, float [3], within -1 and 1."""

    matrix: Tensor
    bias: Tensor

    @classmethod
    def read(cls, path: Path) -> LatentMap:
        """Read a map that was trained with its model."""
        values = json.loads(path.read_text())
        return cls(torch.tensor(values["matrix"]), torch.tensor(values["bias"]))

    @classmethod
    def fit(cls, movq: Any) -> LatentMap:
        """Fit a map by least squares on smooth coloured pictures that `movq` encodes."""
        shown = [_smooth(number) for number in range(FITTED_ON)]
        latents = torch.cat([encode(movq, image) for image in shown]).float().cpu()
        small = torch.nn.functional.avg_pool2d(torch.stack([pixels(image) for image in shown]), factor(movq))
        known = latents.permute(0, 2, 3, 1).flatten(0, 2)
        solved = torch.linalg.lstsq(
            torch.cat([known, torch.ones(len(known), 1)], dim=1), small.permute(0, 2, 3, 1).flatten(0, 2)
        ).solution
        return cls(solved[:-1].T.contiguous(), solved[-1])

    def __call__(self, latents: Tensor) -> Image.Image:
        """Draw latents, float [4, height, width], enlarged where they are very small."""
        rgb = torch.einsum("rc,chw->rhw", self.matrix, latents.float().cpu()) + self.bias[:, None, None]
        image = picture(rgb)
        scale = max(1, -(-SMALLEST_SIDE // max(image.size)))
        return image.resize((image.width * scale, image.height * scale), Image.Resampling.BICUBIC)


class Previews:
    """Make the previews of one model; its map is read or fitted when the first is wanted."""

    def __init__(self, movq: Any, shipped: Path | None) -> None:
        self._movq = movq
        self._shipped = shipped
        self._map: LatentMap | None = None

    @classmethod
    def of(cls, folder: str, movq: Any) -> Previews:
        """Look for a shipped map in the `folder` that a decoder came from."""
        file = Path(folder) / FILE
        return cls(movq, file if file.is_file() else None)

    def maker(self, batch: Batch) -> Preview:
        """Make one small picture per request, of its first picture."""

        def preview(latents: Tensor) -> Sequence[Image.Image]:
            self._map = self._map or (LatentMap.read(self._shipped) if self._shipped else LatentMap.fit(self._movq))
            return [self._map(latents[first]) for first in batch.firsts()]

        return preview


def _smooth(number: int) -> Image.Image:
    corners = torch.rand(3, 3, 3, generator=torch.Generator().manual_seed(number)) * 2 - 1
    size = (FITTED_SIDE, FITTED_SIDE)
    return picture(torch.nn.functional.interpolate(corners[None], size, mode="bilinear", align_corners=True)[0])
