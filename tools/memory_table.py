"""Write docs/memory.md: python -m tools.memory_table. With --activations, count on the meta device what it rests on.

The table is arithmetic, not measurement: parameters are counted on the full-size architectures, and what a forward
needs beside them is the largest sum of tensors that are alive at once in it.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from engine.errors import EngineError
from engine.kandinsky.bench import fullsize
from engine.kandinsky.bench.rungs import OWN_GIB
from engine.kandinsky.families.register import FAMILIES
from engine.kandinsky.placing.plan import (
    GIB,
    LARGEST_SLAB,
    QUANTISED_LADDER,
    SMALLEST_SLAB,
    Components,
    place,
    with_parts,
)
from tools.marked import marked, section

FILE = Path(__file__).parent.parent / "docs" / "memory.md"
CARDS_GIB = (8, 12, 16, 24, 48, 80)
ROWS: tuple[tuple[str, str, tuple[str, ...], int], ...] = (
    ("Kandinsky 2.1", "kandinsky-2-1", ("prior", "decoder"), 768),
    ("Kandinsky 2.2", "kandinsky-2-2", ("prior", "decoder"), 768),
    ("Kandinsky 2.2", "kandinsky-2-2", ("prior", "decoder"), 1024),
    ("Kandinsky 2.2 with inpainting", "kandinsky-2-2", ("prior", "decoder", "inpaint"), 768),
    ("Kandinsky 2.2 with inpainting and depth", "kandinsky-2-2", ("prior", "decoder", "inpaint", "controlnet"), 768),
    ("Kandinsky 3", "kandinsky-3", ("decoder",), 768),
    ("Kandinsky 3", "kandinsky-3", ("decoder",), 1024),
)
TEXT = """# Memory

Which way of keeping a model the engine chooses on which card, for one picture. `python -m tools.memory_table` writes
this file. **It is computed, not measured**: from the parameters of the full-size networks in half precision, and from
the largest sum of tensors that are alive at once in a forward. To that come a tenth for what the allocator cannot use,
{workspace} GiB for workspaces, and {own} GiB of the card for the driver. What a card itself says of it stands under
[Measured](#measured).

The ways, from the fastest to the thriftiest:

| way | what stays on the GPU |
|---|---|
| resident | everything |
| resident, text encoder in NF4 | everything, the text encoder in 4 bits; only where it was asked for |
| encoders layer by layer | all but the encoders of texts and pictures, which run once: their layers pass through |
| one network at a time | the network that works; the others stand ready in the host's memory |
| one network at a time, decoded in tiles | as above, and the last latents become pixels in tiles of 512 pixels |
| layer by layer | a layer, and the next one, which is brought while it works |
| layer by layer, decoded in tiles | two layers, and a tile |

Attention slicing is not among them: fused attention has no matrix of scores that it would save, and Kandinsky 3 ignores
it. MoVQ has no tiling of its own in diffusers; the tiles are this project's, and they change the picture slightly.

## Chosen on a card with so many GiB

{table}

In brackets: GiB on the GPU at most, and GiB of the host's memory. That is pinned, for each network in slabs of
{smallest} MiB to {largest} GiB, of which the last is not full. torch rounds whatever is pinned up to a power of two:
tensor by tensor, the 13.8 GiB of Kandinsky 2.2 with everything would be 19.

## Weights

{weights}

## What happens when

Nothing of this has run on a GPU yet. It was tried on tiny models on the CPU, with made-up amounts of free memory and
with memory that ran out on purpose: what is decided, that the pictures stay the same, that the right sentence comes.
How long it takes, and that a real GPU's memory is free again in between, nobody has seen. On a CPU none of it applies.

**When the worker starts** it reads the weights into the host's memory, asks the GPU what is free, takes the first way
of the list above that suffices for one picture of the model's own size, and logs it: `model_placed` with the model, the
`rung` and its estimated `peak_gib`. `[engine] memory` names another way to begin with: `"resident"`, `"offload"` (one
network at a time) or `"sequential"` (layer by layer); it is then taken whatever the estimate says. The embedded model
always stays on the GPU.

**When memory runs out then** the next way is tried at once. Only when none is left does the worker say that it could
not load, how much the model needs, and which models would fit.

**When only smaller pictures fit** than the model's own size, the worker starts with the last way and logs
`only_smaller_pictures_fit`.

**When more is drawn together** than there is room for by the same arithmetic, each forward is computed in parts that
fit, pictures of one request too.

**When memory runs out in a forward** all the same, it is computed in halves, down to a single row, and the log says
`fewer_rows_at_once`; later ones of that size have no more rows.

**When memory runs out for a single picture**, at a step or when the latents become pixels, the next way is taken and
the request is drawn anew, once on each way that is left. The picture is the same, but for tiles. Later requests of that
size or larger begin with the way that worked; smaller ones go back to the way the worker started with. It forgets this
when it restarts.

**When no way is left** the request is refused. If a smaller picture of about the same shape should fit, the answer
names its size, and asking again with `--size` is the consent to it. Outpainting and upscaling have the size that their
pictures give them; there, and where nothing would fit, no size is named.

**When an inpainting or ControlNet request comes first**, its UNet, and the model that estimates depth, are read, and
the way is chosen again with them. A `spandrel` upscaler is not counted: it is small and stays on the GPU.

**When several models are offered** that do not fit together, by the sum of what each needs resident, one is on the GPU
and the others wait in the host's memory, pinned where there is a GPU, so that they come quickly: the host needs room
for all of them. All are read at the start and not at the first request, for a worker that is silent for long is taken
for hung. How long a swap takes is estimated as the weights at 12 GB/s, an assumption, until the first one, at the
start, was timed. The queue then keeps to a model for 15 times that, and longer unless somebody waits for more than 20
seconds.

**When the text encoder is quantised** (`[engine] quantise`, Kandinsky 3 only), it stays on the GPU on every way, also
while another model is there, and the rest of the model is placed in what it leaves. It needs an NVIDIA GPU and
bitsandbytes.

**When networks are compiled** (`[engine] compile`), only those of a resident model that is not swapped are: the prior,
the UNet and MoVQ, not the UNets of inpainting and ControlNet. Sizes are multiples of 64, and each size is compiled
once, when it is first drawn, and again for each size of a batch; that takes minutes in which the worker says nothing,
so raise `hang_s`. The first eight shapes of a network are compiled, others are drawn uncompiled; a network that does
not compile is drawn so too, and the log says `not_compiled`. When the model has to leave the resident way, it runs
uncompiled from then on until it is back.

**When a shape comes for the first time** at a network that does not move, cuDNN searches for the fastest kernels of its
convolutions by trying them, for the first eight shapes of a network; for others, and where networks move because
memory is short, it chooses without trying. It may choose others after a restart: the picture is the same but for
rounding.

**When a network's layers pass through**, the next layer is copied on a stream of its own while one works. Which one is
next was seen the last time, so the first forward is slower.

## Measured

`make gpu` draws one picture of each model on each way, on a card that is limited to the memory of smaller ones, and
writes this table; `kandinsky-bot bench --memory` does so for one model. A star is what the plan chooses on such a card.

{measured}
"""


def main() -> None:
    """Write the file, or print the activations."""
    if "--activations" in sys.argv[1:]:
        for name, per_pixel in activations(64).items():
            print(f"{name}: {per_pixel:,.0f} bytes per latent pixel and picture")
        return
    FILE.write_text(document(), encoding="utf-8")


def document() -> str:
    """Compute the whole text, but for what was measured."""
    measured = marked("memory", section(FILE.read_text(encoding="utf-8"), "memory"))
    return TEXT.format(table=table(), weights=weights(), workspace=0.5, own=OWN_GIB, measured=measured, **_slabs())


def _slabs() -> dict[str, int]:
    return {"smallest": SMALLEST_SLAB // 2**20, "largest": LARGEST_SLAB // GIB}


def table() -> str:
    """Lay out the way chosen for each row and card."""
    head = ["model", "pixels", *(f"{card}" for card in CARDS_GIB)]
    lines = [head, ["---"] * len(head)]
    for title, family, parts, size in ROWS:
        model = with_parts(FAMILIES[family].components, parts)
        cells = [_cell(title, model, card, size) for card in CARDS_GIB]
        lines.append([title, f"{size} x {size}", *cells])
    return _rows(lines)


def weights() -> str:
    """Lay out the size of each network."""
    lines = [["family", "network", "parameters, millions", "GiB"], ["---"] * 4]
    for family, record in FAMILIES.items():
        lines += [
            [family, name, f"{one.parameters / 1e6:,.0f}", f"{one.weight_bytes / GIB:.2f}"]
            for name, one in record.components.items()
        ]
    return _rows(lines)


def _cell(title: str, model: Components, card_gib: float, size: int) -> str:
    free_bytes = round((card_gib - OWN_GIB) * GIB)
    try:
        exact = place(title, model, free_bytes, size, size)
        asked = place(title, model, free_bytes, size, size, ladder=QUANTISED_LADDER)
    except EngineError as error:
        return str(error)
    return "; if asked, ".join(
        f"{one.rung} ({one.peak_bytes / GIB:.1f}, {one.host_bytes / GIB:.1f})" for one in dict.fromkeys([exact, asked])
    )


def _rows(lines: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def activations(side: int) -> dict[str, float]:
    """Count what each UNet, with guidance, and each MoVQ takes: bytes per pixel of a `side` x `side` latent."""
    pixels = side * side
    return {
        **{f"{family} {name}": bytes_ / pixels for family, name, bytes_ in _unet_peaks(side)},
        **{f"{family} {name}": bytes_ / pixels for family, name, bytes_ in _movq_peaks(side)},
    }


def _unet_peaks(side: int) -> list[tuple[str, str, int]]:
    image_2_1 = {"image_embeds": _half(2, 768), "text_embeds": _half(2, 768)}
    inputs = {
        "kandinsky-2-1": {"encoder_hidden_states": _half(2, 77, 1024), "added_cond_kwargs": image_2_1},
        "kandinsky-2-2": {"encoder_hidden_states": None, "added_cond_kwargs": {"image_embeds": _half(2, 1280)}},
        "kandinsky-3": {"encoder_hidden_states": _half(2, 128, 4096), "encoder_attention_mask": _half(2, 128)},
    }
    found = []
    for family, options in inputs.items():
        unet = _full(family, "decoder.unet")
        timesteps = torch.empty(2, dtype=torch.long, device="meta")
        found.append((family, "decoder.unet", peak(unet, _forward(unet, _half(2, 4, side, side), timesteps, options))))
    return found


def _movq_peaks(side: int) -> list[tuple[str, str, int]]:
    found = []
    for family in ("kandinsky-2-2", "kandinsky-3"):
        movq = _full(family, "decoder.movq")
        options = {"force_not_quantize": True}
        found.append((family, "decoder.movq", peak(movq, _forward(movq.decode, _half(1, 4, side, side), options))))
    return found


def _full(family: str, name: str) -> nn.Module:
    stock = FAMILIES[family].stock
    assert stock
    return fullsize.build(stock, name)


def _forward(call: Callable[..., object], *inputs: object) -> Callable[[], object]:
    *tensors, options = inputs
    return lambda: call(*tensors, **options)


def _half(*shape: int) -> torch.Tensor:
    return torch.empty(*shape, device="meta", dtype=torch.float16)


@torch.no_grad()
def peak(network: nn.Module, forward: Callable[[], object]) -> int:
    """Count the most bytes of tensors, beside the weights of `network`, that are alive at once in `forward`."""
    alive = Alive({*network.parameters(), *network.buffers()})
    fused = mock.patch("torch.nn.functional.scaled_dot_product_attention", _fused_attention)
    with fused, alive:
        forward()
    return alive.most


def _fused_attention(
    query: torch.Tensor, _key: object, value: torch.Tensor, *_args: object, **_options: object
) -> object:
    # The kernels of a GPU hold no matrix of scores; those for the meta device would.
    return query.new_empty(*query.shape[:-1], value.shape[-1])


class Alive(TorchDispatchMode):
    """Add up the storages that operations make, from their birth to their end."""

    def __init__(self, known: set[torch.Tensor]) -> None:
        super().__init__()
        self.now = self.most = 0
        self._known = {tensor.untyped_storage()._cdata for tensor in known}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        """Run an operation and look at what it made."""
        made = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                self._born(tensor.untyped_storage())
        return made

    def _born(self, storage: torch.UntypedStorage) -> None:
        if storage._cdata in self._known:
            return
        self._known.add(storage._cdata)
        self.now += storage.nbytes()
        self.most = max(self.most, self.now)
        weakref.finalize(storage, self._gone, storage._cdata, storage.nbytes())

    def _gone(self, key: int, size_bytes: int) -> None:
        self._known.discard(key)
        self.now -= size_bytes


if __name__ == "__main__":
    main()
