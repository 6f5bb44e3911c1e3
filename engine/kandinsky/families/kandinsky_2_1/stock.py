"""What the benchmark compares Kandinsky 2.1 with."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from diffusers import DDIMScheduler, KandinskyPipeline, KandinskyPriorPipeline
from diffusers.pipelines.kandinsky.text_encoder import MCLIPConfig, MultilingualCLIP
from PIL import Image
from transformers import (
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    XLMRobertaTokenizer,
)

from engine.catalog import ModelSpec
from engine.kandinsky.families.kandinsky_2 import stock
from engine.kandinsky.families.kandinsky_2.prior import Prior
from engine.kandinsky.families.kandinsky_2_1.decoder import Decoder21
from engine.kandinsky.families.kandinsky_2_1.model import Kandinsky21
from engine.kandinsky.families.stock import LETTERS, Make, Stock, movq
from engine.kandinsky.placing.device import Device
from engine.requests import Text2Image

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")


def _draw(pipelines: Mapping[str, Any], spec: ModelSpec, request: Text2Image) -> Image.Image:
    return stock.draw(pipelines, spec, request, request.prompt)


def _hold(spec: ModelSpec, device: Device, make: Make) -> Kandinsky21:
    prior, decoder = make(KandinskyPriorPipeline, "prior"), make(KandinskyPipeline, "decoder")
    return Kandinsky21(spec, device, Prior(spec, prior), Decoder21(spec, device, decoder))


def _text_encoder_large() -> CLIPTextModelWithProjection:
    return CLIPTextModelWithProjection(
        CLIPTextConfig(
            vocab_size=49408, hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
            projection_dim=768, **stock.TOKENS,
        )
    )  # fmt: skip


def _image_encoder_large() -> CLIPVisionModelWithProjection:
    return CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, patch_size=14,
            image_size=224, projection_dim=768,
        )
    )  # fmt: skip


def _multilingual_clip() -> MultilingualCLIP:
    return MultilingualCLIP(
        MCLIPConfig(
            numDims=768, transformerDimensions=1024, hidden_size=1024, intermediate_size=4096, num_attention_heads=16,
            num_hidden_layers=24, vocab_size=250002, max_position_embeddings=514, type_vocab_size=1,
        )
    )  # fmt: skip


def _decoder_others() -> dict[str, Any]:
    vocab = [*((token, 0.0) for token in SPECIAL), *LETTERS, ("<mask>", 0.0)]
    return {"tokenizer": XLMRobertaTokenizer(vocab=vocab), "scheduler": _scheduler()}


def _inpaint_others() -> dict[str, Any]:
    """Make a scheduler such as the decoder's: of the published one of this part, only the checksum is known."""
    return {"scheduler": _scheduler()}


def _scheduler() -> DDIMScheduler:
    return DDIMScheduler(
        beta_schedule="linear", beta_start=0.00085, beta_end=0.012, clip_sample=False, set_alpha_to_one=False,
        steps_offset=1,
    )  # fmt: skip


STOCK = Stock(
    pipelines=MappingProxyType({"prior": KandinskyPriorPipeline, "decoder": KandinskyPipeline}),
    draw=_draw,
    hold=_hold,
    networks=MappingProxyType(
        {
            "prior.text_encoder": _text_encoder_large,
            "prior.image_encoder": _image_encoder_large,
            "prior.prior": stock.prior(768),
            "decoder.text_encoder": _multilingual_clip,
            "decoder.unet": stock.unet(4, "text_image", 1024),
            "decoder.movq": movq(128),
            "inpaint.unet": stock.unet(9, "text_image", 1024),
        }
    ),
    others=MappingProxyType({"prior": stock.prior_others, "decoder": _decoder_others, "inpaint": _inpaint_others}),
)
