"""Compile the networks of a pipeline, for the many pictures of one size that pay for the minutes it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

import torch

Mode = Literal["off", "default", "max-autotune"]
# Those that run at every step; `movq.decode` comes with them, for one decode costs as much as several steps.
AT_EVERY_STEP = ("prior", "unet")


def compile_models(
    pipelines: Iterable[Any], mode: Mode, *, anywhere: bool = False, backend: str | Callable[..., Any] = "inductor"
) -> list[str]:
    """Compile what `pipelines` run at every step, and the decoder, and name it; networks that they share, once.

    Each network is compiled whole (`fullgraph`) and anew for every shape (`dynamic=False`): fix the sizes, and draw one
    picture of each to warm up. Nothing is compiled on a CPU, unless it may be done `anywhere`. Networks must stay on
    the device: compile only what is placed as resident.
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


def _may(network: torch.nn.Module, anywhere: bool) -> bool:
    return anywhere or next(network.parameters()).is_cuda


def _compile(name: str, network: Any, options: dict[str, Any]) -> bool:
    if name in AT_EVERY_STEP:
        network.compile(**options)
    elif name == "movq":
        network.decode = torch.compile(network.decode, **options)
    else:
        return False
    return True
