"""Draw with Kandinsky 2.2: a prior turns words into an image embedding, a decoder turns that into a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from diffusers import KandinskyV22Pipeline
from PIL import Image
from torch import Tensor

from engine.catalog import ModelSpec
from engine.kandinsky import embedded
from engine.kandinsky.device import Device, translated_errors
from engine.kandinsky.latents import generator, noise, pictures
from engine.kandinsky.loading import load
from engine.kandinsky.prior import Prior
from engine.kandinsky.schedulers import for_one_job
from engine.kandinsky.steps import StepCounter
from engine.requests import AnyRequest, Text2Image
from engine.workers.model import OnStep


class Kandinsky22:
    """Hold the prior and the decoder, and know each mode that they serve."""

    def __init__(self, prior: Prior, decoder: Any) -> None:
        self._prior = prior
        self._decoder = decoder
        self._decoder_scheduler = decoder.scheduler
        self._modes: Mapping[str, Callable[[Any, OnStep], list[Image.Image]]] = MappingProxyType(
            {"text2img": self._text2img}
        )

    @classmethod
    def load(cls, spec: ModelSpec, device: Device, cache_dir: Path) -> Kandinsky22:
        """Load `spec` onto `device`; one without repositories is the embedded model."""
        spec = replace(spec, repositories=spec.repositories or embedded.repositories(cache_dir))
        decoder = load(KandinskyV22Pipeline, spec.repositories["decoder"], device)
        if device.is_cuda:  # nearly nine tenths of the work are convolutions, which tensor cores take in this layout
            decoder.unet.to(memory_format=torch.channels_last)
            decoder.movq.to(memory_format=torch.channels_last)
        return cls(Prior.load(spec, device), decoder)

    @translated_errors()
    def render(self, request: AnyRequest, on_step: OnStep) -> list[Image.Image]:
        """Draw one picture for each of `request.seeds()`; see `engine.workers.model.Model`."""
        return self._modes[request.mode](request, on_step)

    def _text2img(self, request: Text2Image, on_step: OnStep) -> list[Image.Image]:
        steps = StepCounter(self._prior.steps(request) + (request.steps or 1), on_step)
        return self._decode(request, *self._prior.embed(request, steps), steps)

    def _decode(
        self, request: Text2Image, embeds: Tensor, negative_embeds: Tensor, steps: StepCounter
    ) -> list[Image.Image]:
        unet = self._decoder.unet
        self._decoder.scheduler = for_one_job(self._decoder_scheduler)
        generators = [generator(seed) for seed in request.seeds()]
        latents = self._decoder(
            # Without guidance the pipeline does not cast them itself.
            image_embeds=embeds.to(unet.device, unet.dtype),
            negative_image_embeds=negative_embeds.to(unet.device, unet.dtype),
            height=request.height,
            width=request.width,
            num_inference_steps=request.steps,
            guidance_scale=request.guidance_scale,
            latents=noise(request, generators, self._decoder),
            generator=generators,
            callback_on_step_end=steps,
            output_type="latent",
        ).images
        return pictures(self._decoder.movq, latents)
