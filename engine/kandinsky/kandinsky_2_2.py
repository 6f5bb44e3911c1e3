"""Draw with Kandinsky 2.2: a prior turns words into an image embedding, a decoder turns that into a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from diffusers import KandinskyV22Pipeline, KandinskyV22PriorPipeline
from PIL import Image
from torch import Generator, Tensor

from engine.catalog import ModelSpec
from engine.kandinsky import embedded
from engine.kandinsky.device import Device, translated_errors
from engine.kandinsky.loading import load
from engine.kandinsky.schedulers import for_one_job
from engine.kandinsky.steps import StepCounter
from engine.requests import AnyRequest, Text2Image
from engine.workers.model import OnStep

# The prior draws its noise from another stream than the decoder, so that the number of its steps, or an embedding that
# is already known, leaves the decoder's noise alone. Torch's CPU generator sees the low 32 bits of a seed: 2**32 / phi.
PRIOR_STREAM = 0x9E3779B9


class Prior(KandinskyV22PriorPipeline):  # type: ignore[misc]  # diffusers has no types
    """Embed the empty picture once, not in every call: the vision tower is the largest part of the model."""

    _zero: Tensor | None = None

    def get_zero_embed(self, batch_size: int = 1, **_options: object) -> Tensor:
        """Repeat the embedding of the empty picture, float [batch_size, embedding]."""
        if self._zero is None:
            self._zero = super().get_zero_embed()
        return self._zero.expand(batch_size, -1)


class Kandinsky22:
    """Hold the prior and the decoder, and know each mode that they serve."""

    def __init__(self, spec: ModelSpec, prior: Any, decoder: Any) -> None:
        self._spec = spec
        self._prior = prior
        self._decoder = decoder
        self._prior_scheduler = prior.scheduler
        self._decoder_scheduler = decoder.scheduler
        self._modes: Mapping[str, Callable[[Any, OnStep], list[Image.Image]]] = MappingProxyType(
            {"text2img": self._text2img}
        )

    @classmethod
    def load(cls, spec: ModelSpec, device: Device, cache_dir: Path) -> Kandinsky22:
        """Load `spec` onto `device`; one without repositories is the embedded model."""
        repositories = spec.repositories or embedded.repositories(cache_dir)
        decoder = load(KandinskyV22Pipeline, repositories["decoder"], device)
        if device.is_cuda:  # nearly nine tenths of the work are convolutions, which tensor cores take in this layout
            decoder.unet.to(memory_format=torch.channels_last)
            decoder.movq.to(memory_format=torch.channels_last)
        return cls(spec, load(Prior, repositories["prior"], device), decoder)

    @translated_errors()
    def render(self, request: AnyRequest, on_step: OnStep) -> list[Image.Image]:
        """Draw one picture for each of `request.seeds()`; see `engine.workers.model.Model`."""
        return self._modes[request.mode](request, on_step)

    def _text2img(self, request: Text2Image, on_step: OnStep) -> list[Image.Image]:
        guided = bool(request.negative_prompt)
        steps = StepCounter(self._spec.prior_steps * (1 + guided) + (request.steps or 1), on_step)
        embeds, negative_embeds = self._embed(request.prompt, request.seeds(), steps)
        if guided:
            # A call of its own: given both, the pipeline would change the positive embedding of the same seed.
            negative_embeds, _ = self._embed(request.negative_prompt, request.seeds(), steps)
        return self._decode(request, embeds, negative_embeds, steps)

    def _embed(self, text: str, seeds: list[int], steps: StepCounter) -> tuple[Tensor, Tensor]:
        """Embed `text` as an image for each seed, and the empty picture; both float [seeds, embedding]."""
        self._prior.scheduler = for_one_job(self._prior_scheduler)
        return self._prior(  # type: ignore[no-any-return]
            [text] * len(seeds),
            num_inference_steps=self._spec.prior_steps,
            guidance_scale=self._spec.prior_guidance_scale,
            generator=[_generator(seed ^ PRIOR_STREAM) for seed in seeds],
            callback_on_step_end=steps,
            return_dict=False,
        )

    def _decode(
        self, request: Text2Image, embeds: Tensor, negative_embeds: Tensor, steps: StepCounter
    ) -> list[Image.Image]:
        unet = self._decoder.unet
        self._decoder.scheduler = for_one_job(self._decoder_scheduler)
        generators = [_generator(seed) for seed in request.seeds()]
        latents = self._decoder(
            # Without guidance the pipeline does not cast them itself.
            image_embeds=embeds.to(unet.device, unet.dtype),
            negative_image_embeds=negative_embeds.to(unet.device, unet.dtype),
            height=request.height,
            width=request.width,
            num_inference_steps=request.steps,
            guidance_scale=request.guidance_scale,
            latents=self._noise(request, generators),
            generator=generators,
            callback_on_step_end=steps,
            output_type="latent",
        ).images
        return [self._picture(latent) for latent in latents]

    def _noise(self, request: Text2Image, generators: list[Generator]) -> Tensor:
        """Draw the first latents in fp32 on the CPU, float [pictures, 4, height / 8, width / 8].

        Drawn in half precision, the same seed would give other noise.
        """
        scale = self._decoder.movq_scale_factor
        shape = (
            1,
            self._decoder.unet.config.in_channels,
            (request.height or 0) // scale,
            (request.width or 0) // scale,
        )
        noise = torch.cat([torch.randn(shape, generator=generator) for generator in generators])
        return noise.to(self._decoder.unet.device, self._decoder.unet.dtype)

    @torch.no_grad()
    def _picture(self, latent: Tensor) -> Image.Image:
        # One at a time: decoding needs more memory for each picture than denoising does.
        pixels = self._decoder.movq.decode(latent[None], force_not_quantize=True).sample[0]
        channels_last = (pixels.float() * 127.5 + 127.5).round().clamp(0, 255).byte().permute(1, 2, 0)
        return Image.fromarray(channels_last.cpu().numpy())


def _generator(seed: int) -> Generator:
    # On the CPU, whatever the device: the same seed then means the same noise everywhere.
    return Generator("cpu").manual_seed(seed)
