"""The decoder of 2.1: it draws from image embeddings and reads the words once more, in many languages."""

from __future__ import annotations

from typing import Any, Self

import torch
from diffusers import KandinskyPipeline
from torch import Tensor

from engine.catalog import ModelSpec
from engine.kandinsky.drawing.batch import Batch
from engine.kandinsky.drawing.caching import Cache
from engine.kandinsky.families.kandinsky_2.decoder import Decoder2
from engine.kandinsky.placing.device import Device, working_device
from engine.kandinsky.placing.loading import load

# As many as the published tokenizer's texts are long.
TOKENS = 77
CACHED_TEXTS = 64


class Decoder21(Decoder2):
    """Draw from image embeddings and texts."""

    def __init__(self, spec: ModelSpec, device: Device, pipeline: Any) -> None:
        super().__init__(spec, device, pipeline)
        self._texts: Cache[tuple[Tensor, Tensor]] = Cache(CACHED_TEXTS)

    @classmethod
    def load(cls, spec: ModelSpec, device: Device) -> Self:
        """Load the part of `spec` that is called "decoder" onto `device`."""
        return cls(spec, device, load(KandinskyPipeline, spec.repositories["decoder"], device))

    @property
    def caches(self) -> dict[str, Cache[Any]]:
        """Name the caches."""
        return {**super().caches, "encoded_texts": self._texts}

    def conditions(self, batch: Batch, embeds: Tensor, negative_embeds: Tensor | None) -> dict[str, Any]:
        """Condition on the image embeddings and the prompts; what is mixed or morphed has none, only its embedding."""
        texts = [drawing.request.prompt for drawing, _ in batch.pictures]
        if negative_embeds is not None:
            texts = [*(drawing.request.negative_prompt for drawing, _ in batch.pictures), *texts]
            embeds = torch.cat([negative_embeds, embeds])
        encoded = [self._encode_text(text) for text in texts]
        whole, tokens = (torch.cat(part).to(embeds) for part in zip(*encoded, strict=True))
        return {"encoder_hidden_states": tokens, "added_cond_kwargs": {"text_embeds": whole, "image_embeds": embeds}}

    @torch.no_grad()
    def _encode_text(self, text: str) -> tuple[Tensor, Tensor]:
        """Encode a text as a whole, [1, width], and by its tokens, [1, tokens, width]."""
        known = self._texts.get(text)
        if known is not None:
            return known
        encoder, tokenizer = self.pipeline.text_encoder, self.pipeline.tokenizer
        read = tokenizer(text, padding="max_length", truncation=True, max_length=TOKENS, return_tensors="pt")
        device = working_device(encoder)
        whole, tokens = encoder(input_ids=read.input_ids.to(device), attention_mask=read.attention_mask.to(device))
        return self._texts.put(text, (whole, tokens))
