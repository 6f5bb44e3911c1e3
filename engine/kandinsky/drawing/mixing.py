"""Mix embeddings: by weights, or along the way from one to another."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


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
