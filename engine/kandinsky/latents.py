"""Draw the first noise of a picture, and turn its last latents into pixels."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from PIL import Image
from torch import Generator, Tensor

from engine.requests import Request


def generator(seed: int) -> Generator:
    """Make the random generator of one picture: on the CPU, for there a seed means the same noise on every device."""
    return Generator("cpu").manual_seed(seed)


def noise(request: Request, generators: Iterable[Generator], pipeline: Any) -> Tensor:
    """Draw the first latents as the UNet of `pipeline` takes them, float [pictures, 4, height / 8, width / 8].

    They are drawn in fp32 on the CPU: drawn in half precision, the same seed would give other noise.
    """
    unet, scale = pipeline.unet, 2 ** (len(pipeline.movq.config.block_out_channels) - 1)
    shape = (1, unet.config.in_channels, (request.height or 0) // scale, (request.width or 0) // scale)
    drawn = torch.cat([torch.randn(shape, generator=generator) for generator in generators])
    return drawn.to(unet.device, unet.dtype)


@torch.no_grad()
def pictures(movq: Any, latents: Tensor) -> list[Image.Image]:
    """Decode `latents`, float [pictures, 4, height / 8, width / 8]."""
    return [picture(pixels) for pixels in one_by_one(movq.decode)(latents, force_not_quantize=True)["sample"]]


def one_by_one(decode: Callable[..., Any]) -> Callable[..., Mapping[str, Tensor]]:
    """Let the `decode` of a MoVQ take one picture at a time: it needs more memory for each than denoising does."""

    @functools.wraps(decode)
    def decode_each(latents: Tensor, **options: object) -> Mapping[str, Tensor]:
        return {"sample": torch.cat([decode(latent[None], **options)["sample"] for latent in latents])}

    return decode_each


def picture(pixels: Tensor) -> Image.Image:
    """Make a picture of `pixels`, float [3, height, width] within -1 and 1."""
    channels_last = (pixels.float() * 127.5 + 127.5).round().clamp(0, 255).byte().permute(1, 2, 0)
    return Image.fromarray(channels_last.cpu().numpy())
