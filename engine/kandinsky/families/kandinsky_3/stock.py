"""What the benchmark compares Kandinsky 3 with."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from diffusers import DDPMScheduler, Kandinsky3Pipeline, Kandinsky3UNet
from PIL import Image
from transformers import T5Config, T5EncoderModel, T5Tokenizer

from engine.catalog import ModelSpec
from engine.kandinsky.families.kandinsky_3.model import Kandinsky3
from engine.kandinsky.families.kandinsky_3.pipeline import Pipeline
from engine.kandinsky.families.stock import LETTERS, Make, Stock, asked, movq
from engine.kandinsky.placing.device import Device
from engine.requests import Text2Image

SPECIAL = ("<pad>", "</s>", "<unk>")


def _draw(pipelines: Mapping[str, Any], _spec: ModelSpec, request: Text2Image) -> Image.Image:
    """Draw; this pipeline counts its guidance from 0 where others count from 1."""
    options = {**asked(request), "guidance_scale": (request.guidance_scale or 0) - 1}
    image: Image.Image = pipelines["decoder"](request.prompt, **options).images[0]
    return image


def _hold(spec: ModelSpec, device: Device, make: Make) -> Kandinsky3:
    return Kandinsky3(spec, device, make(Pipeline, "decoder").prepared())


def _t5() -> T5EncoderModel:
    return T5EncoderModel(
        T5Config(
            vocab_size=32128, d_model=4096, d_kv=256, d_ff=16384, num_layers=32, num_heads=16,
            feed_forward_proj="gated-gelu", tie_word_embeddings=False,
        )
    )  # fmt: skip


def _decoder_others() -> dict[str, Any]:
    vocab = [*((token, 0.0) for token in SPECIAL), *LETTERS]
    scheduler = DDPMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="squaredcos_cap_v2", clip_sample=True, steps_offset=1
    )  # fmt: skip
    return {"tokenizer": T5Tokenizer(vocab=vocab, extra_ids=0), "scheduler": scheduler}


STOCK = Stock(
    pipelines=MappingProxyType({"decoder": Kandinsky3Pipeline}),
    draw=_draw,
    hold=_hold,
    networks=MappingProxyType({"decoder.text_encoder": _t5, "decoder.unet": Kandinsky3UNet, "decoder.movq": movq(256)}),
    others=MappingProxyType({"decoder": _decoder_others}),
    bf16=frozenset({"decoder.text_encoder"}),
)
