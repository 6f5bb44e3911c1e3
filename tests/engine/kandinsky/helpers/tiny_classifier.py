"""Build a tiny ViT of the true class whose weights are set by hand: red pictures are "NSFW"."""

from pathlib import Path

import torch
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

from engine.catalog import Repository

SIDE = 32
LABELS = {0: "normal", 1: "NSFW", 2: "suggestive"}


def save(folder: Path, **config: object) -> Repository:
    """Save one in `folder`, as published ones are laid out."""
    network = ViTForImageClassification(
        ViTConfig(
            hidden_size=2, num_hidden_layers=1, num_attention_heads=1, intermediate_size=2, image_size=SIDE,
            patch_size=16, id2label=LABELS, label2id={label: place for place, label in LABELS.items()}, **config,
        )
    )  # fmt: skip
    for name, parameter in network.named_parameters():
        parameter.data.fill_(float("layernorm" in name and name.endswith("weight")))
    weights = dict(network.named_parameters())
    # A patch says how red it is; attention without queries averages over the patches; the head reads the average.
    redness = torch.tensor([1.0, -0.5, -0.5])[None, :, None, None] / 16**2
    weights["vit.embeddings.patch_embeddings.projection.weight"].data[:] = torch.cat([redness, -redness])
    for part in ("v_proj", "o_proj"):
        weights[f"vit.layers.0.attention.{part}.weight"].data.copy_(torch.eye(2))
    weights["classifier.weight"].data[:, 0] = torch.tensor([0.0, 10.0, 8.0])
    weights["classifier.bias"].data[0] = 3
    network.save_pretrained(folder)
    ViTImageProcessor(size={"height": SIDE, "width": SIDE}).save_pretrained(folder)
    return Repository(str(folder))
