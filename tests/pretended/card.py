"""A card that is not there, for tensors without values, under the project's own code; what was made on the CPU is real.

It does what a torch that was built without CUDA refuses, and notes what would wait for a card, how much it computes,
and how much of its memory is taken. Its streams are one.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from tests.pretended.ghost import CARD, HOST, MEMORY, NOTES, Ghost, WrongPlaceError, check_places, on_meta

# What reads a value, and so waits for whatever is to compute it.
READS = frozenset(("item", "__bool__", "__int__", "__float__", "__index__", "tolist", "numpy", "nonzero"))
# What a whole number is when it is read: as many as a text has tokens.
READ = 30
# Files whose functions are no place of the project's or a library's own where something waits.
NOWHERE = ("/torch/", "/accelerate/", "/pretended/", "/contextlib")


class Card(TorchFunctionMode):
    """Let `Ghost`s compute; `waits` are counted by what they are and where, `operations` as torch's counter would."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: Counter[tuple[str, str]] = Counter()
        self.operations = 0
        self._before = MEMORY.taken

    @property
    def most_bytes(self) -> int:
        """Tell how many bytes were taken at most, beside those that were before."""
        return MEMORY.most - self._before

    def wait(self, what: str) -> None:
        """Note that the host waits for the card."""
        self.waits[what, _where()] += 1

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Do what a torch that was built without CUDA refuses; all else it does itself."""
        named, name = kwargs or {}, getattr(func, "__name__", "")
        if name in OWN and args and isinstance(args[0], Tensor):
            return OWN[name](self, func, args, named)
        if isinstance(args[0] if args else None, Ghost) and name in READS:
            return self.read(name, args[0])
        if named.get("device") is not None or named.get("pin_memory"):
            return self._made(func, name, args, named)
        return func(*args, **named)

    def _made(self, func: Any, name: str, args: Any, named: dict[str, Any]) -> Any:
        """Make a tensor on the card, or in the host's memory like one without values."""
        on_card, is_like = _is_card(named.get("device")), args and isinstance(args[0], Ghost)
        is_pinned = named.get("pin_memory", False)
        if not on_card and not is_like and not is_pinned:
            return func(*args, **named)
        if name in ("tensor", "as_tensor"):
            self.wait("to the card")
        told = {**named, "device": "meta", **({"pin_memory": False} if is_pinned else {})}
        made = func(*map(on_meta, args), **told)
        return Ghost.new(made, CARD if on_card else HOST, is_pinned=is_pinned)

    def read(self, name: str, value: Ghost) -> Any:
        """Make up a value, and note that it was waited for."""
        self.wait("a value is read")
        if name == "nonzero":
            return Ghost.new(torch.empty(1, value.ndim, dtype=torch.long, device="meta"))
        return False if name == "__bool__" else 0.5 if value.dtype.is_floating_point else READ

    def _moved(self, func: Callable[..., Any], args: Any, named: dict[str, Any]) -> Any:
        moved, there, dtype = args[0], _target(func.__name__, args[1:], named), _precision(args[1:], named)
        is_ghost = isinstance(moved, Ghost)
        if there is None or (not is_ghost and not _is_card(there)):
            return func(*args, **named)
        device = CARD if _is_card(there) else HOST
        if is_ghost and moved.device is device and not named.get("copy"):
            return moved.to(dtype) if dtype and dtype is not moved.dtype else moved
        if device is CARD:
            if not (named.get("non_blocking") and moved.is_pinned()):
                self.wait("to the card")
            return Ghost.new(moved, CARD, dtype)
        self.wait("to the host")
        return torch.zeros(moved.shape, dtype=dtype or moved.dtype)

    def _pinned(self, _func: Any, args: Any, _named: Any) -> Tensor:
        """Pin a real tensor, as far as anybody can tell."""
        args[0].is_pinned = lambda: True
        return args[0]

    def _attended(self, func: Any, args: Any, named: dict[str, Any]) -> Any:
        """Check what a kernel of CUDA checks, which none here does, and count as torch's counter would."""
        if not isinstance(args[0], Ghost):
            return func(*args, **named)
        query, key, value = args[:3]
        mask = named.get("attn_mask", args[3] if len(args) > 3 else None)
        masks = [] if mask is None else [mask]
        if {key.dtype, value.dtype, *(each.dtype for each in masks)} - {torch.bool} != {query.dtype}:
            raise WrongPlaceError("attention in two precisions")
        check_places("attention", [query, key, value, *masks])
        self.operations += 2 * query.shape[:-1].numel() * key.shape[-2] * (query.shape[-1] + value.shape[-1])
        return Ghost.new(torch.empty(*query.shape[:-1], value.shape[-1], dtype=query.dtype, device="meta"))


OWN: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("to", "cpu", "cuda"), Card._moved),
    "pin_memory": Card._pinned,
    "scaled_dot_product_attention": Card._attended,
}


@contextmanager
def pretended(room: float = float("inf")) -> Iterator[Card]:
    """Have a card in the block, with `room` bytes of memory beside what is taken already."""
    MEMORY.most, MEMORY.room = MEMORY.taken, MEMORY.taken + room
    with Card() as card, mock.patch.multiple(torch.cuda, **_streams(card)), torch.inference_mode():
        NOTES.append(card)
        try:
            yield card
        finally:
            NOTES.pop()
            MEMORY.room = float("inf")


def _streams(card: Card) -> dict[str, Any]:
    one = mock.MagicMock()
    return {
        "synchronize": partial(card.wait, "synchronisation"),
        "Stream": lambda: one,
        "current_stream": lambda: one,
        "stream": lambda _stream: nullcontext(),
    }


def ghosts(network: nn.Module, device: torch.device = CARD, dtype: torch.dtype | None = None) -> nn.Module:
    """Replace the weights of `network`, which is on the meta device, by ones without values on `device`."""
    for module in network.modules():
        for name, weights in list(module._parameters.items()):
            if weights is not None:
                module._parameters[name] = nn.Parameter(Ghost.new(weights, device), requires_grad=False)
        for name, values in list(module._buffers.items()):
            if values is not None:
                module._buffers[name] = Ghost.new(values, device)
    return network


def _where() -> str:
    """Name the function, of this project or a library, that is at work."""
    frame = sys._getframe(2)
    while frame.f_back and any(each in frame.f_code.co_filename for each in NOWHERE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename.rpartition('/')[2]}: {frame.f_code.co_name}"


def _target(name: str, args: Any, named: dict[str, Any]) -> Any:
    """Tell to which device a tensor is moved, if to any."""
    if name in ("cpu", "cuda"):
        return name
    told = [each.device if isinstance(each, Tensor) else each for each in args]
    return next((each for each in told if isinstance(each, str | torch.device)), named.get("device"))


def _precision(args: Any, named: dict[str, Any]) -> torch.dtype | None:
    told = [each.dtype if isinstance(each, Tensor) else each for each in args]
    return next((each for each in told if isinstance(each, torch.dtype)), named.get("dtype"))


def _is_card(device: Any) -> bool:
    return isinstance(device, str | torch.device) and str(device).startswith("cuda")
