"""Kandinsky 2.2: its decoder draws from image embeddings alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import torch
from diffusers import KandinskyV22Pipeline
from torch import Tensor

from engine.catalog import ModelSpec
from engine.kandinsky.drawing.batch import Batch
from engine.kandinsky.embedded import embedded
from engine.kandinsky.families.kandinsky_2.decoder import Decoder2
from engine.kandinsky.families.kandinsky_2.model import Kandinsky2
from engine.kandinsky.families.kandinsky_2.prior import Prior
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


class Kandinsky22(Kandinsky2):
    """Draw with Kandinsky 2.2, or with the embedded model, which is a small one."""

    @classmethod
    def load(cls, spec: ModelSpec, device: Device, cache_dir: Path) -> Self:
        """Load `spec` onto `device`; one without repositories is the embedded model."""
        spec = replace(spec, repositories=spec.repositories or embedded.repositories(cache_dir))
        return cls(spec, device, Prior.load(spec, device), Decoder22.load(spec, device))
