"""Train the MoVQ autoencoder; the pipelines bypass its codebook, so it learns without one."""

from random import Random

import numpy as np
import torch
from diffusers import VQModel
from torch import Tensor, nn
from torch.nn import functional

from .loop import Plan, fit
from .origin import begun, begun_preview
from .scenes import Scene, pixels, random_scene, recoloured

NATIVE_EDGE = 128
FACTOR = 8
CHANNELS = 4
# The sampler clips clean latents at 2, so they have to live inside.
LATENT_BOUND = 1.9
LATENT_NOISE = 0.07
FULL_SIZE_FROM = 0.85
# The native size most often; small pictures, whose figures are the hardest to draw, more often than large ones.
DRAWN_EDGES = (64, 64, 64, 96, 128, 128, 128, 128, 192, 256)
SSIM_WINDOW = 7
STRUCTURE_WEIGHT = 0.3


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
    preview = begun_preview(nn.Conv2d(CHANNELS, 3, 1), plan.start_from)
    modules = nn.ModuleDict({"movq": begun(build_movq(), plan.start_from), "preview": preview})
    rng = Random(f"movq {plan.seed}")

    def loss(modules: nn.Module, progress: float) -> Tensor:
        crop, count = (64, 8) if progress < FULL_SIZE_FROM else (NATIVE_EDGE, 3)
        return autoencoder_loss(modules, crops(rng, count, crop).to(plan.device))

    return fit(modules, loss, plan)


def autoencoder_loss(modules: nn.Module, pictures: Tensor) -> Tensor:
    """Weigh the drawing, the linear preview and the shape of the latent distribution."""
    movq, preview = modules["movq"], modules["preview"]
    latents = movq.encode(pictures).latents
    small = functional.avg_pool2d(pictures, FACTOR)
    preview_loss = functional.mse_loss(preview(latents), small)
    noisy = latents + LATENT_NOISE * torch.randn_like(latents)
    return drawing_loss(movq, noisy, pictures) + 0.1 * preview_loss + 0.05 * latent_loss(latents)


def drawing_loss(movq: nn.Module, latents: Tensor, pictures: Tensor) -> Tensor:
    """Draw latents and compare pixels, edges and structure."""
    drawn = movq.decode(latents, force_not_quantize=True).sample
    pixel_loss = functional.l1_loss(drawn, pictures) + functional.mse_loss(drawn, pictures)
    return pixel_loss + 0.5 * edge_loss(drawn, pictures) + STRUCTURE_WEIGHT * structure_loss(drawn, pictures)


def structure_loss(drawn: Tensor, wanted: Tensor) -> Tensor:
    """Compute 1 - SSIM (Wang et al., 2004) of values in [-1, 1]: it sees the faint grain of flat areas."""
    x, y = (drawn + 1) / 2, (wanted + 1) / 2
    mean_x, mean_y = local_mean(x), local_mean(y)
    variances = local_mean(x.square()) - mean_x.square() + local_mean(y.square()) - mean_y.square()
    covariance = local_mean(x * y) - mean_x * mean_y
    c1, c2 = 0.01**2, 0.03**2
    likeness = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    return 1 - (likeness / ((mean_x.square() + mean_y.square() + c1) * (variances + c2))).mean()


def local_mean(values: Tensor) -> Tensor:
    """Average over square windows."""
    return functional.avg_pool2d(values, SSIM_WINDOW, stride=1)


def edge_loss(drawn: Tensor, wanted: Tensor) -> Tensor:
    """Compare the differences between neighbouring pixels, which a plain mean forgets."""
    off = drawn - wanted
    return off.diff(dim=-1).abs().mean() + off.diff(dim=-2).abs().mean()


def latent_loss(latents: Tensor) -> Tensor:
    """Pull every latent channel to mean 0 and deviation 1, inside the sampler's bound."""
    mean, deviation = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    outside = (latents.abs() - LATENT_BOUND).clamp(min=0)
    return mean.square().mean() + (deviation - 1).square().mean() + 5 * outside.mean()


def crops(rng: Random, count: int, crop: int) -> Tensor:
    """Draw pictures of all sizes and cut a square around one of the figures of each; values in [-1, 1]."""
    cut = []
    for _ in range(count):
        scene = random_scene(rng, pair_share=0.4, texture_share=0.1)
        scene = recoloured(scene, rng) if rng.random() < 0.4 else scene
        edge = max(crop, rng.choice(DRAWN_EDGES))
        left, top = crop_origin(rng, scene, crop, edge)
        cut.append(pixels(scene, edge)[top : top + crop, left : left + crop])
    return to_tensor(np.stack(cut))


def crop_origin(rng: Random, scene: Scene, crop: int, edge: int) -> tuple[int, int]:
    """Choose a corner so that the crop holds a part of a figure."""
    centre = rng.choice(scene.figures).centre
    middle = (part * edge - crop / 2 + rng.uniform(-crop / 2, crop / 2) for part in centre)
    left, top = (round(min(max(part, 0), edge - crop)) for part in middle)
    return left, top


def to_tensor(pictures: np.ndarray) -> Tensor:
    """Turn uint8 pictures (count, edge, edge, 3) into floats (count, 3, edge, edge) in [-1, 1]."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div(127.5).sub(1).contiguous()
