"""Draw latents from image embeddings: the decoders of Kandinsky 2.1 and 2.2, whatever the mode."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from diffusers import UNet2DConditionModel
from PIL import Image
from torch import Tensor

from engine.catalog import ModelSpec
from engine.kandinsky.batch import Batch
from engine.kandinsky.caching import Cache, picture_key
from engine.kandinsky.denoising import Predict, denoise, guided, keeping, learns_variance, timesteps, unguided
from engine.kandinsky.device import Device
from engine.kandinsky.editing import Edit, grown, kept_latents
from engine.kandinsky.latents import decode, encode, factor, noise, pictures
from engine.kandinsky.loading import load_network
from engine.kandinsky.previews import Previews
from engine.kandinsky.schedulers import for_one_job
from engine.kandinsky.steps import StepCounter
from engine.requests import Request

# The latents of a megapixel picture take 256 KiB in fp32.
CACHED_LATENTS = 64


@dataclass(frozen=True, slots=True)
class Start:
    """Say what a mode begins with besides noise and embeddings, and which UNet draws it.

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


class Decoder(ABC):
    """Hold a decoder's networks; the UNets of rarer modes are loaded when they are first wanted."""

    def __init__(self, spec: ModelSpec, device: Device, pipeline: Any) -> None:
        self.spec = spec
        self.previews = Previews.of(spec.repositories["decoder"].path, pipeline.movq)
        self.latents: Cache[Tensor] = Cache(CACHED_LATENTS)
        self._device = device
        self._pipeline = pipeline
        self._unets = {"decoder": pipeline.unet}

    @classmethod
    @abstractmethod
    def load(cls, spec: ModelSpec, device: Device) -> Self:
        """Load the part of `spec` that is called "decoder" onto `device`."""

    @abstractmethod
    def conditions(self, batch: Batch, embeds: Tensor, negative_embeds: Tensor | None) -> dict[str, Any]:
        """Name what the UNet is conditioned on, for each picture; with `negative_embeds`, those come first."""

    @property
    def caches(self) -> dict[str, Cache[Any]]:
        """Name the caches."""
        return {"latents": self.latents}

    @property
    def factor(self) -> int:
        """Tell how many pixels a latent is wide."""
        return factor(self._pipeline.movq)

    def unet(self, part: str) -> Any:
        """Return the UNet of "decoder", "inpaint" or "controlnet"; raise `ModelMissing` where its files are not had."""
        if part not in self._unets:
            repository = self.spec.repositories[part]
            self._unets[part] = load_network(UNet2DConditionModel, repository, self._device, subfolder="unet")
        return self._unets[part]

    def planned(self, request: Request, strength: float) -> int:
        """Count the steps that a request takes."""
        return len(timesteps(for_one_job(self._pipeline.scheduler), request.steps or 1, strength))

    def encode(self, images: Sequence[Image.Image]) -> Tensor:
        """Turn pictures of one size into latents, float [pictures, 4, height / 8, width / 8]; each is made once."""
        return torch.cat([self._encode(image) for image in images])

    def repaint(self, edits: Sequence[Edit]) -> Start:
        """Begin to repaint the masked part of each picture."""
        clean = self.encode([edit.original for edit in edits])
        return Start("inpaint", clean, kept=grown(kept_latents(edits, self.factor)).to(clean))

    def predict(self, batch: Batch, embeds: Tensor, negative_embeds: Tensor | None, start: Start) -> Predict:
        """Prepare the UNet's part of a step; it is guided where there are `negative_embeds`, float as `embeds`."""
        unet, learned = self.unet(start.unet), learns_variance(self._pipeline.scheduler)
        copies, scale = (1 if negative_embeds is None else 2), batch.request.guidance_scale
        negative_embeds = None if negative_embeds is None else negative_embeds.to(unet.device, unet.dtype)
        conditions = self.conditions(batch, embeds.to(unet.device, unet.dtype), negative_embeds)
        if start.hint is not None:
            conditions["added_cond_kwargs"]["hint"] = _repeated(start.hint, copies).to(unet.device, unet.dtype)
        beside = start.beside()

        def predict(latents: Tensor, timestep: Tensor) -> Tensor:
            seen = latents if beside is None else torch.cat([latents, beside], dim=1)
            outputs = unet(_repeated(seen, copies), timestep, **conditions).sample
            return unguided(outputs, learned) if copies == 1 else guided(outputs, scale, learned)

        return predict

    def draw(self, batch: Batch, predict: Predict, start: Start, steps: StepCounter) -> Tensor:
        """Draw latents, float [pictures, 4, height / 8, width / 8]: the same alone and in company, to rounding."""
        scheduler, generators = for_one_job(self._pipeline.scheduler), batch.generators()
        planned = timesteps(scheduler, batch.request.steps or 1, start.strength)
        drawn = first = noise(batch.request, generators, self._pipeline)
        keep = None
        if start.clean is not None and start.kept is not None:
            keep = keeping(start.clean, start.kept, first, scheduler)
        elif start.clean is not None:
            drawn = scheduler.add_noise(start.clean, first, planned[:1].expand(len(first)))
        return denoise(drawn, planned, scheduler, predict, generators, steps, keep)

    def pictures(self, latents: Tensor) -> list[Image.Image]:
        """Decode latents, float [pictures, 4, height / 8, width / 8]."""
        return pictures(self._pipeline.movq, latents)

    def pixels(self, latent: Tensor) -> Tensor:
        """Decode the latents of one picture, float [4, height / 8, width / 8], as pixels within about -1 and 1."""
        return decode(self._pipeline.movq, latent)

    def _encode(self, image: Image.Image) -> Tensor:
        key = picture_key(image)
        known = self.latents.get(key)
        return known if known is not None else self.latents.put(key, encode(self._pipeline.movq, image))


def _repeated(values: Tensor, copies: int) -> Tensor:
    return values.repeat(copies, 1, 1, 1)
