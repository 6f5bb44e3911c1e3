"""Train the diffusion prior, which turns a text embedding into an image embedding."""

from random import Random

import torch
from diffusers import PriorTransformer, UnCLIPScheduler
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTextModelWithProjection, CLIPTokenizer

from .captions import training_caption
from .embedding import EMBEDDING, embed_scenes
from .loop import Plan, fit
from .origin import begun
from .scenes import Scene
from .train_clip import random_scenes

BATCH = 64
STATISTICS_SCENES = 4000
WORDLESS_SHARE = 0.1


def build_prior(tokens: int) -> PriorTransformer:
    """Make the untrained prior, normalised by the statistics of the embedding space."""
    prior = PriorTransformer(
        num_attention_heads=4,
        attention_head_dim=32,
        num_layers=3,
        embedding_dim=EMBEDDING,
        num_embeddings=tokens,
        additional_embeddings=4,
    )
    known = embed_scenes(random_scenes(Random("statistics"), STATISTICS_SCENES, recoloured_share=0))
    prior.clip_mean.data, prior.clip_std.data = known.mean(0, keepdim=True), known.std(0, keepdim=True)
    prior.clip_mean.requires_grad_(False)
    prior.clip_std.requires_grad_(False)
    return prior


def build_scheduler() -> UnCLIPScheduler:
    """Make the family's schedule for the prior."""
    return UnCLIPScheduler(
        variance_type="fixed_small_log",
        num_train_timesteps=1000,
        clip_sample=True,
        clip_sample_range=5.0,
        prediction_type="sample",
    )


def train_prior(plan: Plan, tokenizer: CLIPTokenizer, text: CLIPTextModelWithProjection) -> nn.Module:
    """Train the prior on endless captions, read by the finished text encoder."""
    torch.manual_seed(plan.seed)
    rng, scheduler = Random(f"prior {plan.seed}"), build_scheduler()

    def loss(prior: nn.Module, _: float) -> Tensor:
        scenes = random_scenes(rng, BATCH, recoloured_share=0)
        wanted = normalised(prior, embed_scenes(scenes).to(plan.device))
        steps = torch.randint(1000, (BATCH,), device=plan.device)
        noisy = scheduler.add_noise(wanted, torch.randn_like(wanted), steps)
        condition = read(tokenizer, text, captions(rng, scenes))
        return functional.mse_loss(prior(noisy, timestep=steps, **condition).predicted_image_embedding, wanted)

    return fit(begun(build_prior(tokenizer.model_max_length), plan.start_from), loss, plan)


def captions(rng: Random, scenes: list[Scene]) -> list[str]:
    """Say what the scenes show; a part stays wordless, for guidance."""
    return ["" if rng.random() < WORDLESS_SHARE else training_caption(scene, rng).text for scene in scenes]


def normalised(prior: PriorTransformer, embeddings: Tensor) -> Tensor:
    """Bring embeddings to the scale that the prior works on."""
    return (embeddings - prior.clip_mean) / prior.clip_std


@torch.no_grad()
def read(tokenizer: CLIPTokenizer, text: CLIPTextModelWithProjection, said: list[str]) -> dict[str, Tensor]:
    """Encode captions into what the prior takes besides the noisy embedding."""
    tokens = tokenizer(said, padding="max_length", truncation=True, return_tensors="pt").to(text.device)
    encoded = text(tokens.input_ids)
    return {
        "proj_embedding": encoded.text_embeds,
        "encoder_hidden_states": encoded.last_hidden_state,
        "attention_mask": tokens.attention_mask.bool(),
    }
