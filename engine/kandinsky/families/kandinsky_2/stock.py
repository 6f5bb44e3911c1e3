"""What the benchmark compares 2.1 and 2.2 with, as far as both have it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from diffusers import PriorTransformer, UNet2DConditionModel
from PIL import Image
from torch import nn
from transformers import CLIPImageProcessor

from engine.catalog import ModelSpec
from engine.kandinsky.embedded import tiny
from engine.kandinsky.families.stock import asked
from engine.requests import Text2Image

# As the published files number them, and wrongly: so transformers looks for the end of a text at its largest token.
TOKENS = MappingProxyType({"bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1})


def draw(pipelines: Mapping[str, Any], spec: ModelSpec, request: Text2Image, *read: str) -> Image.Image:
    """Draw with the prior, then with the decoder; `read` is the text that the decoder reads too, if it does."""
    options = asked(request)
    embeds = pipelines["prior"](
        request.prompt,
        num_inference_steps=spec.prior_steps,
        guidance_scale=spec.prior_guidance_scale,
        generator=options["generator"],
    )
    conditions = {name: embeds[name] for name in ("image_embeds", "negative_image_embeds")}
    image: Image.Image = pipelines["decoder"](*read, **conditions, **options).images[0]
    return image


def prior_others() -> dict[str, Any]:
    """Make what the pipeline of the prior takes beside its networks."""
    return {
        "tokenizer": tiny.byte_tokenizer(),
        "scheduler": tiny.prior_scheduler(),
        "image_processor": CLIPImageProcessor(),
    }


def prior(embedding: int) -> Callable[[], PriorTransformer]:
    """Build the prior that draws embeddings of that width."""

    def build_prior() -> PriorTransformer:
        network = PriorTransformer(
            num_attention_heads=32, attention_head_dim=64, num_layers=20, embedding_dim=embedding
        )  # fmt: skip
        nn.init.ones_(network.clip_std)  # zero as it comes, which would make every embedding zero
        return network

    return build_prior


def unet(in_channels: int, reads: str, embedding: int) -> Callable[[], UNet2DConditionModel]:
    """Build the UNet of a decoder: `reads` is "image", "image_hint" or "text_image"."""
    projection = "text_image_proj" if reads == "text_image" else "image_proj"
    return lambda: UNet2DConditionModel(
        sample_size=64, in_channels=in_channels, out_channels=8, layers_per_block=3,
        block_out_channels=(384, 768, 1152, 1536), cross_attention_dim=768, attention_head_dim=64,
        down_block_types=("ResnetDownsampleBlock2D", *["SimpleCrossAttnDownBlock2D"] * 3),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        up_block_types=(*["SimpleCrossAttnUpBlock2D"] * 3, "ResnetUpsampleBlock2D"),
        encoder_hid_dim=embedding, encoder_hid_dim_type=projection, addition_embed_type=reads,
        resnet_time_scale_shift="scale_shift",
    )  # fmt: skip
