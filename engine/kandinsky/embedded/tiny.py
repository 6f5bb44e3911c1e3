"""Build a tiny Kandinsky 2.2 of the true classes with random weights, without a download.

Its pictures are noise that depends on the prompt and the seed.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
from diffusers import (
    DDPMScheduler,
    KandinskyV22Pipeline,
    KandinskyV22PriorPipeline,
    PriorTransformer,
    UnCLIPScheduler,
    UNet2DConditionModel,
    VQModel,
)
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

from engine.catalog import Repository

# Part of the folder's name: raise it with every change below, so that an old cache is not taken for the new model.
VERSION = 4
EMBEDDING = 32
IMAGE_SIZE = 56
PARTS = ("prior", "decoder", "inpaint")


def repositories(cache_dir: Path) -> Mapping[str, Repository]:
    """Name the folders of the tiny model in `cache_dir`, building them the first time.

    The folder appears whole or not at all, also when several processes build it at once.
    """
    folder = cache_dir / f"tiny-kandinsky-2-2-v{VERSION}"
    if not folder.is_dir():
        cache_dir.mkdir(parents=True, exist_ok=True)
        _move(_build(Path(tempfile.mkdtemp(dir=cache_dir, prefix=".tiny-"))), folder)
    return {part: Repository(str(folder / part)) for part in PARTS}


def _move(built: Path, folder: Path) -> None:
    try:
        built.rename(folder)
    except OSError:
        shutil.rmtree(built)
        if not folder.is_dir():  # no other process was faster: the disk is at fault
            raise


def _build(folder: Path) -> Path:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        prior, decoder, inpaint = _prior(), _decoder(), unet(in_channels=9)
    prior.save_pretrained(folder / "prior", safe_serialization=True)
    decoder.save_pretrained(folder / "decoder", safe_serialization=True)
    inpaint.save_pretrained(folder / "inpaint" / "unet", safe_serialization=True)
    inpaint_scheduler().save_pretrained(folder / "inpaint" / "scheduler")
    return folder


def _prior() -> KandinskyV22PriorPipeline:
    tokenizer = byte_tokenizer()
    return KandinskyV22PriorPipeline(
        prior=_prior_network(),
        image_encoder=_image_encoder(),
        text_encoder=_text_encoder(tokenizer),
        tokenizer=tokenizer,
        scheduler=prior_scheduler(),
        image_processor=CLIPImageProcessor(
            size={"shortest_edge": IMAGE_SIZE}, crop_size={"height": IMAGE_SIZE, "width": IMAGE_SIZE}
        ),
    )


def prior_scheduler() -> UnCLIPScheduler:
    """Make the scheduler of the published priors."""
    return UnCLIPScheduler(
        variance_type="fixed_small_log", prediction_type="sample", num_train_timesteps=1000, clip_sample=True,
        clip_sample_range=10.0,
    )  # fmt: skip


def byte_tokenizer() -> CLIPTokenizer:
    """Make a tokenizer of one token per byte, inside a word and at its end: no merges, hence nothing to train."""
    alphabet = sorted(ByteLevel.alphabet())
    words = [*alphabet, *(letter + "</w>" for letter in alphabet), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={word: index for index, word in enumerate(words)}, merges=[], model_max_length=77)


def _text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModelWithProjection:
    return CLIPTextModelWithProjection(
        CLIPTextConfig(
            vocab_size=len(tokenizer), hidden_size=EMBEDDING, projection_dim=EMBEDDING, intermediate_size=64,
            num_attention_heads=4, num_hidden_layers=2, bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
        )
    )  # fmt: skip


def _image_encoder() -> CLIPVisionModelWithProjection:
    return CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=EMBEDDING, projection_dim=EMBEDDING, intermediate_size=64, num_attention_heads=4,
            num_hidden_layers=2, image_size=IMAGE_SIZE, patch_size=14,
        )
    )  # fmt: skip


def _prior_network() -> PriorTransformer:
    prior = PriorTransformer(num_attention_heads=4, attention_head_dim=16, embedding_dim=EMBEDDING, num_layers=2)
    prior.clip_std.data.fill_(1.0)  # zero as it comes, which would make every embedding zero
    return prior


def _decoder() -> KandinskyV22Pipeline:
    return KandinskyV22Pipeline(unet=unet(), scheduler=decoder_scheduler(), movq=_movq())


def unet(
    in_channels: int = 4, addition_embed_type: str = "image", encoder_hid_dim_type: str = "image_proj"
) -> UNet2DConditionModel:
    """Build a UNet; the inpainting one sees 9 channels, that of ControlNet 8, four of them an "image_hint"."""
    return UNet2DConditionModel(
        sample_size=16,
        in_channels=in_channels,
        out_channels=8,
        addition_embed_type=addition_embed_type,
        down_block_types=("ResnetDownsampleBlock2D", *["SimpleCrossAttnDownBlock2D"] * 3),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        up_block_types=(*["SimpleCrossAttnUpBlock2D"] * 3, "ResnetUpsampleBlock2D"),
        block_out_channels=(32, 64, 64, 64),
        layers_per_block=1,
        encoder_hid_dim=EMBEDDING,
        encoder_hid_dim_type=encoder_hid_dim_type,
        cross_attention_dim=32,
        attention_head_dim=8,
        resnet_time_scale_shift="scale_shift",
    )


def decoder_scheduler() -> DDPMScheduler:
    """Make the scheduler of the published 2.2 decoder, and of its ControlNet: it clips to 1, and learns no variance."""
    return DDPMScheduler(
        num_train_timesteps=1000, beta_schedule="linear", beta_start=0.00085, beta_end=0.012, clip_sample=True,
        steps_offset=1,
    )  # fmt: skip


def inpaint_scheduler() -> DDPMScheduler:
    """Make the scheduler of the published 2.2 inpainting decoder: it clips nothing."""
    return DDPMScheduler(
        num_train_timesteps=1000, beta_schedule="linear", beta_start=0.00085, beta_end=0.012, clip_sample=False,
        steps_offset=1,
    )  # fmt: skip


def _movq() -> VQModel:
    return VQModel(
        in_channels=3,
        out_channels=3,
        latent_channels=4,
        block_out_channels=(32, 32, 32, 64),  # SpatialNorm wants multiples of 32
        down_block_types=(*["DownEncoderBlock2D"] * 3, "AttnDownEncoderBlock2D"),
        up_block_types=("AttnUpDecoderBlock2D", *["UpDecoderBlock2D"] * 3),
        layers_per_block=1,
        norm_num_groups=8,
        norm_type="spatial",
        num_vq_embeddings=64,
        vq_embed_dim=4,
    )
