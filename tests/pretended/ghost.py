"""Tensors without values: a shape, a precision, and a place on a card that is not there or in the host's memory.

Torch's own kernels for the meta device say what comes of them; what those let pass and CUDA's would not is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.utils._pytree import tree_map
from torch.utils.flop_counter import flop_registry

CARD, HOST = torch.device("cuda", 0), torch.device("cpu")
ATEN = torch.ops.aten
# What CUDA's kernels refuse to do in two precisions; those of the meta device let some of it pass.
IN_ONE_PRECISION = frozenset(
    (ATEN.convolution, ATEN.native_group_norm, ATEN.native_layer_norm, ATEN.addmm, ATEN.mm, ATEN.bmm, ATEN.baddbmm)
)
# What is no work, so that it may be done with weights in the host's memory.
ANYWHERE = frozenset((ATEN.clone, ATEN._to_copy, ATEN.copy_))


class WrongPlaceError(AssertionError):
    """Say that a kernel would not find all it needs on the card, or in one precision."""


class Notes(Protocol):
    """Be what notes how much is computed, and what waits."""

    operations: int

    def wait(self, what: str) -> None:
        """Note that the host waits for the card."""

    def read(self, name: str, value: Ghost) -> Any:
        """Make up a value, and note that it was waited for."""


# Who takes notes now, the latest last.
NOTES: list[Notes] = []


@dataclass(slots=True)
class Memory:
    """Count the bytes of the card that are taken, and the most that were; beyond `room` there is no more."""

    taken: int = 0
    most: int = 0
    room: float = float("inf")

    def take(self, size: int) -> None:
        """Take `size` bytes; raise `torch.OutOfMemoryError` where they are not free."""
        if self.taken + size > self.room:
            raise torch.OutOfMemoryError("no room on a card that is not there")
        self.taken += size
        self.most = max(self.most, self.taken)


MEMORY = Memory()


class Block:
    """Be a piece of memory that tensors share; a place on the card is free again when nobody holds it any more."""

    __slots__ = ("device", "is_pinned", "size")

    def __init__(self, device: torch.device, size: int, *, is_pinned: bool = False) -> None:
        self.size = 0
        if device is CARD:
            MEMORY.take(size)
        self.device, self.size, self.is_pinned = device, size, is_pinned

    def __del__(self) -> None:
        """Give the memory back."""
        if self.size and self.device is CARD:
            MEMORY.taken -= self.size


class Form(NamedTuple):
    """Be what is known of a tensor without values."""

    size: torch.Size
    stride: tuple[int, ...]
    dtype: torch.dtype


class Ghost(Tensor):
    """Be a tensor without values; for torch it is on the meta device, for everybody else where its block is."""

    form: Form
    block: Block
    # Known without asking torch, which would ask the card.
    shape = property(lambda self: self.form.size)  # type: ignore[assignment]
    dtype = property(lambda self: self.form.dtype)  # type: ignore[assignment]
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def of(form: Form, block: Block) -> Ghost:
        """Make one of a form, in `block`: one that autograd knows, so that torch takes all it does apart."""
        with torch._C._InferenceMode(False):
            made: Ghost = Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
                Ghost, form.size, strides=form.stride, dtype=form.dtype, device="meta"
            )
        made.form, made.block = form, block
        return made

    @staticmethod
    def new(like: Tensor, device: torch.device = CARD, dtype: torch.dtype | None = None, **options: bool) -> Ghost:
        """Make one of the shape of `like`, in memory of its own."""
        dtype = dtype or like.dtype
        block = Block(device, like.numel() * dtype.itemsize, **options)
        return Ghost.of(Form(like.shape, like.stride(), dtype), block)

    @property
    def device(self) -> torch.device:
        """Tell where it is."""
        return self.block.device

    @property
    def is_cuda(self) -> bool:
        """Tell whether it is on the card."""
        return self.block.device is CARD

    def is_pinned(self) -> bool:
        """Tell whether the card fetches it without a wait."""
        return self.block.is_pinned

    @property
    def data(self) -> Ghost:
        """Return what it holds."""
        return self.detach()

    @data.setter
    def data(self, other: Ghost) -> None:
        assert isinstance(other, Ghost)
        assert (other.shape, other.dtype) == (self.shape, self.dtype)
        self.block = other.block

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Compute the form of what `func` would return."""
        return _computed(func, args, kwargs or {})


@dataclass(frozen=True, slots=True)
class Outcome:
    """Say what a kernel returns: forms, in a tuple or list where it returns several, and how it comes by the memory."""

    forms: Any
    returns_itself: bool
    shares: bool
    operations: int


OUTCOMES: dict[Any, Outcome] = {}


def _computed(func: Any, args: Any, named: dict[str, Any]) -> Any:
    """Return what a kernel would return, as a tensor without values; what was computed before is known."""
    if func is ATEN._local_scalar_dense.default:
        return NOTES[-1].read("item", args[0])
    if _has_parts(func):
        return func._op_dk(torch._C.DispatchKey.CompositeImplicitAutograd, *args, **named)
    key = (func, _signature(args), _signature(tuple(named.items())) if named else ())
    outcome = OUTCOMES.get(key) or OUTCOMES.setdefault(key, _outcome(func, args, named))
    first = _first(args)
    if not outcome.shares:
        _check(func, args, named)
    if NOTES:
        NOTES[-1].operations += outcome.operations
    if outcome.returns_itself:
        return first
    return _given(outcome.forms, first, outcome.shares)


@cache
def _has_parts(func: Any) -> bool:
    """Tell whether torch makes `func` of others on every device; within its inference mode they are not taken apart."""
    return torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd")


def _given(form: Any, first: Ghost, shares: bool) -> Any:
    if isinstance(form, Form):
        return Ghost.of(form, first.block if shares else Block(first.device, _extent(form)))
    return [_given(each, first, shares) for each in form] if isinstance(form, list | tuple) else form


def _extent(form: Form) -> int:
    last = sum((size - 1) * stride for size, stride in zip(form.size, form.stride, strict=True))
    return 0 if 0 in form.size else (last + 1) * form.dtype.itemsize


def _outcome(func: Any, args: Any, named: dict[str, Any]) -> Outcome:
    """Let torch compute on the meta device."""
    returns = [each.alias_info for each in func._schema.returns]
    if any(each is not None and each.is_write for each in returns):
        return Outcome(None, True, False, _operations(func, args, named, args[0]))
    if func.overloadpacket is ATEN.index:
        args = (args[0], _as_numbers(args[1]))
    done = func(*tree_map(on_meta, args), **tree_map(on_meta, named))
    shares = func is ATEN._unsafe_view.default or any(each is not None for each in returns)
    return Outcome(tree_map(_form, done), False, shares, _operations(func, args, named, done))


def _operations(func: Any, args: Any, named: dict[str, Any], done: Any) -> int:
    count = flop_registry.get(func.overloadpacket)
    return int(count(*args, **named, out_val=done)) if count else 0


def _as_numbers(indices: Any) -> Any:
    """Take for as many elements as there can be what chooses them by yes and no: how many there are is a value."""
    chosen: list[Any] = []
    for each in indices:
        if isinstance(each, Tensor) and each.dtype is torch.bool:
            chosen += [torch.empty(each.numel(), dtype=torch.long, device="meta")] * each.ndim
        else:
            chosen.append(each)
    return chosen


def _check(func: Any, args: Any, named: dict[str, Any]) -> None:
    tensors = [*_tensors(args), *_tensors(named.values())]
    packet = func.overloadpacket
    if packet is ATEN.copy_:
        _check_copy(*args)
    if packet in (ATEN.index, ATEN.index_put_) and any(each.dtype is torch.bool for each in _tensors(args[1])):
        NOTES[-1].wait("a value is read")
    if packet not in ANYWHERE:
        check_places(str(packet), tensors)
    if packet in IN_ONE_PRECISION and len({each.dtype for each in tensors}) > 1:
        raise WrongPlaceError(f"{packet} in {', '.join(str(each.dtype) for each in tensors)}")


def _check_copy(onto: Tensor, source: Tensor, is_queued: bool = False) -> None:
    if onto.device.type != source.device.type and not (is_queued and source.is_pinned()):
        NOTES[-1].wait("to the card" if onto.device is CARD else "to the host")


def check_places(what: str, tensors: list[Tensor]) -> None:
    """Raise for what a kernel finds on two devices, and for work on weights that are not on the card."""
    if not all(each.is_cuda if isinstance(each, Ghost) else each.is_meta or not each.ndim for each in tensors):
        raise WrongPlaceError(f"{what} on {', '.join(str(each.device) for each in tensors)}")


def _first(args: Any) -> Ghost:
    return args[0] if isinstance(args[0], Ghost) else next(each for each in _tensors(args) if isinstance(each, Ghost))


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)


def _signature(value: Any) -> Any:
    if isinstance(value, Ghost):
        return value.form
    if isinstance(value, list | tuple):
        return tuple([_signature(each) for each in value])
    return (type(value), value.shape, value.dtype) if isinstance(value, Tensor) else (type(value), value)


def on_meta(value: Any) -> Any:
    """Put a tensor of the same form on the meta device; what is no tensor, or a mere number, stays as it is."""
    if isinstance(value, Ghost) or (isinstance(value, Tensor) and value.ndim):
        return torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device="meta")
    return value


def _form(value: Any) -> Any:
    return Form(value.shape, value.stride(), value.dtype) if isinstance(value, Tensor) else value
