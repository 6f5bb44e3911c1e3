"""What the benchmark compares a family with: diffusers alone, on networks of the published architectures."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from diffusers import VQModel
from PIL import Image
from torch import nn

from engine.catalog import ModelSpec
from engine.kandinsky.placing.device import Device
from engine.models.model import Model
from engine.requests import Text2Image

# Small vocabularies will do for networks of random weights: what a text says does not change the speed.
LETTERS = tuple((letter, 0.0) for letter in "▁" + string.ascii_lowercase)
# Makes a pipeline of a class for a part of a model.
Make = Callable[[Any, str], Any]


@dataclass(frozen=True, slots=True)
class Stock:
    """Say how diffusers alone draws with a family, and how its published networks are built.

    `pipelines` are classes of diffusers by part, and `draw` draws with them as their examples do. `networks` builds
    each component of `FamilyRecord.components` in full size, those of `bf16` in that precision where the others are
    fp16, and `others` what the pipeline of a part takes beside them. `hold` makes the engine's own model of pipelines.
    """

    pipelines: Mapping[str, Any]
    draw: Callable[[Mapping[str, Any], ModelSpec, Text2Image], Image.Image]
    hold: Callable[[ModelSpec, Device, Make], Model]
    networks: Mapping[str, Callable[[], nn.Module]]
    others: Mapping[str, Callable[[], dict[str, Any]]]
    bf16: frozenset[str] = frozenset()


def asked(request: Text2Image) -> Mapping[str, Any]:
    """Say what a request asks for as every pipeline of diffusers takes it, with a new generator."""
    return MappingProxyType(
        {
            "height": request.height,
            "width": request.width,
            "num_inference_steps": request.steps,
            "guidance_scale": request.guidance_scale,
            "generator": torch.Generator().manual_seed(request.seed or 0),
        }
    )


def movq(width: int) -> Callable[[], VQModel]:
    """Build the MoVQ whose first blocks have `width` channels."""
    return lambda: VQModel(
        latent_channels=4, block_out_channels=(width, 2 * width, 2 * width, 4 * width), layers_per_block=2,
        down_block_types=(*["DownEncoderBlock2D"] * 3, "AttnDownEncoderBlock2D"),
        up_block_types=("AttnUpDecoderBlock2D", *["UpDecoderBlock2D"] * 3),
        num_vq_embeddings=16384, vq_embed_dim=4, norm_type="spatial",
    )  # fmt: skip
