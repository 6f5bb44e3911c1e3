"""Train the MoVQ autoencoder; the pipelines bypass its codebook, so it learns without one."""

import copy
from random import Random

import numpy as np
import torch
from diffusers import VQModel
from torch import Tensor, nn
from torch.nn import functional

from .loop import Plan, fit
from .scenes import Scene, pixels, random_scene, recoloured

NATIVE_EDGE = 128
FACTOR = 8
CHANNELS = 4
# The sampler clips clean latents at 2, so they have to live inside.
LATENT_BOUND = 1.9
LATENT_NOISE = 0.07
# What a sampler leaves at most: the polished half has to smooth it away.
SAMPLER_NOISE = 0.25
FULL_SIZE_FROM = 0.85


def build_movq() -> VQModel:
    """Make the untrained autoencoder: factor 8, four latent channels."""
    return VQModel(
        in_channels=3,
        out_channels=3,
        latent_channels=CHANNELS,
        down_block_types=("DownEncoderBlock2D",) * 3 + ("AttnDownEncoderBlock2D",),
        up_block_types=("AttnUpDecoderBlock2D",) + ("UpDecoderBlock2D",) * 3,
        block_out_channels=(32, 32, 64, 64),
        layers_per_block=1,
        norm_num_groups=32,
        norm_type="spatial",
        num_vq_embeddings=64,
        vq_embed_dim=CHANNELS,
    )


def train_movq(plan: Plan) -> nn.ModuleDict:
    """Train `movq` together with `preview`, the linear map from latents to small RGB pictures."""
    torch.manual_seed(plan.seed)
    modules = nn.ModuleDict({"movq": build_movq(), "preview": nn.Conv2d(CHANNELS, 3, 1)})
    rng = Random(f"movq {plan.seed}")

    def loss(modules: nn.Module, progress: float) -> Tensor:
        crop, count = (64, 8) if progress < FULL_SIZE_FROM else (NATIVE_EDGE, 3)
        return autoencoder_loss(modules, crops(rng, count, crop).to(plan.device))

    return fit(modules, loss, plan)


def polish_movq(plan: Plan, movq: VQModel) -> VQModel:
    """Go on training the half that draws, with the latents as they are: nothing trained on them grows stale."""
    torch.manual_seed(plan.seed)
    movq = copy.deepcopy(movq).requires_grad_(True)
    for fixed in (movq.encoder, movq.quant_conv, movq.quantize):
        fixed.requires_grad_(False)
    rng = Random(f"polish {plan.seed}")

    def loss(movq: nn.Module, progress: float) -> Tensor:
        crop, count = (64, 4) if progress < FULL_SIZE_FROM else (NATIVE_EDGE, 2)
        pictures = crops(rng, count, crop).to(plan.device)
        with torch.no_grad():
            latents = movq.encode(pictures).latents
        scale = SAMPLER_NOISE * torch.rand(count, 1, 1, 1, device=plan.device)
        return drawing_loss(movq, latents + scale * torch.randn_like(latents), pictures)

    return fit(movq, loss, plan)


def autoencoder_loss(modules: nn.Module, pictures: Tensor) -> Tensor:
    """Weigh the drawing, the linear preview and the shape of the latent distribution."""
    movq, preview = modules["movq"], modules["preview"]
    latents = movq.encode(pictures).latents
    small = functional.avg_pool2d(pictures, FACTOR)
    preview_loss = functional.mse_loss(preview(latents), small)
    noisy = latents + LATENT_NOISE * torch.randn_like(latents)
    return drawing_loss(movq, noisy, pictures) + 0.1 * preview_loss + 0.05 * latent_loss(latents)


def drawing_loss(movq: nn.Module, latents: Tensor, pictures: Tensor) -> Tensor:
    """Draw latents and compare pixels and edges."""
    drawn = movq.decode(latents, force_not_quantize=True).sample
    pixel_loss = functional.l1_loss(drawn, pictures) + functional.mse_loss(drawn, pictures)
    return pixel_loss + 0.5 * edge_loss(drawn, pictures)


def edge_loss(drawn: Tensor, wanted: Tensor) -> Tensor:
    """Compare the differences between neighbouring pixels, which a plain mean forgets."""
    off = drawn - wanted
    return off.diff(dim=-1).abs().mean() + off.diff(dim=-2).abs().mean()


def latent_loss(latents: Tensor) -> Tensor:
    """Pull every latent channel to mean 0 and deviation 1, inside the sampler's bound."""
    mean, deviation = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    outside = (latents.abs() - LATENT_BOUND).clamp(min=0)
    return mean.square().mean() + (deviation - 1).square().mean() + 5 * outside.mean()


def crops(rng: Random, count: int, edge: int) -> Tensor:
    """Draw pictures and cut a square around one of the figures of each; values in [-1, 1]."""
    cut = []
    for _ in range(count):
        scene = random_scene(rng, pair_share=0.4, texture_share=0.1)
        scene = recoloured(scene, rng) if rng.random() < 0.4 else scene
        left, top = crop_origin(rng, scene, edge)
        cut.append(pixels(scene, NATIVE_EDGE)[top : top + edge, left : left + edge])
    return to_tensor(np.stack(cut))


def crop_origin(rng: Random, scene: Scene, edge: int) -> tuple[int, int]:
    """Choose a corner so that the crop holds a part of a figure."""
    centre = rng.choice(scene.figures).centre
    middle = (part * NATIVE_EDGE - edge / 2 + rng.uniform(-edge / 2, edge / 2) for part in centre)
    left, top = (round(min(max(part, 0), NATIVE_EDGE - edge)) for part in middle)
    return left, top


def to_tensor(pictures: np.ndarray) -> Tensor:
    """Turn uint8 pictures (count, edge, edge, 3) into floats (count, 3, edge, edge) in [-1, 1]."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div(127.5).sub(1).contiguous()
