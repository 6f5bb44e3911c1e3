"""Keep a pool of scenes with their latents on disk, so that the decoder's training never waits for MoVQ."""

from pathlib import Path
from random import Random

import numpy as np
import torch
from diffusers import VQModel
from torch import Tensor

from .scenes import Scene, pixels, random_scene, recoloured
from .train_movq import NATIVE_EDGE, to_tensor

SHARD = 500
ENCODE_BATCH = 10


def shard_scenes(number: int) -> list[Scene]:
    """Draw the attributes of one shard; the same number always gives the same scenes."""
    rng = Random(f"pool {number}")
    scenes = [random_scene(rng, pair_share=0.25, texture_share=0.05) for _ in range(SHARD)]
    return [recoloured(scene, rng) if rng.random() < 0.1 else scene for scene in scenes]


def pool_scenes(shards: int) -> list[Scene]:
    """Draw the attributes of the first shards."""
    return [scene for number in range(shards) for scene in shard_scenes(number)]


def pool_latents(movq: VQModel, shards: int, folder: Path) -> Tensor:
    """Return the clean latents (count, 4, 16, 16) of the first shards; encodes those that are missing."""
    return torch.cat([shard_latents(movq, number, folder) for number in range(shards)])


def shard_latents(movq: VQModel, number: int, folder: Path) -> Tensor:
    """Return the latents of one shard, from its file where there is one."""
    path = folder / f"latents-{number:03d}.pt"
    if path.exists():
        return torch.load(path, weights_only=True)
    scenes = shard_scenes(number)
    latents = torch.cat([encode(movq, scenes[first : first + ENCODE_BATCH]) for first in range(0, SHARD, ENCODE_BATCH)])
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(latents, path)
    print(f"latents: shard {number} encoded", flush=True)
    return latents


@torch.no_grad()
def encode(movq: VQModel, scenes: list[Scene]) -> Tensor:
    """Draw scenes at the native size and encode them."""
    pictures = to_tensor(np.stack([pixels(scene, NATIVE_EDGE) for scene in scenes]))
    return movq.encode(pictures.to(movq.device)).latents.cpu()
