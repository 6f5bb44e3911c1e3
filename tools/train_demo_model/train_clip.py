"""Train the two CLIP encoders contrastively, both towards the laid-out embedding space."""

from random import Random

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import (
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

from .captions import training_caption
from .embedding import EMBEDDING, embed_scenes
from .loop import Plan, fit
from .origin import begun
from .scenes import Scene, pixels, random_scene, recoloured

VISION_EDGE = 64
VISION_BATCH = 64
TEXT_BATCH = 96
MEAN = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)
TEMPERATURE = 0.05
CONTRASTIVE_WEIGHT = 0.02


def build_vision() -> CLIPVisionModelWithProjection:
    """Make the untrained vision encoder: 64 pixels in patches of 8."""
    return CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=128,
            intermediate_size=384,
            num_hidden_layers=4,
            num_attention_heads=4,
            projection_dim=EMBEDDING,
            image_size=VISION_EDGE,
            patch_size=8,
        )
    )


def build_image_processor() -> CLIPImageProcessor:
    """Make the processor that goes with the vision encoder."""
    crop = {"height": VISION_EDGE, "width": VISION_EDGE}
    return CLIPImageProcessor(
        size={"shortest_edge": VISION_EDGE}, crop_size=crop, image_mean=list(MEAN), image_std=list(DEVIATION)
    )


def build_text(tokenizer: CLIPTokenizer) -> CLIPTextModelWithProjection:
    """Make the untrained text encoder; the prior wants its width to be the embedding's."""
    return CLIPTextModelWithProjection(
        CLIPTextConfig(
            hidden_size=EMBEDDING,
            intermediate_size=256,
            num_hidden_layers=3,
            num_attention_heads=4,
            projection_dim=EMBEDDING,
            vocab_size=len(tokenizer),
            max_position_embeddings=tokenizer.model_max_length,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def train_vision(plan: Plan) -> nn.Module:
    """Train the vision encoder on endless freshly drawn scenes."""
    torch.manual_seed(plan.seed)

    def loss(vision: nn.Module, _: float) -> Tensor:
        scenes = random_scenes(rng, VISION_BATCH, recoloured_share=0.25)
        seen = vision(vision_input(scenes).to(plan.device)).image_embeds
        # The pipelines take the embedding of an empty picture for "no condition": it belongs at zero.
        empty = vision(torch.zeros(1, 3, VISION_EDGE, VISION_EDGE, device=plan.device)).image_embeds
        return alignment_loss(seen, embed_scenes(scenes).to(plan.device)) + empty.square().mean()

    rng = Random(f"vision {plan.seed}")
    return fit(begun(build_vision(), plan.start_from), loss, plan)


def train_text(plan: Plan, tokenizer: CLIPTokenizer) -> nn.Module:
    """Train the text encoder on endless captions in all languages."""
    torch.manual_seed(plan.seed)
    rng = Random(f"text {plan.seed}")

    def loss(text: nn.Module, _: float) -> Tensor:
        scenes = random_scenes(rng, TEXT_BATCH, recoloured_share=0)
        captions = [training_caption(scene, rng).text for scene in scenes]
        tokens = tokenizer(captions, padding=True, truncation=True, return_tensors="pt").to(plan.device)
        return alignment_loss(text(tokens.input_ids).text_embeds, embed_scenes(scenes).to(plan.device))

    return fit(begun(build_text(tokenizer), plan.start_from), loss, plan)


def random_scenes(rng: Random, count: int, recoloured_share: float) -> list[Scene]:
    """Draw varied scenes; colours off the palette make colour a continuum."""
    scenes = [random_scene(rng, pair_share=0.25, texture_share=0.06) for _ in range(count)]
    return [recoloured(scene, rng) if rng.random() < recoloured_share else scene for scene in scenes]


def alignment_loss(found: Tensor, wanted: Tensor) -> Tensor:
    """Bring each embedding to its place, and nearer to it than to the others' places."""
    likeness = functional.normalize(found, dim=1) @ functional.normalize(wanted, dim=1).T / TEMPERATURE
    own = torch.arange(len(found), device=found.device)
    contrast = functional.cross_entropy(likeness, own) + functional.cross_entropy(likeness.T, own)
    return functional.mse_loss(found, wanted) + CONTRASTIVE_WEIGHT * contrast


def vision_input(scenes: list[Scene]) -> Tensor:
    """Draw scenes at the vision encoder's size and normalise them as its processor does."""
    drawn = np.stack([pixels(scene, VISION_EDGE) for scene in scenes])
    values = torch.from_numpy(drawn).permute(0, 3, 1, 2).float() / 255
    return (values - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(DEVIATION).view(3, 1, 1)
