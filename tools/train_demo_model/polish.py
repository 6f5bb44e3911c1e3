"""Train the half of MoVQ that draws further, on latents as a sampler leaves them rather than as MoVQ encodes them."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from diffusers import KandinskyV22Img2ImgPipeline, UNet2DConditionModel, VQModel
from torch import Tensor, nn

from .embedding import embed_scenes
from .loop import Plan, fit
from .scenes import Scene, Size, draw, random_scene
from .train_decoder import build_scheduler
from .train_movq import FULL_SIZE_FROM, NATIVE_EDGE, crops, drawing_loss, to_tensor

# What a sampler leaves at most: the polished half has to smooth it away.
SAMPLER_NOISE = 0.25
# How many pictures of a size are drawn over, and at which strength: outlines must stay where they are.
# Squares only: the library's pipeline takes width for height where they differ.
REDRAWN: dict[Size, int] = {(128, 128): 400, (64, 64): 150, (192, 192): 40}
STRENGTHS = (0.2, 0.3)
REDRAW_BATCH = 10
STEPS = 20
GUIDANCE = 1.5
REDRAWN_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Redrawn:
    """Pictures of one size (count, 3, height, width) and their latents after the decoder drew over them."""

    pictures: Tensor
    latents: Tensor


def polish_movq(plan: Plan, movq: VQModel, redrawn: Sequence[Redrawn] = ()) -> VQModel:
    """Go on training the half that draws, with the latents as they are: nothing trained on them grows stale."""
    torch.manual_seed(plan.seed)
    movq = copy.deepcopy(movq).requires_grad_(True)
    for fixed in (movq.encoder, movq.quant_conv, movq.quantize):
        fixed.requires_grad_(False)
    rng = Random(f"polish {plan.seed}")

    def loss(movq: nn.Module, progress: float) -> Tensor:
        if redrawn and rng.random() < REDRAWN_SHARE:
            return drawing_loss(movq, *a_few(rng, redrawn, plan.device))
        crop, count = (64, 4) if progress < FULL_SIZE_FROM else (NATIVE_EDGE, 2)
        pictures = crops(rng, count, crop).to(plan.device)
        return drawing_loss(movq, noisy_latents(movq, pictures), pictures)

    return fit(movq, loss, plan)


@torch.no_grad()
def noisy_latents(movq: VQModel, pictures: Tensor) -> Tensor:
    """Encode pictures and add noise of a random strength to each."""
    latents = movq.encode(pictures).latents
    scale = SAMPLER_NOISE * torch.rand(len(pictures), 1, 1, 1, device=pictures.device)
    return latents + scale * torch.randn_like(latents)


def a_few(rng: Random, redrawn: Sequence[Redrawn], device: torch.device) -> tuple[Tensor, Tensor]:
    """Choose latents and pictures of one size, as many as two of the native size have pixels."""
    chosen = rng.choices(redrawn, [len(known.pictures) for known in redrawn])[0]
    height, width = chosen.pictures.shape[2:]
    numbers = rng.sample(range(len(chosen.pictures)), max(1, 2 * NATIVE_EDGE**2 // (height * width)))
    return chosen.latents[numbers].to(device), chosen.pictures[numbers].to(device)


def redraw_all(movq: VQModel, decoder: UNet2DConditionModel, seed: int) -> list[Redrawn]:
    """Let the decoder draw over fresh pictures of several sizes, each asked for what it shows already."""
    pipeline = KandinskyV22Img2ImgPipeline(unet=decoder, scheduler=build_scheduler(), movq=movq)
    pipeline.set_progress_bar_config(disable=True)
    return [redraw(pipeline, Random(f"redrawn {size} {seed}"), size, count) for size, count in REDRAWN.items()]


def redraw(pipeline: KandinskyV22Img2ImgPipeline, rng: Random, size: Size, count: int) -> Redrawn:
    """Draw over `count` fresh pictures of one size."""
    pictures, latents = [], []
    for _ in range(0, count, REDRAW_BATCH):
        scenes = [random_scene(rng, pair_share=0.25, texture_share=0.05) for _ in range(REDRAW_BATCH)]
        drawn = [draw(scene, *size) for scene in scenes]
        pictures.append(to_tensor(np.stack([np.asarray(picture) for picture in drawn])))
        latents.append(drawn_over(pipeline, scenes, drawn, rng.choice(STRENGTHS)).cpu())
    print(f"polish: {count} pictures of {size[0]} x {size[1]} drawn over", flush=True)
    return Redrawn(torch.cat(pictures), torch.cat(latents))


def drawn_over(pipeline: KandinskyV22Img2ImgPipeline, scenes: list[Scene], drawn: list, strength: float) -> Tensor:
    """Return the latents that the pipeline would decode."""
    embeddings = embed_scenes(scenes).to(pipeline.device)
    width, height = drawn[0].size
    return pipeline(
        image=drawn,
        image_embeds=embeddings,
        negative_image_embeds=torch.zeros_like(embeddings),
        strength=strength,
        width=width,
        height=height,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        output_type="latent",
    ).images
