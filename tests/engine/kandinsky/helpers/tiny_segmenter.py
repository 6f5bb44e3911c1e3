"""Build a tiny CLIPSeg of the true classes with random weights."""

import json
from pathlib import Path

import torch
from transformers import CLIPSegConfig, CLIPSegForImageSegmentation

from engine.catalog import Repository
from engine.kandinsky.embedded import tiny

SIDE = 64
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def save(folder: Path, bias: float = 0.0) -> Repository:
    """Save one in `folder`, as the published repository is laid out; `bias` is added to every logit."""
    torch.manual_seed(0)
    tokenizer = tiny.byte_tokenizer()
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    width = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2, "num_hidden_layers": 2}
    network = CLIPSegForImageSegmentation(
        CLIPSegConfig(
            text_config={**width, **ends, "vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id},
            vision_config={**width, "image_size": SIDE, "patch_size": 16},
            projection_dim=16, reduce_dim=8, extract_layers=[0, 1], decoder_num_attention_heads=2,
            decoder_intermediate_size=16,
        )
    )  # fmt: skip
    network.decoder.transposed_convolution.bias.data.fill_(bias)
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    # The class as it was called when the published one was saved.
    images = {"feature_extractor_type": "ViTFeatureExtractor", "size": SIDE, "image_mean": MEAN, "image_std": STD}
    (folder / "preprocessor_config.json").write_text(json.dumps(images))
    return Repository(str(folder))
