"""Draw with Kandinsky 3: a T5 encoder reads the words, and a UNet draws from what it read, without a prior."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import torch
from diffusers import Kandinsky3Pipeline
from PIL import Image
from torch import Tensor
from torch.nn.functional import pad

from engine.catalog import ModelSpec
from engine.kandinsky.device import Device, translated_errors
from engine.kandinsky.latents import generator, noise, pictures
from engine.kandinsky.loading import load
from engine.kandinsky.schedulers import for_one_job
from engine.kandinsky.steps import StepCounter
from engine.requests import AnyRequest, Text2Image
from engine.workers.model import OnStep

PUBLISHED = "fp16"  # in the names of the published files; diffusers finds them only when told


class Pooling(torch.nn.Module):
    """Pool a text over its own tokens, whatever else is in the batch.

    Diffusers averages over all of them (`Kandinsky3AttentionPooling`), so that a text changes with the length that its
    neighbours pad it to. Here it averages over those that it has when it is alone: its own and one of padding.
    """

    def __init__(self, attention: torch.nn.Module) -> None:
        super().__init__()
        self.attention = attention  # of the same name as in diffusers, for the names of the weights

    def forward(self, time: Tensor, text: Tensor, mask: Tensor) -> Tensor:
        """Add the pooled `text`, [texts, tokens, width], to `time`; `mask`, [texts, 1, tokens], is 0 at its tokens."""
        own = (mask == 0).sum(-1, keepdim=True) + 1
        averaged = (torch.arange(text.shape[1], device=text.device) < own).to(text.dtype)
        pooled = (averaged / averaged.sum(-1, keepdim=True)) @ text
        read: Tensor = self.attention(pooled, text, mask.to(text.dtype))
        return time + read.squeeze(1)


class Pipeline(Kandinsky3Pipeline):  # type: ignore[misc]  # diffusers has no types
    """Draw from texts that are encoded already, and guide wherever the guidance is above none."""

    @classmethod
    def from_pretrained(cls, path: str, *, dtype: torch.dtype, variant: str | None = None, **options: Any) -> Self:
        """Load a repository in `dtype`, but T5 in bf16 where that is fp16: it overflows in fp16."""
        if variant is None and any(Path(path).glob(f"unet/*.{PUBLISHED}.*")):  # the published one, copied to a folder
            variant = PUBLISHED
        dtypes = {"text_encoder": torch.bfloat16 if dtype is torch.float16 else dtype, "default": dtype}
        pipeline: Self = super().from_pretrained(path, dtype=dtypes, variant=variant, **options)
        pipeline.unet.add_time_condition = Pooling(pipeline.unet.add_time_condition.attention)
        return pipeline

    @property
    def do_classifier_free_guidance(self) -> bool:
        """Tell whether there is guidance: the scale of this family is the conventional one less one."""
        return bool(self.guidance_scale > 0)

    def encode(self, text: str) -> tuple[Tensor, Tensor]:
        """Encode `text` as [1, tokens, width] and its mask, [1, tokens]: its own tokens and one of padding."""
        embeds, _, mask, _ = super().encode_prompt(text, do_classifier_free_guidance=False, _cut_context=True)
        return embeds.to(self.unet.dtype), mask

    def encode_prompt(self, *_prompt: object, **encoded: Any) -> tuple[Tensor, ...]:
        """Take what is encoded as it is: diffusers would cast it to the precision of the text encoder."""
        names = ("prompt_embeds", "negative_prompt_embeds", "attention_mask", "negative_attention_mask")
        return tuple(encoded[name] for name in names)


class Kandinsky3:
    """Hold the pipeline, and know each mode that it serves."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._scheduler = pipeline.scheduler
        self._modes: Mapping[str, Callable[[Any, OnStep], list[Image.Image]]] = MappingProxyType(
            {"text2img": self._text2img}
        )

    @classmethod
    def load(cls, spec: ModelSpec, device: Device, _cache_dir: Path) -> Kandinsky3:
        """Load `spec` onto `device`."""
        pipeline = load(Pipeline, spec.repositories["decoder"], device)
        if device.is_cuda:  # most of the work are convolutions, which tensor cores take in this layout
            pipeline.unet.to(memory_format=torch.channels_last)
            pipeline.movq.to(memory_format=torch.channels_last)
        return cls(pipeline)

    @translated_errors()
    def render(self, request: AnyRequest, on_step: OnStep) -> list[Image.Image]:
        """Draw one picture for each of `request.seeds()`; see `engine.workers.model.Model`."""
        return self._modes[request.mode](request, on_step)

    def _text2img(self, request: Text2Image, on_step: OnStep) -> list[Image.Image]:
        self._pipeline.scheduler = for_one_job(self._scheduler)
        generators = [generator(seed) for seed in request.seeds()]
        latents = self._pipeline(
            **self._encode(request),
            height=request.height,
            width=request.width,
            num_inference_steps=request.steps,
            # The pipeline adds (scale + 1) times the text where others add scale times the text.
            guidance_scale=(request.guidance_scale or 0) - 1,
            latents=noise(request, generators, self._pipeline),
            generator=generators,
            callback_on_step_end=StepCounter(request.steps or 1, on_step),
            output_type="latent",
        ).images
        return pictures(self._pipeline.movq, latents)

    def _encode(self, request: Text2Image) -> dict[str, Tensor]:
        """Encode the prompt and the negative one for each picture, by the names that the pipeline has for them."""
        embeds, mask = self._pipeline.encode(request.prompt)
        if request.negative_prompt:
            negative_embeds, negative_mask = self._pipeline.encode(request.negative_prompt)
        else:
            negative_embeds, negative_mask = torch.zeros_like(embeds), torch.zeros_like(mask)
        tokens = max(embeds.shape[1], negative_embeds.shape[1])
        return {
            "prompt_embeds": _fit(embeds, request.count, tokens),
            "attention_mask": _fit(mask, request.count, tokens),
            "negative_prompt_embeds": _fit(negative_embeds, request.count, tokens),
            "negative_attention_mask": _fit(negative_mask, request.count, tokens),
        }


def _fit(text: Tensor, count: int, tokens: int) -> Tensor:
    """Pad one encoded text, or its mask, to `tokens`, and repeat it `count` times."""
    missing = (0, tokens - text.shape[1])
    return pad(text, missing if text.ndim == 2 else (0, 0, *missing)).repeat_interleave(count, dim=0)
