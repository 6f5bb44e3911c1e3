"""The weights of a network lie in slabs for which torch's allocator takes what the plan says, and hardly more.

No memory is pinned here: who asks for it is noted, with what `CachingHostAllocator.h` of torch would make of it.
"""

from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode

from engine.kandinsky.bench import fullsize
from engine.kandinsky.families.register import FAMILIES
from engine.kandinsky.placing import slabs
from engine.kandinsky.placing.plan import GIB, SMALLEST_SLAB, Rung, host_bytes, slab_sizes

RECORD = FAMILIES["kandinsky-2-2"]
NAMES = ("prior.text_encoder", "prior.image_encoder", "prior.prior", "decoder.unet", "decoder.movq")


class Pinned(TorchFunctionMode):
    """Note what is pinned, rounded up to a power of two, and make it on the meta device."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[int] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = dict(kwargs or {})
        if not named.pop("pin_memory", False):
            return func(*args, **named)
        made = func(*args, **{**named, "device": "meta"})
        self.taken.append(1 << (made.nbytes - 1).bit_length())
        return made


def tensors(name: str) -> list[torch.Tensor]:
    network = fullsize.build(RECORD.stock, name)
    return [*network.parameters(), *network.buffers()]


@pytest.mark.parametrize("name", NAMES)
def test_a_network_takes_the_pinned_memory_that_was_planned(name: str) -> None:
    weights = tensors(name)
    size = sum(tensor.nbytes for tensor in weights)
    with Pinned() as slab_by_slab:
        slabs.hold(weights, pinned=True)
    planned = host_bytes({name: RECORD.components[name]}, Rung.MODEL_OFFLOAD)
    assert abs(sum(slab_by_slab.taken) - planned) < SMALLEST_SLAB
    assert size <= sum(slab_by_slab.taken) < size + SMALLEST_SLAB


def test_tensor_by_tensor_half_as_much_again_would_be_taken() -> None:
    weights = tensors("decoder.unet")
    with Pinned() as one_by_one:
        for tensor in weights:
            torch.empty_like(tensor, pin_memory=True)
    assert sum(one_by_one.taken) > 1.5 * sum(tensor.nbytes for tensor in weights)


@pytest.mark.parametrize("size", [0, 1, SMALLEST_SLAB, SMALLEST_SLAB + 1, GIB, 5 * GIB + 7, 17 * GIB - 1])
def test_slabs_are_powers_of_two_that_hold_everything(size: int) -> None:
    sizes = slab_sizes(size)
    assert all(slab & (slab - 1) == 0 and SMALLEST_SLAB <= slab <= GIB for slab in sizes)
    assert size <= sum(sizes) < size + SMALLEST_SLAB


def test_what_is_held_has_its_values_its_precision_and_its_order_of_dimensions() -> None:
    given = [
        torch.randn(3, 5, 7, 2).to(memory_format=torch.channels_last),
        torch.tensor(7),
        torch.randn(9, 4).half().T,
        torch.arange(3).expand(1, 3),
        torch.empty(0),
    ]
    held = [tensor.clone() for tensor in given]
    slabs.hold(held, pinned=False)
    for tensor, expected in zip(held, given, strict=True):
        assert torch.equal(tensor, expected)
        assert (tensor.dtype, tensor.stride()) == (expected.dtype, expected.clone().stride())
        assert tensor.data_ptr() % slabs.ALIGNED_BYTES == 0
    assert len({tensor.untyped_storage().data_ptr() for tensor in held}) == 1


def test_a_tensor_that_no_slab_of_its_network_holds_has_its_own() -> None:
    sizes = (48 * 2**20, 32 * 2**20)
    weights = [torch.empty(size, dtype=torch.uint8, device="meta") for size in sizes]
    with Pinned() as memory:
        slabs.hold(weights, pinned=True)
    assert memory.taken == [64 * 2**20, 32 * 2**20]
