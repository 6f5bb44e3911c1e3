"""Draw with Kandinsky 2: a prior makes image embeddings of words, a decoder draws from those; each mode in a method.

What 2.1 and 2.2 do not share stands in the modules named after them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from engine.catalog import ModelSpec
from engine.kandinsky.batch import Batch
from engine.kandinsky.caching import Cache
from engine.kandinsky.denoising import Predict, denoise, guided, learns_variance, timesteps, unguided
from engine.kandinsky.device import translated_errors, working_device
from engine.kandinsky.latents import encode, noise, pictures
from engine.kandinsky.mixing import slerp, weighted
from engine.kandinsky.previews import Previews
from engine.kandinsky.prior import Prior, Seeded
from engine.kandinsky.schedulers import for_one_job
from engine.kandinsky.steps import StepCounter
from engine.requests import InputPicture, Mix, Part, Request, Variations
from engine.workers.model import Drawing, Drawn, OnStep

# The latents of a megapixel picture take 128 KiB.
CACHED_LATENTS = 64


@dataclass(frozen=True, slots=True)
class Start:
    """Say what a mode begins with besides noise and embeddings.

    `clean` are the latents of what is drawn over, float [pictures, 4, height / 8, width / 8]; `channels` what the UNet
    sees beside the latents, float [pictures, channels, height / 8, width / 8].
    """

    clean: Tensor | None = None
    strength: float = 1.0
    channels: Tensor | None = None


class Kandinsky2(ABC):
    """Hold the prior and the decoder, and know each mode that they serve."""

    def __init__(self, spec: ModelSpec, prior: Prior, decoder: Any) -> None:
        self._spec = spec
        self._prior = prior
        self._decoder = decoder
        self._latents: Cache[Tensor] = Cache(CACHED_LATENTS)
        self._previews = Previews.of(spec.repositories["decoder"].path, decoder.movq)
        self._modes: Mapping[str, Callable[[Batch, OnStep], list[Drawn]]] = MappingProxyType(
            {
                "text2img": self._text2img,
                "img2img": self._img2img,
                "mix": self._text2img,
                "variations": self._text2img,
                "morph": self._morph,
            }
        )

    @abstractmethod
    def conditions(self, batch: Batch, embeds: Tensor, negative_embeds: Tensor | None) -> dict[str, Any]:
        """Name what the UNet is conditioned on, for each picture; with `negative_embeds`, those come first."""

    @translated_errors()
    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        """Draw the pictures of requests that share a `batch_key`; see `engine.workers.model.Model`."""
        batch = Batch(drawings)
        return self._modes[batch.request.mode](batch, on_step)

    def _text2img(self, batch: Batch, on_step: OnStep) -> list[Drawn]:
        return batch.split(self._draw(batch, on_step, Start()))

    def _img2img(self, batch: Batch, on_step: OnStep) -> list[Drawn]:
        clean = torch.cat([self._encode(drawing, drawing.request.pictures()[0]) for drawing, _ in batch.pictures])
        return batch.split(self._draw(batch, on_step, Start(clean, batch.request.strength)))

    def _morph(self, batch: Batch, on_step: OnStep) -> list[Drawn]:
        (drawing, seed), request = batch.pictures[0], batch.request
        wanted = [*_seeded([request.start], seed), *_seeded([request.end], seed), *_negatives(batch)]
        steps = self._steps(batch, wanted, request.steps * request.frames, on_step)
        start, end = (self._mix(drawing, [part], seed, steps) for part in (request.start, request.end))
        frames = [slerp(start, end, number / (request.frames - 1)) for number in range(request.frames)]
        return [Drawn([image for frame in frames for image in self._decode(batch, frame, Start(), steps)])]

    def _draw(self, batch: Batch, on_step: OnStep, start: Start) -> list[Image.Image]:
        """Draw each picture from the mix of its parts."""
        wanted = [each for drawing, seed in batch.pictures for each in _seeded(_parts(drawing.request), seed)]
        steps = self._steps(batch, [*wanted, *_negatives(batch)], self._planned(batch.request, start), on_step)
        self._prior.embed(wanted, steps)  # all at once; below they are known
        embeds = [self._mix(drawing, _parts(drawing.request), seed, steps) for drawing, seed in batch.pictures]
        return self._decode(batch, torch.cat(embeds), start, steps)

    def _decode(self, batch: Batch, embeds: Tensor, start: Start, steps: StepCounter) -> list[Image.Image]:
        scheduler, generators = for_one_job(self._decoder.scheduler), batch.generators()
        planned = timesteps(scheduler, batch.request.steps or 1, start.strength)
        latents = noise(batch.request, generators, self._decoder)
        if start.clean is not None:
            latents = scheduler.add_noise(start.clean, latents, planned[:1].expand(len(latents)))
        predict = self._predict(batch, embeds, start, scheduler, steps)
        return pictures(self._decoder.movq, denoise(latents, planned, scheduler, predict, generators, steps))

    def _predict(self, batch: Batch, embeds: Tensor, start: Start, scheduler: Any, steps: StepCounter) -> Predict:
        unet, learned, scale = self._decoder.unet, learns_variance(scheduler), batch.request.guidance_scale or 0
        embeds = embeds.to(working_device(unet), unet.dtype)
        if scale <= 1:
            alone = self.conditions(batch, embeds, None)
            return lambda latents, timestep: unguided(unet(latents, timestep, **alone).sample, learned)
        negative_embeds = self._prior.embed(_negatives(batch), steps).to(working_device(unet), unet.dtype)
        both = self.conditions(batch, embeds, negative_embeds)
        return lambda latents, timestep: guided(
            unet(torch.cat([latents, latents]), timestep, **both).sample, scale, learned
        )

    def _mix(self, drawing: Drawing, parts: Sequence[Part], seed: int, steps: StepCounter) -> Tensor:
        """Embed the parts and average them by their weights, float [1, embedding]."""
        embeds = [self._embed(drawing, part, seed, steps) for part in parts]
        return weighted(embeds, [part.weight for part in parts])

    def _embed(self, drawing: Drawing, part: Part, seed: int, steps: StepCounter) -> Tensor:
        if part.picture:
            return self._prior.embed_image(drawing.picture(part.picture))
        return self._prior.embed([Seeded(part.text, seed)], steps)

    def _encode(self, drawing: Drawing, named: InputPicture) -> Tensor:
        """Encode a picture at the size of the request, float [1, 4, height / 8, width / 8]; once for many requests."""
        size = (drawing.request.width or 0, drawing.request.height or 0)
        known = self._latents.get((named.sha256, size))
        if known is not None:
            return known
        image = drawing.picture(named).resize(size, Image.Resampling.LANCZOS)
        return self._latents.put((named.sha256, size), encode(self._decoder.movq, image))

    def _planned(self, request: Request, start: Start) -> int:
        return len(timesteps(for_one_job(self._decoder.scheduler), request.steps or 1, start.strength))

    def _steps(self, batch: Batch, wanted: Sequence[Seeded], decoder_steps: int, on_step: OnStep) -> StepCounter:
        return StepCounter(self._prior.steps(wanted) + decoder_steps, on_step, self._previews.maker(batch))


def _parts(request: Any) -> Sequence[Part]:
    """List what a picture is mixed of: for most modes, the prompt alone."""
    if isinstance(request, Mix):
        return request.parts
    if isinstance(request, Variations):
        return [Part(picture=request.picture), *([Part(text=request.prompt)] if request.prompt else [])]
    return [Part(text=request.prompt)]


def _seeded(parts: Sequence[Part], seed: int) -> list[Seeded]:
    return [Seeded(part.text, seed) for part in parts if part.text]


def _negatives(batch: Batch) -> list[Seeded]:
    return [Seeded(drawing.request.negative_prompt, seed) for drawing, seed in batch.pictures]
