"""Draw latents from noise, from a picture, or around what is kept of one, whatever a UNet is told of the words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from engine.catalog import ModelSpec
from engine.kandinsky.drawing.batch import Batch
from engine.kandinsky.drawing.caching import Cache, picture_key
from engine.kandinsky.drawing.denoising import Keep, Predict, StepCounter, denoise, keeping, timesteps
from engine.kandinsky.drawing.editing import Edit
from engine.kandinsky.drawing.latents import decode, encode, factor, noise, pictures
from engine.kandinsky.drawing.plan import Work, work
from engine.kandinsky.drawing.previews import Previews
from engine.kandinsky.drawing.schedulers import for_one_job
from engine.request import Request

# The latents of a megapixel picture take 256 KiB in fp32.
CACHED_LATENTS = 64


@dataclass(frozen=True, slots=True)
class Start:
    """Say what a mode begins with besides noise and words, and which UNet draws it.

    `clean`, float [pictures, 4, height / 8, width / 8], are the latents of a picture. It is drawn over with `strength`,
    or, with `kept`, float [pictures, 1, height / 8, width / 8], stays where that is 1. `hint`, float [pictures, 3,
    height, width] within 0 and 1, is a map of depth.
    """

    unet: str = "decoder"
    clean: Tensor | None = None
    strength: float = 1.0
    kept: Tensor | None = None
    hint: Tensor | None = None

    def beside(self) -> Tensor | None:
        """Make what an inpainting UNet sees beside the latents, float [pictures, 5, height / 8, width / 8]."""
        if self.kept is None or self.clean is None:
            return None
        return torch.cat([self.clean * self.kept, self.kept], dim=1)


NOTHING = Start()


class Decoder(ABC):
    """Hold a UNet and a MoVQ with their scheduler."""

    def __init__(self, spec: ModelSpec, pipeline: Any) -> None:
        self.spec = spec
        self.pipeline = pipeline
        self.previews = Previews.of(spec.repositories["decoder"].path, pipeline.movq)
        self.latents: Cache[Tensor] = Cache(CACHED_LATENTS)

    @abstractmethod
    def predict(self, batch: Batch, condition: Any, negative: Any, start: Start) -> Predict:
        """Prepare the UNet's part of a step, on a `condition` for each picture; guided where `negative` is not None."""

    @property
    def caches(self) -> dict[str, Cache[Any]]:
        """Name the caches."""
        return {"latents": self.latents}

    @property
    def factor(self) -> int:
        """Tell how many pixels a latent is wide."""
        return factor(self.pipeline.movq)

    def scheduler(self, request: Request, start: Start) -> Any:
        """Make the scheduler of a request: the one that the UNet was published with."""
        return for_one_job(self.published_scheduler(start.unet), fast=request.quality == "draft")

    def published_scheduler(self, _unet: str) -> Any:
        """Return the scheduler that a UNet, named as `Start` does, was published with."""
        return self.pipeline.scheduler

    def planned(self, request: Request, start: Start = NOTHING) -> int:
        """Count the steps that a request takes."""
        return len(self._timesteps(request, start))

    def work(self, request: Request, start: Start, *, guided: bool, reuses: bool) -> list[Work]:
        """Plan what each of those steps may save."""
        planned = self._timesteps(request, start).tolist()
        return work(planned, request.saves, guided=guided, reuses=reuses)

    def encode(self, images: Sequence[Image.Image]) -> Tensor:
        """Turn pictures of one size into latents, float [pictures, 4, height / 8, width / 8]; each is made once."""
        return torch.cat([self._encode(image) for image in images])

    @abstractmethod
    def repaint(self, edits: Sequence[Edit]) -> Start:
        """Begin to repaint the masked part of each picture."""

    def draw(self, batch: Batch, predict: Predict, start: Start, steps: StepCounter) -> Tensor:
        """Draw latents, float [pictures, 4, height / 8, width / 8]: the same alone and in company, to rounding."""
        scheduler, generators = self.scheduler(batch.request, start), batch.generators()
        planned = timesteps(scheduler, batch.request.steps or 1, start.strength)
        drawn = first = noise(batch.request, generators, self.pipeline)
        keep = None
        if start.clean is not None and start.kept is not None:
            keep = keeping(start.clean, start.kept, first, scheduler)
            drawn = self.begun(first, keep, planned[0])
        elif start.clean is not None:
            drawn = scheduler.add_noise(start.clean, first, planned[:1].expand(len(first)))
        return denoise(drawn, planned, scheduler, predict, generators, steps, keep)

    def begun(self, first: Tensor, keep: Keep, timestep: Tensor) -> Tensor:
        """Make the first latents of a picture that is kept in part; an inpainting UNet sees that part beside them."""
        return first

    def pictures(self, latents: Tensor) -> list[Image.Image]:
        """Decode latents, float [pictures, 4, height / 8, width / 8]."""
        return pictures(self.pipeline.movq, latents)

    def pixels(self, latent: Tensor) -> Tensor:
        """Decode the latents of one picture, float [4, height / 8, width / 8], as pixels within about -1 and 1."""
        return decode(self.pipeline.movq, latent)

    def _timesteps(self, request: Request, start: Start) -> Tensor:
        return timesteps(self.scheduler(request, start), request.steps or 1, start.strength)

    def _encode(self, image: Image.Image) -> Tensor:
        key = picture_key(image)
        known = self.latents.get(key)
        return known if known is not None else self.latents.put(key, encode(self.pipeline.movq, image))
