"""Plan where the parts of a model stay, from what they weigh and what is free: pure arithmetic, without torch."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from types import MappingProxyType

from engine.catalog import DEMO
from engine.errors import EngineError, RequestError

GIB = 2**30
HALF = 2  # bytes of a weight in fp16 or bf16
LATENT_SCALE = 8  # pixels to a side of a latent pixel, in every family here
# Kernels' workspaces and what the allocator cannot reuse. Estimates: no GPU has confirmed them.
WORKSPACE_BYTES = GIB // 2
FRAGMENTATION = 1.1
TILE = 64  # latent pixels to a side of a tile when a picture is decoded in tiles, 512 pixels
# Pinned memory comes in powers of two: in slabs from the one size to the other.
SMALLEST_SLAB = 2**24
LARGEST_SLAB = GIB
# NF4 has 4 bits for a weight and an fp32 scale for every 64 of them, which makes 4.5 bits.
NF4_BYTES = 4.5 / 8


class Role(StrEnum):
    """When a component works: once for a text or a picture, at every step, or once at the end."""

    ENCODER = "encoder"
    DENOISER = "denoiser"
    DECODER = "decoder"


@dataclass(frozen=True, slots=True)
class Component:
    """Weigh one network: parameters, those of its largest layer, and what it computes with beside them.

    `activation_bytes` are per picture, with guidance, in half precision; those in `activation_per_pixel` per pixel of
    the latent. Both are the largest sum of tensors alive at once in a forward on the meta device, without workspaces;
    `tools/memory_table.py --activations` counts them again. The decoder takes one picture at a time in every batch.
    """

    role: Role
    parameters: int
    largest_layer: int
    activation_bytes: int = 0
    activation_per_pixel: int = 0
    quantisable: int = 0  # parameters that NF4 may hold

    @property
    def weight_bytes(self) -> int:
        """Count the bytes of the weights in half precision."""
        return self.parameters * HALF

    @property
    def quantised_bytes(self) -> int:
        """Count the bytes of the weights where all that can be is NF4."""
        return round((self.parameters - self.quantisable) * HALF + self.quantisable * NF4_BYTES)


Components = Mapping[str, Component]
NOTHING_ELSE: Mapping[str, Components] = MappingProxyType({})


class Rung(StrEnum):
    """One way to keep a model, from the fastest to the thriftiest.

    Encoders run once for a text, so letting their layers pass through the GPU costs no more transfers than
    moving them there and back whole, and needs no room. Attention slicing is no rung: with PyTorch's fused attention
    no score matrix exists that slicing would save.
    """

    RESIDENT = "resident"
    RESIDENT_QUANTISED = "resident, text encoder in NF4"
    ENCODERS_STREAMED = "encoders layer by layer"
    MODEL_OFFLOAD = "one network at a time"
    MODEL_OFFLOAD_TILED = "one network at a time, decoded in tiles"
    SEQUENTIAL_OFFLOAD = "layer by layer"
    SEQUENTIAL_OFFLOAD_TILED = "layer by layer, decoded in tiles"

    @property
    def decodes_in_tiles(self) -> bool:
        """Tell whether the decoder sees a part of the picture at a time, which changes it slightly."""
        return self in {Rung.MODEL_OFFLOAD_TILED, Rung.SEQUENTIAL_OFFLOAD_TILED}

    def streams(self, role: Role) -> bool:
        """Tell whether the layers of a component pass through the GPU one after another."""
        if self in {Rung.SEQUENTIAL_OFFLOAD, Rung.SEQUENTIAL_OFFLOAD_TILED}:
            return True
        return role is Role.ENCODER and self not in {Rung.RESIDENT, Rung.RESIDENT_QUANTISED}

    def keeps(self, role: Role) -> bool:
        """Tell whether a component stays on the GPU while another one works."""
        if self in {Rung.RESIDENT, Rung.RESIDENT_QUANTISED}:
            return True
        return self is Rung.ENCODERS_STREAMED and role is not Role.ENCODER


# Tiles before layer by layer: they change the picture a little, but thirty steps each of which moves the whole UNet
# take minutes. NF4 changes what a text means to the model, so that it is taken only where it was asked for.
LADDER = tuple(rung for rung in Rung if rung is not Rung.RESIDENT_QUANTISED)
QUANTISED_LADDER = tuple(Rung)


@dataclass(frozen=True, slots=True)
class Placement:
    """Say how a model is kept, what it then needs on the GPU at most, and what it keeps in the host's memory."""

    rung: Rung
    peak_bytes: int
    host_bytes: int


def peak_bytes(model: Components, rung: Rung, width: int, height: int, batch: int = 1) -> int:
    """Estimate the GPU memory of `batch` pictures of `width` x `height` pixels, the model's weights included."""
    kept = sum(_bytes(one, rung) for one in model.values() if rung.keeps(one.role))
    needed = max((kept + _at_work(one, rung, width, height, batch) for one in model.values()), default=0)
    return round(needed * FRAGMENTATION) + WORKSPACE_BYTES


def host_bytes(model: Components, rung: Rung) -> int:
    """Count the bytes of the slabs of the host's memory in which weights stand ready."""
    return sum(sum(slab_sizes(one.weight_bytes)) for one in model.values() if not rung.keeps(one.role))


def slab_sizes(weight_bytes: int) -> list[int]:
    """Part `weight_bytes` into slabs, the largest first, of which each is a power of two; the last one is not full."""
    largest, rest = divmod(-(-weight_bytes // SMALLEST_SLAB), LARGEST_SLAB // SMALLEST_SLAB)
    smaller = [SMALLEST_SLAB << digit for digit in reversed(range(rest.bit_length())) if rest >> digit & 1]
    return [LARGEST_SLAB] * largest + smaller


def place(
    name: str, model: Components, free_bytes: int, width: int, height: int, batch: int = 1,
    ladder: Sequence[Rung] = LADDER, others: Mapping[str, Components] = NOTHING_ELSE,
) -> Placement:  # fmt: skip
    """Choose the first rung of `ladder` on which `model`, called `name`, draws such pictures in `free_bytes`.

    `free_bytes` is what the model may have in all: what the device has free, and what the model holds already. Raises
    `RequestError("too_large_for_device")` where a smaller size would fit, which its facts name, and
    `EngineError("device_too_small")` where none would, which names those of the `others` that would fit.
    """
    for placement in placements(model, width, height, batch, ladder):
        if placement.peak_bytes <= free_bytes:
            return placement
    raise _refusal(name, model, free_bytes, width, height, ladder, others)


def placements(
    model: Components, width: int, height: int, batch: int = 1, ladder: Sequence[Rung] = LADDER
) -> list[Placement]:
    """List what each rung of `ladder` needs for such pictures."""
    return [Placement(rung, peak_bytes(model, rung, width, height, batch), host_bytes(model, rung)) for rung in ladder]


def next_rung(
    placement: Placement, model: Components, width: int, height: int, ladder: Sequence[Rung] = LADDER
) -> Placement | None:
    """Find the next rung that needs less than `placement` for one picture, after memory ran out; `None` on the last."""
    below = ladder[ladder.index(placement.rung) + 1 :]
    now = peak_bytes(model, placement.rung, width, height)
    return next((lower for lower in placements(model, width, height, 1, below) if lower.peak_bytes < now), None)


def largest_batch(model: Components, rung: Rung, free_bytes: int, width: int, height: int, limit: int) -> int:
    """Find how many pictures of `width` x `height` can be drawn at once on `rung`: 0 to `limit`."""
    return bisect_right(range(1, limit + 1), free_bytes, key=partial(peak_bytes, model, rung, width, height))


def largest_size(
    model: Components, rung: Rung, free_bytes: int, width: int, height: int, multiple: int = 64, smallest: int = 256,
    batch: int = 1, below: float = math.inf,
) -> tuple[int, int] | None:  # fmt: skip
    """Find the largest size of about the same shape of which `batch` pictures can be drawn on `rung`.

    Its sides are multiples of `multiple` from `smallest` on, and it has fewer pixels than `below`.
    """
    for side in range(max(width, height), smallest - 1, -multiple):
        scale = side / max(width, height)
        wide, high = (max(smallest, int(length * scale) // multiple * multiple) for length in (width, height))
        if wide * high < below and peak_bytes(model, rung, wide, high, batch) <= free_bytes:
            return wide, high
    return None


def too_small(
    name: str, model: Components, free_bytes: int, ladder: Sequence[Rung] = LADDER,
    others: Mapping[str, Components] = NOTHING_ELSE,
) -> EngineError:  # fmt: skip
    """Say that `model`, called `name`, cannot be kept in `free_bytes` at all, and which of the `others` could."""
    needed = min(placement.peak_bytes for placement in placements(model, 256, 256, 1, ladder))
    fitting = [other for other in those_that_fit(others, free_bytes) if other != name] or [DEMO.name]
    return EngineError(
        "device_too_small", model=name, needed_gib=_gib(needed), free_gib=_gib(free_bytes), models=fitting
    )


def those_that_fit(models: Mapping[str, Components], free_bytes: int, size: int = 512) -> list[str]:
    """Name those of `models` that draw `size` x `size` pixels in `free_bytes` on some rung."""
    return [
        name
        for name, model in models.items()
        if any(placement.peak_bytes <= free_bytes for placement in placements(model, size, size))
    ]


def with_parts(model: Components, parts: Iterable[str]) -> Components:
    """Keep the components of `parts`, such as "decoder"; a family's record holds every part there is."""
    return {name: one for name, one in model.items() if name.partition(".")[0] in set(parts)}


def _bytes(component: Component, rung: Rung) -> int:
    return component.quantised_bytes if rung is Rung.RESIDENT_QUANTISED else component.weight_bytes


def _at_work(component: Component, rung: Rung, width: int, height: int, batch: int) -> int:
    """Count what a component takes while it works, beside what is kept anyway."""
    weights = 0 if rung.keeps(component.role) else component.weight_bytes
    if rung.streams(component.role):
        weights = 2 * component.largest_layer * HALF  # and the next one, which is brought meanwhile
    return weights + _activations(component, rung, width, height, batch)


def _activations(component: Component, rung: Rung, width: int, height: int, batch: int) -> int:
    pixels = width * height // LATENT_SCALE**2
    if component.role is Role.DECODER:
        picture_bytes = 3 * 4 * 2 * width * height  # in fp32: the sum of the tiles, and the sum of their weights
        whole = pixels * component.activation_per_pixel
        tiled = min(pixels, TILE**2) * component.activation_per_pixel + picture_bytes
        return min(whole, tiled) if rung.decodes_in_tiles else whole
    return batch * (component.activation_bytes + pixels * component.activation_per_pixel)


def _refusal(
    name: str, model: Components, free_bytes: int, width: int, height: int, ladder: Sequence[Rung],
    others: Mapping[str, Components],
) -> EngineError:  # fmt: skip
    if near := largest_size(model, ladder[-1], free_bytes, width, height):
        return RequestError(
            "too_large_for_device", width=width, height=height, model=name, near_width=near[0], near_height=near[1]
        )
    return too_small(name, model, free_bytes, ladder, others)


def _gib(size_bytes: int) -> str:
    return f"{size_bytes / GIB:.1f}"
