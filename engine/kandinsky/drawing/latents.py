"""Draw the first noise of a picture, turn pictures into latents and latents into pixels, and mix embeddings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Generator, Tensor

from engine.kandinsky.placing.device import sent, working_device
from engine.kandinsky.placing.kernels import choose_kernels
from engine.models.company import give_way
from engine.request import Request


def generator(seed: int) -> Generator:
    """Make the random generator of one picture: on the CPU, for there a seed means the same noise on every device."""
    return Generator("cpu").manual_seed(seed)


def noise(request: Request, generators: Iterable[Generator], pipeline: Any) -> Tensor:
    """Draw the first latents as the UNet of `pipeline` takes them, float [pictures, 4, height / 8, width / 8].

    They are drawn in fp32 on the CPU: drawn in half precision, the same seed would give other noise.
    """
    unet, movq = pipeline.unet, pipeline.movq
    scale = factor(movq)
    shape = (1, movq.config.latent_channels, (request.height or 0) // scale, (request.width or 0) // scale)
    drawn = torch.cat([torch.randn(shape, generator=generator) for generator in generators])
    return sent(drawn, working_device(unet), unet.dtype)


def factor(movq: Any) -> int:
    """Tell how many pixels a latent is wide."""
    return int(2 ** (len(movq.config.block_out_channels) - 1))


@torch.inference_mode()
def encode(movq: Any, image: Image.Image) -> Tensor:
    """Turn a picture, whose sides `movq` can divide, into latents, float [1, 4, height / 8, width / 8]."""
    latents: Tensor = movq.encode(pixels(image)[None].to(working_device(movq), movq.dtype)).latents
    return latents


def pictures(movq: Any, latents: Tensor) -> list[Image.Image]:
    """Decode `latents`, float [pictures, 4, height / 8, width / 8]."""
    return [picture(_in_turn(movq, latent)) for latent in latents]


@torch.inference_mode()
def decode(movq: Any, latent: Tensor) -> Tensor:
    """Decode the latents of one picture, float [4, height / 8, width / 8], as pixels within about -1 and 1."""
    choose_kernels(movq, latent)
    decoded: Tensor = movq.decode(latent[None], force_not_quantize=True).sample[0]
    return decoded


def _in_turn(movq: Any, latent: Tensor) -> Tensor:
    # One picture at a time: it needs more memory for each than denoising does, and takes as long as some steps.
    give_way()
    return decode(movq, latent)


def picture(pixels: Tensor) -> Image.Image:
    """Make a picture of `pixels`, float [3, height, width] within -1 and 1."""
    channels_last = (pixels.float() * 127.5 + 127.5).round().clamp(0, 255).byte().permute(1, 2, 0)
    return Image.fromarray(channels_last.cpu().numpy())


def pixels(image: Image.Image) -> Tensor:
    """Turn a picture into pixels, float [3, height, width] within -1 and 1; what is transparent becomes grey."""
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, (128, 128, 128, 255)), image)
    return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1).float() / 127.5 - 1


def weighted(embeddings: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """Average embeddings of one shape by their weights, of which only the proportions count."""
    shares = torch.tensor(weights, dtype=torch.float64) / sum(weights)
    average: Tensor = torch.tensordot(shares.to(embeddings[0]), torch.stack(list(embeddings)), dims=1)
    return average


def slerp(start: Tensor, end: Tensor, share: float) -> Tensor:
    """Go `share` of the way from one embedding to another along the arc between them (Shoemake, 1985).

    Embeddings of one direction, which have no arc between them, are mixed along the line.
    """
    cosine = torch.nn.functional.cosine_similarity(start.float(), end.float(), dim=-1).clamp(-1, 1)
    angle = torch.arccos(cosine)[..., None]
    if bool((angle.sin() < 1e-4).any()):
        return torch.lerp(start, end, share)
    near, far = torch.sin((1 - share) * angle) / angle.sin(), torch.sin(share * angle) / angle.sin()
    return near.to(start.dtype) * start + far.to(end.dtype) * end
