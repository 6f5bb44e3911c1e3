"""The decoder of 2.2: it draws from image embeddings alone."""

from __future__ import annotations

from typing import Any, Self

import torch
from diffusers import KandinskyV22Pipeline
from torch import Tensor

from engine.catalog import ModelSpec
from engine.kandinsky.drawing.batch import Batch
from engine.kandinsky.families.kandinsky_2.decoder import Decoder2
from engine.kandinsky.placing.device import Device
from engine.kandinsky.placing.loading import load


class Decoder22(Decoder2):
    """Draw from image embeddings."""

    @classmethod
    def load(cls, spec: ModelSpec, device: Device) -> Self:
        """Load the part of `spec` that is called "decoder" onto `device`."""
        return cls(spec, device, load(KandinskyV22Pipeline, spec.repositories["decoder"], device))

    def conditions(self, batch: Batch, embeds: Tensor, negative_embeds: Tensor | None) -> dict[str, Any]:
        """Condition on the image embeddings."""
        both = embeds if negative_embeds is None else torch.cat([negative_embeds, embeds])
        return {"encoder_hidden_states": None, "added_cond_kwargs": {"image_embeds": both}}
