"""Draw with Kandinsky 2.1: a prior makes an image embedding of the words, a decoder draws from that and the words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from diffusers import KandinskyPipeline
from PIL import Image
from torch import Tensor

from engine.catalog import ModelSpec
from engine.kandinsky.device import Device, translated_errors
from engine.kandinsky.latents import generator, noise, one_by_one, picture
from engine.kandinsky.loading import load
from engine.kandinsky.prior import Prior
from engine.kandinsky.schedulers import for_one_job
from engine.kandinsky.steps import StepCounter
from engine.requests import AnyRequest, Text2Image
from engine.workers.model import OnStep


class Kandinsky21:
    """Hold the prior and the decoder, and know each mode that they serve."""

    def __init__(self, prior: Prior, decoder: Any) -> None:
        self._prior = prior
        self._decoder = decoder
        self._decoder_scheduler = decoder.scheduler
        self._modes: Mapping[str, Callable[[Any, OnStep], list[Image.Image]]] = MappingProxyType(
            {"text2img": self._text2img}
        )

    @classmethod
    def load(cls, spec: ModelSpec, device: Device, _cache_dir: Path) -> Kandinsky21:
        """Load `spec` onto `device`."""
        decoder = load(KandinskyPipeline, spec.repositories["decoder"], device)
        if device.is_cuda:  # most of the work are convolutions, which tensor cores take in this layout
            decoder.unet.to(memory_format=torch.channels_last)
            decoder.movq.to(memory_format=torch.channels_last)
        decoder.movq.decode = one_by_one(decoder.movq.decode)  # by the pipeline itself, which returns no latents
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
        pixels = self._decoder(
            [request.prompt] * request.count,
            negative_prompt=[request.negative_prompt] * request.count,
            # Without guidance the pipeline does not cast them itself.
            image_embeds=embeds.to(unet.device, unet.dtype),
            negative_image_embeds=negative_embeds.to(unet.device, unet.dtype),
            height=request.height,
            width=request.width,
            num_inference_steps=request.steps,
            guidance_scale=request.guidance_scale,
            latents=noise(request, generators, self._decoder),
            generator=generators,
            callback=steps.legacy,
            output_type="pt",
        ).images
        return [picture(one) for one in pixels]
