"""Draw a picture over at twice its size, through windows that the UNet and MoVQ can take.

All windows share the latents: each step joins what the UNet predicts in them (MultiDiffusion, Bar-Tal et al., 2023), so
that neighbours never disagree on what they overlap in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from engine.catalog import ModelSpec
from engine.kandinsky.drawing.batch import Batch
from engine.kandinsky.drawing.decoder import Decoder, Start
from engine.kandinsky.drawing.denoising import Predict, StepCounter
from engine.kandinsky.drawing.latents import picture
from engine.kandinsky.drawing.windows import Windows
from engine.models.model import Drawing


@dataclass(frozen=True, slots=True)
class Canvas:
    """Hold an enlarged picture, its edges continued to a size that latents have, and the windows over its latents."""

    batch: Batch
    decoder: Decoder
    image: Image.Image
    windows: Windows

    @classmethod
    def of(cls, batch: Batch, decoder: Decoder) -> Canvas:
        """Enlarge the picture of a request that asks for a single one."""
        request, cell = batch.request, decoder.factor
        image = batch.drawings[0].picture(request.picture).convert("RGB")
        image = image.resize((request.width, request.height), Image.Resampling.LANCZOS)
        window = [_window(side, decoder.spec) for side in image.size]
        width, height = (max(_up(side, cell), least) for side, least in zip(image.size, window, strict=True))
        windows = Windows.cover(height // cell, width // cell, (window[1] // cell, window[0] // cell))
        return cls(batch, decoder, _continued(image, width, height), windows)

    def tiles(self) -> list[Image.Image]:
        """Look at the picture through each window."""
        shown = torch.from_numpy(np.array(self.image)).permute(2, 0, 1)
        return [
            Image.fromarray(tile.permute(1, 2, 0).numpy())
            for tile in self.windows.scaled(self.decoder.factor).cut(shown)
        ]

    def steps(self) -> int:
        """Count a step for each window that the UNet or MoVQ looks through."""
        start = Start(strength=self.batch.request.strength)
        return len(self.windows) * (self.decoder.planned(self.batch.request, start) + 1)

    def draw(self, conditions: Sequence[Any], negative: Any, steps: StepCounter) -> Image.Image:
        """Draw over each window on its condition (see `Decoder.predict`), and cut off what was added to the edges."""
        request = self.batch.request
        clean = self.windows.join(self.decoder.encode([tile]) for tile in self.tiles())
        start = Start(clean=clean, strength=request.strength)
        predicts = [self.decoder.predict(self.batch, each, negative, start) for each in conditions]
        latents = self.decoder.draw(self._on_canvas(), self._through_windows(predicts, steps), start, steps)
        return self._decode(latents[0], steps).crop((0, 0, request.width, request.height))

    def _on_canvas(self) -> Batch:
        drawing, size = self.batch.drawings[0], {"width": self.image.width, "height": self.image.height}
        return Batch([Drawing(drawing.request.model_copy(update=size), drawing.inputs)])

    def _through_windows(self, predicts: Sequence[Predict], steps: StepCounter) -> Predict:
        def predict(latents: Tensor, timestep: Tensor) -> Tensor:
            parts = []
            for seen, window in zip(self.windows.cut(latents), predicts, strict=True):
                parts.append(window(seen, timestep))
                if len(parts) < len(predicts):  # the loop itself counts the last one
                    steps.count()
            return self.windows.join(parts)

        return predict

    def _decode(self, latents: Tensor, steps: StepCounter) -> Image.Image:
        parts = []
        for seen in self.windows.cut(latents):
            parts.append(self.decoder.pixels(seen).float().cpu())
            steps.count()
        return picture(self.windows.scaled(self.decoder.factor).join(parts))


def _window(side: int, spec: ModelSpec) -> int:
    """Choose a side that the UNet draws well: its native size, less where the picture has less."""
    return max(spec.min_size, min(spec.native_size, _up(side, spec.size_multiple)))


def _up(side: int, multiple: int) -> int:
    return -(-side // multiple) * multiple


def _continued(image: Image.Image, width: int, height: int) -> Image.Image:
    margins = ((0, height - image.height), (0, width - image.width), (0, 0))
    return Image.fromarray(np.pad(np.asarray(image), margins, mode="edge"))
