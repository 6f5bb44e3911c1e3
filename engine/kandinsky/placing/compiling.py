"""Compile the networks of a pipeline, for the many pictures of one size that pay for the minutes it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

import structlog
import torch
import torch._dynamo
from torch._dynamo.exc import FailOnRecompileLimitHit, TorchDynamoException
from torch.utils._pytree import tree_leaves

from engine.kandinsky.placing.loading import summary

log = structlog.get_logger(__name__)

Mode = Literal["off", "default", "max-autotune"]
# Those that run at every step; `movq.decode` comes with them, for one decode costs as much as several steps.
AT_EVERY_STEP = ("prior", "unet")
# Each shape of a network takes minutes.
MOST_SHAPES = 8
# torch refuses for good what it has compiled so often, and counts all networks of a class together, of every model.
torch._dynamo.config.recompile_limit = torch._dynamo.config.accumulated_recompile_limit


def compile_models(
    pipelines: Iterable[Any], mode: Mode, *, anywhere: bool = False, backend: str | Callable[..., Any] = "inductor"
) -> list[str]:
    """Compile what `pipelines` run at every step, and the decoder, and name it; networks that they share, once.

    Each network is compiled whole (`fullgraph`) and anew for each of the first shapes that it is asked for
    (`dynamic=False`); it runs others as it is, and all of them where compiling fails. Nothing is compiled on a CPU,
    unless it may be done `anywhere`. Networks must stay on the device: compile only what is placed as resident.
    """
    if mode == "off":
        return []
    options: dict[str, Any] = {"fullgraph": True, "dynamic": False, "backend": backend}
    if backend == "inductor":  # others have no modes
        options["mode"] = mode
    compiled: dict[int, str] = {}
    for pipeline in pipelines:
        for name, network in pipeline.components.items():
            if isinstance(network, torch.nn.Module) and id(network) not in compiled and _may(network, anywhere):
                compiled |= {id(network): name} if _compile(name, network, options) else {}
    return list(compiled.values())


def undo(networks: Iterable[Any]) -> None:
    """Let `networks` run as they were before they were compiled: hooks that move weights break a compiled one."""
    for network in networks:
        network._compiled_call_impl = None  # torch has no public way back
        network.__dict__.pop("decode", None)


def gave_up(networks: Iterable[Any]) -> bool:
    """Tell whether one of `networks` was to be compiled, and would not."""
    kept = [each for network in networks for each in (network._compiled_call_impl, vars(network).get("decode"))]
    return any(isinstance(each, _Compiled) and each.has_failed for each in kept)


def _may(network: torch.nn.Module, anywhere: bool) -> bool:
    return anywhere or next(network.parameters()).is_cuda


def _compile(name: str, network: Any, options: dict[str, Any]) -> bool:
    if name in AT_EVERY_STEP:
        network._compiled_call_impl = _Compiled(name, network._call_impl, options)
    elif name == "movq":
        network.decode = _Compiled(name, network.decode, options)
    else:
        return False
    return True


class _Compiled:
    """Run what was compiled for the first shapes that came, and anything else as it was."""

    def __init__(self, name: str, plain: Callable[..., Any], options: dict[str, Any]) -> None:
        self._name, self._plain = name, plain
        self._compiled = torch.compile(plain, **options)
        self._shapes: set[tuple[object, ...]] = set()
        self._room = MOST_SHAPES

    @property
    def has_failed(self) -> bool:
        """Tell whether it runs as it was."""
        return self._room == 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self._is_compiled(_shape(args, kwargs)):
            return self._plain(*args, **kwargs)
        try:
            return self._compiled(*args, **kwargs)
        except (TorchDynamoException, FailOnRecompileLimitHit) as error:
            log.warning("not_compiled", network=self._name, reason=summary(getattr(error, "inner_exception", error)))
            self._room = 0
            self._shapes.clear()
            return self._plain(*args, **kwargs)

    def _is_compiled(self, shape: tuple[object, ...]) -> bool:
        if len(self._shapes) < self._room:
            self._shapes.add(shape)
        return shape in self._shapes


def _shape(*given: Any) -> tuple[object, ...]:
    """Tell apart what is compiled anew: the size and the precision of each tensor."""
    return tuple((tuple(each.shape), each.dtype) for each in tree_leaves(given) if isinstance(each, torch.Tensor))
