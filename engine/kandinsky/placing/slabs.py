"""Hold the weights of a network in a few slabs of the host's memory, pinned where there is a GPU.

torch's allocator rounds whatever is pinned up to a power of two: tensor by tensor, the 13.8 GiB of all networks of
Kandinsky 2.2 would be 19. So slabs have such sizes from the beginning (`engine.kandinsky.placing.plan.slab_sizes`), and
the tensors are views into them. On a GPU each tensor has memory of its own all the same: a slab that came there as one
piece would have to find one piece of free memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from engine.kandinsky.placing.plan import slab_sizes

ALIGNED_BYTES = 64  # a line of a processor's cache


@dataclass(slots=True)
class _Slab:
    """Be memory for some tensors, which is taken when it is filled."""

    size_bytes: int
    left_bytes: int
    tensors: list[Tensor] = field(default_factory=list)

    def has_room(self, tensor: Tensor) -> bool:
        return self.left_bytes >= _bytes(tensor)

    def add(self, tensor: Tensor) -> None:
        self.tensors.append(tensor)
        self.left_bytes -= _bytes(tensor)

    def fill(self, pinned: bool) -> None:
        memory = torch.empty(self.size_bytes, dtype=torch.uint8, pin_memory=pinned)
        *pieces, _rest = torch.split(memory, [*map(_bytes, self.tensors), self.left_bytes])
        for tensor, piece in zip(self.tensors, pieces, strict=True):
            tensor.data = _laid_out_as(tensor.data, piece).copy_(tensor.data)


def hold(tensors: Iterable[Tensor], *, pinned: bool) -> None:
    """Move `tensors` into slabs, wherever they are; where all are pinned already, they stay."""
    listed = list(tensors)
    if pinned and all(tensor.is_pinned() for tensor in listed):
        return
    for slab in _packed(listed):
        slab.fill(pinned)


def _packed(tensors: list[Tensor]) -> list[_Slab]:
    """Put each tensor, the largest first, into the first slab that has room for it."""
    slabs = [_Slab(size, size) for size in slab_sizes(sum(map(_bytes, tensors)))]
    for tensor in sorted(tensors, key=_bytes, reverse=True):
        slab = next((slab for slab in slabs if slab.has_room(tensor)), None)
        if slab is None:
            size = 1 << (_bytes(tensor) - 1).bit_length()
            slabs.append(slab := _Slab(size, size))
        slab.add(tensor)
    return [slab for slab in slabs if slab.tensors]


def _bytes(tensor: Tensor) -> int:
    return -(-tensor.numel() * tensor.itemsize // ALIGNED_BYTES) * ALIGNED_BYTES


def _laid_out_as(tensor: Tensor, piece: Tensor) -> Tensor:
    """See a piece of a slab as a tensor of the same shape and order of dimensions."""
    strides = torch.empty_like(tensor, device="meta").stride()
    return piece[: tensor.numel() * tensor.itemsize].view(tensor.dtype).as_strided(tensor.shape, strides)
