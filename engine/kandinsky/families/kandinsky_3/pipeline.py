"""Load Kandinsky 3, and let its UNet read texts that count with weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, Self

import torch
from diffusers import Kandinsky3Pipeline
from diffusers.models.attention_processor import AttnProcessor2_0
from torch import Tensor

PUBLISHED = "fp16"  # in the names of the published files; diffusers finds them only when told
# What diffusers adds to the attention to a token that is not there (`Kandinsky3UNet.forward`).
ABSENT = -10_000.0
# A weight reaches the attention as 1 - weight: in bf16, 1 - 1 / 256 is the last number below 1.
LEAST_WEIGHT = 1 / 256


class Text(NamedTuple):
    """Hold an encoded text, float [1, tokens, width], and how much each token counts, float [1, tokens]: 0 for padding.

    It ends with one token of padding, as every text does that diffusers encodes alone.
    """

    embeds: Tensor
    weights: Tensor


class WeightedAttention(AttnProcessor2_0):  # type: ignore[misc]  # diffusers has no types
    """Attend to each token with its weight: one of weight 2 draws as much attention as the same token twice.

    The softmax takes weights as biases, for `w * exp(score) = exp(score + log(w))`.
    """

    def __call__(
        self,
        attn: Any,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        **options: Any,
    ) -> Tensor:
        """Attend to `encoder_hidden_states`, [texts, tokens, width]; `attention_mask`, [texts, 1, tokens]."""
        bias = None if attention_mask is None else _bias(attention_mask)
        attended: Tensor = super().__call__(attn, hidden_states, encoder_hidden_states, bias, **options)
        return attended


class Pooling(torch.nn.Module):
    """Pool a text over its own tokens, whatever else is in the batch.

    Diffusers averages over all of them (`Kandinsky3AttentionPooling`), so that a text changes with the length that its
    neighbours pad it to. Here it averages over those that it has when it is alone: its own, by weight, and one of
    padding.
    """

    def __init__(self, attention: torch.nn.Module) -> None:
        super().__init__()
        self.attention = attention  # of the same name as in diffusers, for the names of the weights

    def forward(self, time: Tensor, text: Tensor, mask: Tensor) -> Tensor:
        """Add the pooled `text`, [texts, tokens, width], to `time`; `mask`, [texts, 1, tokens], is 0 at its tokens."""
        weights = _weights(mask)
        padding = torch.arange(text.shape[1], device=text.device) == (weights > 0).sum(-1, keepdim=True)
        averaged = (weights + padding).to(text.dtype)
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
        return pipeline.prepared()

    def prepared(self) -> Self:
        """Let the UNet pool each text over its own tokens, and weigh them."""
        self.unet.add_time_condition = Pooling(self.unet.add_time_condition.attention)
        self.unet.set_attn_processor(WeightedAttention())
        return self

    def encode(self, text: str) -> Text:
        """Encode `text`: its own tokens and one of padding."""
        embeds, _, mask, _ = self.encode_prompt(text, do_classifier_free_guidance=False, _cut_context=True)
        return Text(embeds.to(self.unet.dtype), mask.to(self.unet.dtype))


def _weights(mask: Tensor) -> Tensor:
    """Find the weights from which diffusers made `mask`, as (1 - weights) * `ABSENT`; at least in fp32."""
    weights = 1 - mask.to(torch.promote_types(mask.dtype, torch.float32)) / ABSENT
    return torch.where(weights < LEAST_WEIGHT / 2, 0, weights)


def _bias(mask: Tensor) -> Tensor:
    weights = _weights(mask)
    return torch.where(weights > 0, weights.log(), ABSENT).to(mask.dtype)
