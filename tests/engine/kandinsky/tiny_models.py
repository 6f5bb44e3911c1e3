"""Build tiny models of the true classes of Kandinsky 2.1 and 3 with random weights."""

import string
from pathlib import Path

import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    Kandinsky3Pipeline,
    Kandinsky3UNet,
    KandinskyPipeline,
    KandinskyPriorPipeline,
    SchedulerMixin,
    UNet2DConditionModel,
)
from diffusers.pipelines.kandinsky.text_encoder import MCLIPConfig, MultilingualCLIP
from transformers import (
    DPTConfig,
    DPTForDepthEstimation,
    DPTImageProcessor,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
    XLMRobertaTokenizer,
)

from engine.catalog import Repository
from engine.kandinsky.embedded import tiny

WIDTH = tiny.EMBEDDING
# One token for each letter, so that a test sees how long a text is.
LETTERS = [(letter, 0.0) for letter in "▁" + string.ascii_lowercase + "абвгдежзийклмнопрстуфхцчшщъыьэюя"]


def kandinsky_2_1(folder: Path) -> dict[str, Repository]:
    """Save a Kandinsky 2.1 in `folder`."""
    torch.manual_seed(0)
    prior = KandinskyPriorPipeline(**tiny._prior().components)
    decoder = KandinskyPipeline(
        text_encoder=_multilingual_clip(),
        tokenizer=XLMRobertaTokenizer(vocab=[*_special("<s>", "<pad>", "</s>", "<unk>"), *LETTERS, ("<mask>", 0.0)]),
        unet=_unet_2_1(),
        scheduler=DDIMScheduler(
            num_train_timesteps=1000, beta_schedule="linear", beta_start=0.00085, beta_end=0.012, clip_sample=False,
            set_alpha_to_one=False, steps_offset=1,
        ),
        movq=tiny._movq(),
    )  # fmt: skip
    return {
        **_save({"prior": prior, "decoder": decoder}, folder),
        "inpaint": _save_decoder(_unet_2_1(9), _inpaint_scheduler_2_1(), folder / "inpaint"),
    }


def controlnet_2_2(folder: Path) -> Repository:
    """Save the UNet of a ControlNet for Kandinsky 2.2 in `folder`."""
    torch.manual_seed(1)
    unet = tiny.unet(8, "image_hint")
    for parameter in unet.add_embedding.input_hint_block.parameters():
        parameter.data *= 3  # fresh weights let next to nothing of the map through
    return _save_decoder(unet, tiny.decoder_scheduler(), folder)


def depth(folder: Path) -> Repository:
    """Save a model that estimates depth in `folder`."""
    torch.manual_seed(0)
    network = DPTForDepthEstimation(
        DPTConfig(
            hidden_size=32, num_hidden_layers=4, num_attention_heads=4, intermediate_size=64, image_size=64,
            patch_size=16, backbone_out_indices=[0, 1, 2, 3], neck_hidden_sizes=[16, 16, 16, 16], is_hybrid=False,
            fusion_hidden_size=16,
        )
    )  # fmt: skip
    network.save_pretrained(folder)
    DPTImageProcessor(size={"height": 64, "width": 64}).save_pretrained(folder)
    return Repository(str(folder))


def kandinsky_3(folder: Path, variant: str | None = None) -> dict[str, Repository]:
    """Save a Kandinsky 3 in `folder`."""
    torch.manual_seed(0)
    decoder = Kandinsky3Pipeline(
        unet=_unet_3(),
        scheduler=DDPMScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="squaredcos_cap_v2", clip_sample=True, steps_offset=1
        ),
        movq=tiny._movq(),
        text_encoder=_t5(),
        tokenizer=T5Tokenizer(vocab=[*_special("<pad>", "</s>", "<unk>"), *LETTERS], extra_ids=0),
    )  # fmt: skip
    return _save({"decoder": decoder}, folder, variant)


def _inpaint_scheduler_2_1() -> DDIMScheduler:
    """Make one that is not the decoder's: what the published file holds is not known, only that it is another."""
    return DDIMScheduler(
        num_train_timesteps=1000, beta_schedule="squaredcos_cap_v2", clip_sample=False, set_alpha_to_one=False,
        steps_offset=1,
    )  # fmt: skip


def _save_decoder(unet: UNet2DConditionModel, scheduler: SchedulerMixin, folder: Path) -> Repository:
    unet.save_pretrained(folder / "unet", safe_serialization=True)
    scheduler.save_pretrained(folder / "scheduler")
    return Repository(str(folder))


def _save(pipelines: dict, folder: Path, variant: str | None = None) -> dict[str, Repository]:
    for part, pipeline in pipelines.items():
        pipeline.save_pretrained(folder / part, safe_serialization=True, variant=variant)
    return {part: Repository(str(folder / part), variant=variant) for part in pipelines}


def _special(*tokens: str) -> list[tuple[str, float]]:
    return [(token, 0.0) for token in tokens]


def _multilingual_clip() -> MultilingualCLIP:
    return MultilingualCLIP(
        MCLIPConfig(
            numDims=WIDTH, imageDimSize=WIDTH, transformerDimSize=WIDTH, transformerDimensions=WIDTH,
            hidden_size=WIDTH, intermediate_size=64, num_attention_heads=4, num_hidden_layers=2,
            vocab_size=len(LETTERS) + 5, max_position_embeddings=514,
        )
    )  # fmt: skip


def _unet_2_1(in_channels: int = 4) -> UNet2DConditionModel:
    return tiny.unet(in_channels, "text_image", "text_image_proj")


def _t5() -> T5EncoderModel:
    return T5EncoderModel(
        T5Config(
            vocab_size=len(LETTERS) + 3, d_model=WIDTH, d_kv=8, d_ff=64, num_layers=2, num_heads=4,
            feed_forward_proj="gated-gelu",
        )
    )  # fmt: skip


def _unet_3() -> Kandinsky3UNet:
    unet = Kandinsky3UNet(
        time_embedding_dim=32, groups=8, attention_head_dim=8, block_out_channels=(16, 32, 32, 64),
        cross_attention_dim=32, encoder_hid_dim=WIDTH,
    )  # fmt: skip
    for name, parameter in unet.named_parameters():
        if "context_mlp" in name:  # zero as it comes, which would make the words and the time count for nothing
            torch.nn.init.normal_(parameter, std=0.05)
    return unet
