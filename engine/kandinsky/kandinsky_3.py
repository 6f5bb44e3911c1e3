"""Draw with Kandinsky 3: a T5 encoder reads the words, and a UNet draws from what it read, without a prior."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import torch
from diffusers import Kandinsky3Pipeline
from torch import Tensor
from torch.nn.functional import pad

from engine.catalog import ModelSpec
from engine.kandinsky.batch import Batch
from engine.kandinsky.caching import Cache
from engine.kandinsky.denoising import Predict, denoise, timesteps
from engine.kandinsky.device import Device, translated_errors
from engine.kandinsky.latents import noise, pictures
from engine.kandinsky.loading import load
from engine.kandinsky.schedulers import for_one_job
from engine.kandinsky.steps import StepCounter
from engine.workers.model import Drawing, Drawn, OnStep

CACHED_TEXTS = 256
# An encoded text, float [1, tokens, width], and its mask, [1, tokens].
Text = tuple[Tensor, Tensor]
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
    """Load the parts in the precisions that they can bear, and encode texts one by one."""

    @classmethod
    def from_pretrained(cls, path: str, *, dtype: torch.dtype, variant: str | None = None, **options: Any) -> Self:
        """Load a repository in `dtype`, but T5 in bf16 where that is fp16: it overflows in fp16."""
        if variant is None and any(Path(path).glob(f"unet/*.{PUBLISHED}.*")):  # the published one, copied to a folder
            variant = PUBLISHED
        dtypes = {"text_encoder": torch.bfloat16 if dtype is torch.float16 else dtype, "default": dtype}
        pipeline: Self = super().from_pretrained(path, dtype=dtypes, variant=variant, **options)
        pipeline.unet.add_time_condition = Pooling(pipeline.unet.add_time_condition.attention)
        return pipeline

    def encode(self, text: str) -> tuple[Tensor, Tensor]:
        """Encode `text` as [1, tokens, width] and its mask, [1, tokens]: its own tokens and one of padding."""
        embeds, _, mask, _ = self.encode_prompt(text, do_classifier_free_guidance=False, _cut_context=True)
        return embeds.to(self.unet.dtype), mask


class Kandinsky3:
    """Hold the pipeline, and know each mode that it serves."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._texts: Cache[Text] = Cache(CACHED_TEXTS)
        self._modes: Mapping[str, Callable[[Batch, OnStep], list[Drawn]]] = MappingProxyType(
            {"text2img": self._text2img}
        )

    @classmethod
    def load(cls, spec: ModelSpec, device: Device, _cache_dir: Path) -> Kandinsky3:
        """Load `spec` onto `device`."""
        return cls(load(Pipeline, spec.repositories["decoder"], device))

    @translated_errors()
    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        """Draw the pictures of requests that share a `batch_key`; see `engine.workers.model.Model`."""
        batch = Batch(drawings)
        return self._modes[batch.request.mode](batch, on_step)

    def _text2img(self, batch: Batch, on_step: OnStep) -> list[Drawn]:
        scheduler, generators = for_one_job(self._pipeline.scheduler), batch.generators()
        planned = timesteps(scheduler, batch.request.steps)
        latents = denoise(
            noise(batch.request, generators, self._pipeline),
            planned,
            scheduler,
            self._predict(batch),
            generators,
            StepCounter(len(planned), on_step),
        )
        return batch.split(pictures(self._pipeline.movq, latents))

    def _predict(self, batch: Batch) -> Predict:
        unet, scale = self._pipeline.unet, batch.request.guidance_scale
        texts = [self._encode(drawing.request.prompt) for drawing, _ in batch.pictures]
        if scale <= 1:
            embeds, mask = _stack(texts)
            return lambda latents, timestep: (
                unet(latents, timestep, encoder_hidden_states=embeds, encoder_attention_mask=mask).sample
            )
        embeds, mask = _stack([*self._negatives(batch, texts), *texts])

        def predict(latents: Tensor, timestep: Tensor) -> Tensor:
            outputs = unet(
                torch.cat([latents, latents]), timestep, encoder_hidden_states=embeds, encoder_attention_mask=mask
            ).sample
            unconditional, conditional = outputs.chunk(2)
            combined: Tensor = unconditional + scale * (conditional - unconditional)
            return combined

        return predict

    def _negatives(self, batch: Batch, texts: Sequence[Text]) -> list[Text]:
        """Encode the negative prompts; where there is none, nothing is unlike the picture, as the model was trained."""
        negatives = [drawing.request.negative_prompt for drawing, _ in batch.pictures]
        return [
            self._encode(negative) if negative else (torch.zeros_like(embeds), torch.zeros_like(mask))
            for negative, (embeds, mask) in zip(negatives, texts, strict=True)
        ]

    def _encode(self, text: str) -> Text:
        known = self._texts.get(text)
        return known if known is not None else self._texts.put(text, self._pipeline.encode(text))


def _stack(texts: Sequence[Text]) -> Text:
    """Pad encoded texts, and their masks, to the longest, and stack them."""
    tokens = max(mask.shape[1] for _, mask in texts)
    embeds = [pad(embeds, (0, 0, 0, tokens - embeds.shape[1])) for embeds, _ in texts]
    masks = [pad(mask, (0, tokens - mask.shape[1])) for _, mask in texts]
    return torch.cat(embeds), torch.cat(masks)
