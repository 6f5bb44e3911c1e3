"""Keep a pool of scenes with their latents on disk, so that the decoder's training never waits for MoVQ."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from diffusers import VQModel
from torch import Tensor

from .embedding import embed_scenes
from .scenes import Scene, Size, pixels, random_scene, recoloured
from .train_movq import NATIVE_EDGE, to_tensor

SHARD = 500
NATIVE = (NATIVE_EDGE, NATIVE_EDGE)
# Width and height in pixels: shards of each size, as a share of all, which is also its share of the training steps.
SIZES: dict[Size, float] = {
    NATIVE: 0.5,
    (64, 64): 0.1,
    (192, 192): 0.09,
    (256, 256): 0.07,
    (128, 192): 0.06,
    (192, 128): 0.06,
    (128, 256): 0.03,
    (256, 128): 0.03,
    (64, 128): 0.03,
    (128, 64): 0.03,
}
# As many pixels at a time as ten pictures of the native size have.
ENCODE_PIXELS = 10 * NATIVE_EDGE**2


@dataclass(frozen=True, slots=True)
class Portion:
    """Pictures of one size: clean latents (count, 4, height / 8, width / 8), embeddings, and the share of the steps."""

    latents: Tensor
    embeddings: Tensor
    share: float


def pool(movq: VQModel, shards: int, folder: Path) -> list[Portion]:
    """Return the scenes of all sizes, encoded; `shards` is the number of shards together, at least one per size."""
    counts = {size: max(1, round(shards * share)) for size, share in SIZES.items()}
    return [portion(movq, size, count, folder) for size, count in counts.items()]


def portion(movq: VQModel, size: Size, shards: int, folder: Path) -> Portion:
    """Return the first shards of one size; encodes those that are missing."""
    latents = torch.cat([shard_latents(movq, size, number, folder) for number in range(shards)])
    scenes = [scene for number in range(shards) for scene in shard_scenes(size, number)]
    return Portion(latents, embed_scenes(scenes), SIZES[size])


def shard_scenes(size: Size, number: int) -> list[Scene]:
    """Draw the attributes of one shard; the same size and number always give the same scenes."""
    rng = Random(f"pool {size} {number}")
    scenes = [random_scene(rng, pair_share=0.25, texture_share=0.05) for _ in range(SHARD)]
    return [recoloured(scene, rng) if rng.random() < 0.1 else scene for scene in scenes]


def shard_latents(movq: VQModel, size: Size, number: int, folder: Path) -> Tensor:
    """Return the latents of one shard, from its file where there is one."""
    width, height = size
    path = folder / f"latents-{width}x{height}-{number:03d}.pt"
    if path.exists():
        return torch.load(path, weights_only=True)
    scenes, batch = shard_scenes(size, number), max(1, ENCODE_PIXELS // (width * height))
    latents = torch.cat([encode(movq, scenes[first : first + batch], size) for first in range(0, SHARD, batch)])
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(latents, path)
    print(f"latents: shard {number} of {width} x {height} encoded", flush=True)
    return latents


@torch.no_grad()
def encode(movq: VQModel, scenes: list[Scene], size: Size) -> Tensor:
    """Draw scenes at a size and encode them."""
    pictures = to_tensor(np.stack([pixels(scene, *size) for scene in scenes])).to(movq.device)
    with torch.autocast(pictures.device.type, torch.bfloat16):
        return movq.encode(pictures).latents.float().cpu()
