"""The stand-ins are what is published: written as the libraries wrote it then, they have the published checksums."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from torch import nn

from engine.catalog import KANDINSKY_2_1, KANDINSKY_2_2, KANDINSKY_3, ModelSpec
from engine.kandinsky.bench import fullsize
from engine.kandinsky.families.register import FAMILIES
from engine.models.published import IMAGES, MOVQ, PRIOR, SCHEDULER, TESTED, TEXTS, UNET

# What diffusers says of a network today, and did not in 2023.
SINCE = {
    "UNet2DConditionModel": {
        "addition_time_embed_dim", "attention_type", "dropout", "num_attention_heads", "transformer_layers_per_block",
        "reverse_transformer_layers_per_block",
    },
    "PriorTransformer": {
        "added_emb_type", "clip_embed_dim", "embedding_proj_dim", "embedding_proj_norm_type",
        "encoder_hid_proj_type", "norm_in_type", "time_embed_act_fn", "time_embed_dim",
    },
    "VQModel": {"force_upcast", "lookup_from_codebook", "mid_block_add_attention"},
    "Kandinsky3UNet": set(),
}  # fmt: skip
NETWORKS = [
    *((KANDINSKY_2_2, part, "unet", UNET) for part in ("decoder", "inpaint", "controlnet")),
    *((KANDINSKY_2_1, part, "unet", UNET) for part in ("decoder", "inpaint")),
    *((spec, "decoder", "movq", MOVQ) for spec in (KANDINSKY_2_1, KANDINSKY_2_2)),
    *((spec, "prior", "prior", PRIOR) for spec in (KANDINSKY_2_1, KANDINSKY_2_2)),
    (KANDINSKY_3, "decoder", "unet", UNET),
]
CLIP = (
    "attention_dropout", "hidden_act", "hidden_size", "initializer_factor", "initializer_range", "intermediate_size",
    "layer_norm_eps", "model_type", "num_attention_heads", "num_hidden_layers", "projection_dim",
)  # fmt: skip
OF_TEXTS = ("bos_token_id", "eos_token_id", "max_position_embeddings", "pad_token_id", "vocab_size")
OF_IMAGES = ("image_size", "num_channels", "patch_size")


@pytest.fixture(autouse=True)
def _without_first_weights() -> Iterator[None]:
    """Build networks quickly: only what they are built of is looked at."""
    convolution = nn.modules.conv._ConvNd
    with mock.patch.object(nn.Linear, "reset_parameters"), mock.patch.object(convolution, "reset_parameters"):
        yield


def built(spec: ModelSpec, part: str, name: str) -> Any:
    return fullsize.build(FAMILIES[spec.family].stock, f"{part}.{name}")


def checksums(values: dict[str, Any]) -> set[str]:
    """Tell the checksums of what the libraries write, and of the same without the last line's end."""
    written = json.dumps(values, indent=2, sort_keys=True)
    return {hashlib.sha256(each.encode()).hexdigest() for each in (written, f"{written}\n")}


@pytest.mark.parametrize(("spec", "part", "name", "file"), NETWORKS, ids=lambda told: str(getattr(told, "name", told)))
def test_a_network_of_diffusers_is_built_as_the_published_file_says(spec, part, name, file) -> None:
    network = built(spec, part, name)
    own, kind = network.config, type(network).__name__
    version = "0.24.0.dev0" if spec is KANDINSKY_3 else "0.17.0.dev0"
    values = {key: value for key, value in own.items() if key not in SINCE[kind] and not key.startswith("_")}
    written = {**values, "_class_name": kind, "_diffusers_version": version}
    assert TESTED[spec.repositories[part]][file] in checksums(written)
    assert TESTED[spec.repositories[part]][file] not in checksums({**written, next(iter(values)): 1})


@pytest.mark.parametrize(("name", "file", "own", "version"), [
    ("text_encoder", TEXTS, OF_TEXTS, "4.27.3"), ("image_encoder", IMAGES, OF_IMAGES, "4.28.1"),
])  # fmt: skip
def test_the_encoders_of_2_1_s_prior_are_built_as_the_published_files_say(name, file, own, version) -> None:
    network = built(KANDINSKY_2_1, "prior", name)
    values = {key: getattr(network.config, key) for key in (*CLIP, *own)}
    more = {"_name_or_path": "openai/clip-vit-large-patch14", "architectures": [type(network).__name__]}
    written = {**values, **more, "dropout": 0.0, "torch_dtype": "float32", "transformers_version": version}
    assert TESTED[KANDINSKY_2_1.repositories["prior"]][file] in checksums(written)


def test_the_encoders_of_2_2_s_prior_are_built_as_the_published_files_say() -> None:
    """Those files are written by hand: here is what stands in them."""
    text = built(KANDINSKY_2_2, "prior", "text_encoder").config
    assert [getattr(text, key) for key in (*CLIP, *OF_TEXTS)] == [
        0.0, "gelu", 1280, 1.0, 0.02, 5120, 1e-5, "clip_text_model", 20, 32, 1280, 0, 2, 77, 1, 49408,
    ]  # fmt: skip
    image = built(KANDINSKY_2_2, "prior", "image_encoder").config
    assert [getattr(image, key) for key in (*CLIP, *OF_IMAGES)] == [
        0.0, "gelu", 1664, 1.0, 0.02, 8192, 1e-5, "clip_vision_model", 16, 48, 1280, 224, 3, 14,
    ]  # fmt: skip


def schedule(spec: ModelSpec, part: str) -> Any:
    stock = FAMILIES[spec.family].stock
    return stock.others[part]()["scheduler"].config


@pytest.mark.parametrize("spec", [KANDINSKY_2_1, KANDINSKY_2_2], ids=lambda spec: spec.name)
def test_the_scheduler_of_the_priors_is_the_published_one(spec: ModelSpec) -> None:
    own = schedule(spec, "prior")
    names = ("clip_sample", "clip_sample_range", "num_train_timesteps", "prediction_type", "variance_type")
    written = {**{key: own[key] for key in names}, "_class_name": "UnCLIPScheduler"}
    assert TESTED[spec.repositories["prior"]][SCHEDULER] in checksums({**written, "_diffusers_version": "0.17.0.dev0"})


def test_the_scheduler_of_kandinsky_3_is_the_published_one() -> None:
    own = schedule(KANDINSKY_3, "decoder")
    values = {key: value for key, value in own.items() if key != "rescale_betas_zero_snr" and not key.startswith("_")}
    written = {**values, "_class_name": "DDPMScheduler", "_diffusers_version": "0.24.0.dev0"}
    assert TESTED[KANDINSKY_3.repositories["decoder"]][SCHEDULER] in checksums({**written, "set_alpha_to_one": False})


# Written by hand, in this order and with these blanks.
BY_HAND = (
    ("_class_name", '": "'), ("_diffusers_version", '": "'), ("num_train_timesteps", '": '), ("beta_schedule", '":  "'),
    ("beta_start", '": '), ("beta_end", '":'), ("clip_sample", '" : '), ("set_alpha_to_one", '" : '),
    ("steps_offset", '" : '), ("prediction_type", '" : "'), ("thresholding", '" : '),
)  # fmt: skip


@pytest.mark.parametrize(("spec", "part"), [
    (KANDINSKY_2_2, "decoder"), (KANDINSKY_2_2, "inpaint"), (KANDINSKY_2_2, "controlnet"), (KANDINSKY_2_1, "decoder"),
])  # fmt: skip
def test_the_schedulers_of_the_decoders_are_the_published_ones(spec: ModelSpec, part: str) -> None:
    kind = "DDIMScheduler" if spec is KANDINSKY_2_1 else "DDPMScheduler"
    own = {"set_alpha_to_one": False, **schedule(spec, part), "_class_name": kind, "_diffusers_version": "0.17.0.dev0"}
    lines = [f'  "{key}{blanks}{_value(own[key])}' for key, blanks in BY_HAND]
    written = "{\n" + ",\n".join(lines).replace('alpha_to_one" : false,', 'alpha_to_one" : false, ') + "\n}"
    assert hashlib.sha256(written.encode()).hexdigest() == TESTED[spec.repositories[part]][SCHEDULER]


def _value(value: object) -> str:
    return f'{value}"' if isinstance(value, str) else json.dumps(value)
