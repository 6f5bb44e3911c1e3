"""Decode a large picture in tiles that overlap, where the whole does not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from diffusers.models.autoencoders.vae import DecoderOutput
from torch import Tensor

from engine.kandinsky.placing.plan import TILE

OVERLAP = 16  # latent pixels that neighbouring tiles share


class InTiles:
    """Be the `decode` of a MoVQ that sees `tile` x `tile` latent pixels at a time, and blends what tiles share.

    The picture is not quite the one decoded whole: MoVQ normalises by the mean and the spread of what it sees. The
    tiles fade into each other over `overlap` latent pixels, so that the difference has no edge.
    """

    def __init__(self, decode: Callable[..., Any], tile: int = TILE, overlap: int = OVERLAP) -> None:
        self.decode = decode
        self._tile = tile
        self._overlap = overlap

    def __call__(self, latents: Tensor, **options: object) -> DecoderOutput:
        """Decode `latents`, float [pictures, 4, height, width]; `sample` is float [pictures, 3, ...]."""
        height, width = latents.shape[-2:]
        if max(height, width) <= self._tile:
            return DecoderOutput(sample=self.decode(latents, **options).sample)
        rows, columns = (_cuts(length, self._tile, self._overlap) for length in (height, width))
        strips = [self._blend(latents[..., row, :], columns, options) for row in rows]
        return DecoderOutput(sample=_blended(strips, rows, height, self._overlap, -2).to(latents.dtype))

    def _blend(self, latents: Tensor, columns: list[slice], options: Mapping[str, object]) -> Tensor:
        """Decode one row of tiles as float [pictures, 3, tile, width]."""
        tiles = [self.decode(latents[..., column], **options).sample.float() for column in columns]
        return _blended(tiles, columns, latents.shape[-1], self._overlap, -1)


def _cuts(length: int, tile: int, overlap: int) -> list[slice]:
    """Cut `length` into tiles of one size, spread evenly so that neighbours share `overlap` at least."""
    if length <= tile:
        return [slice(0, length)]
    count = -(-(length - overlap) // (tile - overlap))
    starts = [round(index * (length - tile) / (count - 1)) for index in range(count)]
    return [slice(start, start + tile) for start in starts]


def _blended(parts: list[Tensor], cuts: list[slice], length: int, overlap: int, dim: int) -> Tensor:
    """Join `parts`, cut from `length` latent pixels at `cuts`, along `dim`; they fade over what they share."""
    scale = parts[0].shape[dim] // (cuts[0].stop - cuts[0].start)
    shape = list(parts[0].shape)
    shape[dim] = length * scale
    joined = parts[0].new_zeros(shape)
    weights = joined.new_zeros(length * scale)
    for part, cut in zip(parts, cuts, strict=True):
        weight = _ramp(cut, length, overlap * scale, scale, joined)
        joined.narrow(dim, cut.start * scale, len(weight)).add_(part * _along(weight, dim))
        weights[cut.start * scale : cut.stop * scale] += weight
    return joined / _along(weights, dim)


def _along(weight: Tensor, dim: int) -> Tensor:
    return weight if dim == -1 else weight[:, None]


def _ramp(cut: slice, length: int, fade: int, scale: int, like: Tensor) -> Tensor:
    """Weigh the pixels of a part: less towards the sides where another part goes on."""
    distance = torch.arange((cut.stop - cut.start) * scale, device=like.device, dtype=like.dtype) + 0.5
    before = (distance / fade).clamp(max=1) if cut.start > 0 else torch.ones_like(distance)
    after = (distance.flip(0) / fade).clamp(max=1) if cut.stop < length else torch.ones_like(distance)
    return before * after
