"""What the benchmark compares Kandinsky 2.2 with."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from diffusers import KandinskyV22Pipeline, KandinskyV22PriorPipeline
from transformers import (
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

from engine.catalog import ModelSpec
from engine.kandinsky.embedded import tiny
from engine.kandinsky.families.kandinsky_2 import stock
from engine.kandinsky.families.kandinsky_2.prior import Prior
from engine.kandinsky.families.kandinsky_2_2.decoder import Decoder22
from engine.kandinsky.families.kandinsky_2_2.model import Kandinsky22
from engine.kandinsky.families.stock import Make, Stock, movq
from engine.kandinsky.placing.device import Device


def _hold(spec: ModelSpec, device: Device, make: Make) -> Kandinsky22:
    prior, decoder = make(KandinskyV22PriorPipeline, "prior"), make(KandinskyV22Pipeline, "decoder")
    return Kandinsky22(spec, device, Prior(spec, prior), Decoder22(spec, device, decoder))


def _text_encoder_big_g() -> CLIPTextModelWithProjection:
    return CLIPTextModelWithProjection(
        CLIPTextConfig(
            vocab_size=49408, hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=20,
            projection_dim=1280, hidden_act="gelu", **stock.TOKENS,
        )
    )  # fmt: skip


def _image_encoder_big_g() -> CLIPVisionModelWithProjection:
    return CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=1664, intermediate_size=8192, num_hidden_layers=48, num_attention_heads=16, patch_size=14,
            image_size=224, projection_dim=1280, hidden_act="gelu",
        )
    )  # fmt: skip


def _decoder_others() -> dict[str, Any]:
    return {"scheduler": tiny.decoder_scheduler()}


def _inpaint_others() -> dict[str, Any]:
    return {"scheduler": tiny.inpaint_scheduler()}


STOCK = Stock(
    pipelines=MappingProxyType({"prior": KandinskyV22PriorPipeline, "decoder": KandinskyV22Pipeline}),
    draw=stock.draw,
    hold=_hold,
    networks=MappingProxyType(
        {
            "prior.text_encoder": _text_encoder_big_g,
            "prior.image_encoder": _image_encoder_big_g,
            "prior.prior": stock.prior(1280),
            "decoder.unet": stock.unet(4, "image", 1280),
            "decoder.movq": movq(128),
            "inpaint.unet": stock.unet(9, "image", 1280),
            "controlnet.unet": stock.unet(8, "image_hint", 1280),
        }
    ),
    others=MappingProxyType(
        {
            "prior": stock.prior_others,
            "decoder": _decoder_others,
            "inpaint": _inpaint_others,
            "controlnet": _decoder_others,
        }
    ),
)
