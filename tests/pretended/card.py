"""A card that is not there: networks of FakeTensors on "cuda", under the project's own code.

A FakeTensor has a shape, a precision and a device, and no values; what is on the CPU stays real. What goes from the one
to the other is noted, and what would wait for the card. torch says where a kernel finds its tensors on two devices.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch._subclasses import fake_impls
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

FAKE = FakeTensorMode(allow_non_fake_inputs=True)
READ = torch.ops.aten._local_scalar_dense.default
# What reads a value, and so waits for whatever is to compute it.
READS = frozenset(("item", "__bool__", "__int__", "__float__", "__index__", "tolist", "numpy", "nonzero"))
# What a torch that was built without CUDA says of a kernel for it.
ABSENT = ("not linked with support", "not compiled with CUDA", "Could not run")


def on_card(network: nn.Module) -> nn.Module:
    """Replace the weights of `network`, which may be on the meta device, by fake ones on the card."""
    for module in network.modules():
        for name, weights in list(module._parameters.items()):
            if weights is not None:
                module._parameters[name] = nn.Parameter(_like(weights), requires_grad=False)
        for name, values in list(module._buffers.items()):
            if values is not None:
                module._buffers[name] = _like(values)
    return network


class Card(TorchFunctionMode):
    """Let networks that are `on_card` compute, and note in `waits` what would wait for the card, by what it is."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: Counter[str] = Counter()
        self.attention_flops = 0
        self._pinned: dict[int, torch.UntypedStorage] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named, name = dict(kwargs or {}), getattr(func, "__name__", str(func))
        if name in ("to", "cpu", "cuda") and isinstance(args[0], Tensor):
            return self._moved(func, name, args, named)
        if name in READS and args and isinstance(args[0], FakeTensor):
            self.waits["read"] += 1
            return False if name == "__bool__" else 0
        if name == "is_pinned":
            return self._is_pinned(args[0])
        if name == "pin_memory" or named.pop("pin_memory", False):
            return self._pin(args[0].clone() if name == "pin_memory" else func(*args, **named))
        if name == "scaled_dot_product_attention" and isinstance(args[0], FakeTensor):
            return self._attended(*args[:3], named.get("attn_mask", args[3] if len(args) > 3 else None))
        if _is_card(named.get("device")) and not any(isinstance(each, FakeTensor) for each in tree_leaves(args)):
            with FAKE:
                return func(*args, **named)
        return _computed(func, name, args, named)

    def _moved(self, func: Callable[..., Any], name: str, args: Any, named: dict[str, Any]) -> Any:
        moved, there = args[0], _target(name, args[1:], named)
        is_here = isinstance(moved, FakeTensor)
        if there is None or _is_card(there) == is_here:
            return moved.to(_precision(args[1:], named) or moved.dtype) if is_here and there else func(*args, **named)
        if is_here:
            self.waits["to the host"] += 1
            return torch.zeros(moved.shape, dtype=_precision(args[1:], named) or moved.dtype)
        self.waits["to the card"] += not (named.get("non_blocking", False) and self._is_pinned(moved))
        return _like(moved, _precision(args[1:], named))

    def _pin(self, held: Tensor) -> Tensor:
        self._pinned[held.untyped_storage()._cdata] = held.untyped_storage()
        return held

    def _is_pinned(self, held: Tensor) -> bool:
        return held.untyped_storage()._cdata in self._pinned

    def _attended(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        """Check what a kernel of CUDA checks, which none here does, and count as torch's counter would."""
        assert query.dtype == key.dtype == value.dtype
        assert mask is None or (mask.device == query.device and mask.dtype in (torch.bool, query.dtype))
        self.attention_flops += 4 * query.numel() * key.shape[-2]
        with FAKE:
            return torch.empty(*query.shape[:-1], value.shape[-1], dtype=query.dtype, device="cuda")


@contextmanager
def pretended() -> Iterator[Card]:
    """Have a card in the block."""

    def read(_mode: Any, _func: Any, value: Tensor) -> float | bool:
        card.waits["read"] += 1
        return True if value.dtype is torch.bool else 0.5 if value.dtype.is_floating_point else 500

    with mock.patch.dict(fake_impls.op_implementations_dict, {READ: read}), Card() as card:
        yield card


def _computed(func: Callable[..., Any], name: str, args: Any, named: dict[str, Any]) -> Any:
    """Compute shapes; where a kernel of CUDA would have to be there even for those, as the meta device does."""
    try:
        return func(*args, **named)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        if not any(words in str(error) for words in ABSENT):
            raise
    done = func(*tree_map(_on_meta, args), **tree_map(_on_meta, named))
    return None if name == "__setitem__" else tree_map(_from_meta, done)


def _on_meta(value: Any) -> Any:
    if isinstance(value, Tensor):
        is_number = value.ndim == 0 and not isinstance(value, FakeTensor) and not value.dtype.is_floating_point
        return (
            int(value)
            if is_number
            else torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device="meta")
        )
    return torch.device("meta") if _is_card(value) else value


def _from_meta(value: Any) -> Any:
    return _like(value) if isinstance(value, Tensor) and value.device.type == "meta" else value


def _like(value: Tensor, dtype: torch.dtype | None = None) -> FakeTensor:
    with FAKE:
        return torch.empty_strided(value.shape, value.stride(), dtype=dtype or value.dtype, device="cuda")


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
