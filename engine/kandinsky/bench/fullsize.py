"""Build the published architectures in full size with random weights, without a download.

On the "meta" device they cost nothing and can be counted; on a real one they are as large and as fast as the published
ones, and draw noise. The figures are those of the `config.json` files of the published repositories; the numbers of
parameters that follow from them are asserted in the tests.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    Kandinsky3UNet,
    PriorTransformer,
    UNet2DConditionModel,
    VQModel,
)
from diffusers.pipelines.kandinsky.text_encoder import MCLIPConfig, MultilingualCLIP
from torch import nn
from transformers import (
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
    XLMRobertaTokenizer,
)

from engine.kandinsky.embedded import tiny
from engine.kandinsky.placing.device import Device

LETTERS = [(letter, 0.0) for letter in "▁" + string.ascii_lowercase]
SPECIAL_XLM = ("<s>", "<pad>", "</s>", "<unk>")
SPECIAL_T5 = ("<pad>", "</s>", "<unk>")


def build(family: str, component: str, device: str = "meta", dtype: torch.dtype = torch.float16) -> nn.Module:
    """Build `component` of `family`, such as "decoder.unet", right on `device` in `dtype`, in evaluation mode.

    Nothing is made in fp32 first, so that a component takes no more than its own memory. T5 is made in bf16 where
    `dtype` is fp16, as it is loaded. Raises `KeyError` for a component that the family lacks.
    """
    half_t5 = component == "decoder.text_encoder" and family == "kandinsky-3" and dtype is torch.float16
    with torch.device(device), _default_dtype(torch.bfloat16 if half_t5 else dtype):
        return COMPONENTS[family][component]().eval().requires_grad_(False)


def pipeline_components(family: str, part: str, device: Device) -> dict[str, Any]:
    """Build everything that the pipeline class of `part` ("prior" or "decoder") of `family` takes, by its names."""
    modules = {
        name.removeprefix(f"{part}."): build(family, name, device.name, device.dtype)
        for name in COMPONENTS[family]
        if name.startswith(f"{part}.")
    }
    return {**modules, **OTHER_COMPONENTS[family, part]()}


@contextmanager
def _default_dtype(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def _text_encoder_big_g() -> CLIPTextModelWithProjection:
    tokenizer = tiny.byte_tokenizer()
    return CLIPTextModelWithProjection(
        CLIPTextConfig(
            vocab_size=49408, hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=20,
            projection_dim=1280, hidden_act="gelu", eos_token_id=tokenizer.eos_token_id,
        )
    )  # fmt: skip


def _image_encoder_big_g() -> CLIPVisionModelWithProjection:
    return CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=1664, intermediate_size=8192, num_hidden_layers=48, num_attention_heads=16, patch_size=14,
            image_size=224, projection_dim=1280, hidden_act="gelu",
        )
    )  # fmt: skip


def _text_encoder_large() -> CLIPTextModelWithProjection:
    tokenizer = tiny.byte_tokenizer()
    return CLIPTextModelWithProjection(
        CLIPTextConfig(
            vocab_size=49408, hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
            projection_dim=768, eos_token_id=tokenizer.eos_token_id,
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


def _prior(embedding: int) -> Callable[[], PriorTransformer]:
    def build_prior() -> PriorTransformer:
        prior = PriorTransformer(
            num_attention_heads=32, attention_head_dim=64, num_layers=20, embedding_dim=embedding
        )  # fmt: skip
        nn.init.ones_(prior.clip_std)  # zero as it comes, which would make every embedding zero
        return prior

    return build_prior


def _unet(in_channels: int, reads: str, embedding: int) -> Callable[[], UNet2DConditionModel]:
    """Build the UNet of 2.1 and 2.2: `reads` is "image", "image_hint" or "text_image"."""
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


def _movq(width: int) -> Callable[[], VQModel]:
    return lambda: VQModel(
        latent_channels=4, block_out_channels=(width, 2 * width, 2 * width, 4 * width), layers_per_block=2,
        down_block_types=(*["DownEncoderBlock2D"] * 3, "AttnDownEncoderBlock2D"),
        up_block_types=("AttnUpDecoderBlock2D", *["UpDecoderBlock2D"] * 3),
        num_vq_embeddings=16384, vq_embed_dim=4, norm_type="spatial",
    )  # fmt: skip


def _t5() -> T5EncoderModel:
    return T5EncoderModel(
        T5Config(
            vocab_size=32128, d_model=4096, d_kv=256, d_ff=16384, num_layers=32, num_heads=16,
            feed_forward_proj="gated-gelu", tie_word_embeddings=False,
        )
    )  # fmt: skip


COMPONENTS: Mapping[str, Mapping[str, Callable[[], nn.Module]]] = MappingProxyType(
    {
        "kandinsky-2-1": {
            "prior.text_encoder": _text_encoder_large,
            "prior.image_encoder": _image_encoder_large,
            "prior.prior": _prior(768),
            "decoder.text_encoder": _multilingual_clip,
            "decoder.unet": _unet(4, "text_image", 1024),
            "decoder.movq": _movq(128),
            "inpaint.unet": _unet(9, "text_image", 1024),
        },
        "kandinsky-2-2": {
            "prior.text_encoder": _text_encoder_big_g,
            "prior.image_encoder": _image_encoder_big_g,
            "prior.prior": _prior(1280),
            "decoder.unet": _unet(4, "image", 1280),
            "decoder.movq": _movq(128),
            "inpaint.unet": _unet(9, "image", 1280),
            "controlnet.unet": _unet(8, "image_hint", 1280),
        },
        "kandinsky-3": {
            "decoder.text_encoder": _t5,
            "decoder.unet": Kandinsky3UNet,
            "decoder.movq": _movq(256),
        },
    }
)


def _prior_others() -> dict[str, Any]:
    return {
        "tokenizer": tiny.byte_tokenizer(),
        "scheduler": tiny.prior_scheduler(),
        "image_processor": CLIPImageProcessor(),
    }


def _decoder_2_1_others() -> dict[str, Any]:
    vocab = [*((token, 0.0) for token in SPECIAL_XLM), *LETTERS, ("<mask>", 0.0)]
    scheduler = DDIMScheduler(
        beta_schedule="linear", beta_start=0.00085, beta_end=0.012, clip_sample=False, set_alpha_to_one=False,
        steps_offset=1,
    )  # fmt: skip
    return {"tokenizer": XLMRobertaTokenizer(vocab=vocab), "scheduler": scheduler}


def _decoder_2_2_others() -> dict[str, Any]:
    return {"scheduler": tiny.decoder_scheduler()}


def _decoder_3_others() -> dict[str, Any]:
    vocab = [*((token, 0.0) for token in SPECIAL_T5), *LETTERS]
    scheduler = DDPMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="squaredcos_cap_v2", clip_sample=True
    )  # fmt: skip
    return {"tokenizer": T5Tokenizer(vocab=vocab, extra_ids=0), "scheduler": scheduler}


# What a pipeline has beside its networks; small vocabularies will do, for what a text says does not change the speed.
OTHER_COMPONENTS: Mapping[tuple[str, str], Callable[[], dict[str, Any]]] = MappingProxyType(
    {
        ("kandinsky-2-1", "prior"): _prior_others,
        ("kandinsky-2-1", "decoder"): _decoder_2_1_others,
        ("kandinsky-2-2", "prior"): _prior_others,
        ("kandinsky-2-2", "decoder"): _decoder_2_2_others,
        ("kandinsky-3", "decoder"): _decoder_3_others,
    }
)
