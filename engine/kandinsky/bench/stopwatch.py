"""Measure how long the stages of a render take, and how fast the device is at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.functional import conv2d

from engine.kandinsky.placing.device import Device

ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Stage:
    """Say how often a network worked in a render, and for how many seconds in all."""

    name: str
    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Peaks:
    """Hold the best rates that were seen on this device, in TFLOP/s."""

    matmul: float
    convolution: float


def wait_for(device: Device) -> None:
    """Wait until `device` has done all that it was told to."""
    if device.is_cuda:
        torch.cuda.synchronize()


def timed(device: Device, work: Callable[[], object]) -> float:
    """Run `work` and return the seconds that it took on `device`."""
    wait_for(device)
    began = time.perf_counter()
    work()
    wait_for(device)
    return time.perf_counter() - began


def stages(networks: Mapping[str, nn.Module], device: Device, render: Callable[[], object]) -> list[Stage]:
    """Time each network in `render`; it waits for the device around each call, so that the sum is no render's time."""
    seconds: dict[str, list[float]] = {}
    with ExitStack() as stack:
        for name, network in networks.items():
            method = "decode" if name == "movq" else "forward"
            stack.enter_context(_clocked(network, method, device, seconds.setdefault(name, [])))
        render()
    return [Stage(name, len(each), sum(each)) for name, each in seconds.items() if each]


@contextmanager
def _clocked(network: nn.Module, method: str, device: Device, seconds: list[float]) -> Iterator[None]:
    original = getattr(network, method)
    own = method in vars(network)

    def clocked(*args: Any, **kwargs: Any) -> Any:
        result: list[Any] = []
        seconds.append(timed(device, lambda: result.append(original(*args, **kwargs))))
        return result[0]

    setattr(network, method, clocked)
    try:
        yield
    finally:
        if own:
            setattr(network, method, original)
        else:
            delattr(network, method)


@torch.no_grad()
def peaks(device: Device) -> Peaks:
    """Measure a large matrix product and a convolution such as the UNets have, in the precision of the weights."""
    side, channels, pixels = (8192, 768, 96) if device.is_cuda else (1024, 128, 32)
    options: dict[str, Any] = {"device": device.name, "dtype": device.dtype}
    one, other = (torch.randn(side, side, **options) for _ in range(2))
    layout = torch.channels_last if device.is_cuda else torch.contiguous_format
    picture = torch.randn(8 if device.is_cuda else 2, channels, pixels, pixels, **options).to(memory_format=layout)
    kernel = torch.randn(channels, channels, 3, 3, **options).to(memory_format=layout)
    return Peaks(
        matmul=_rate(device, 2 * side**3, lambda: one @ other),
        convolution=_rate(device, 2 * 9 * channels * picture.numel(), lambda: conv2d(picture, kernel, padding=1)),
    )


def _rate(device: Device, operations: int, work: Callable[[], object]) -> float:
    """Return the best TFLOP/s of several rounds after one to warm up."""
    times = [timed(device, lambda: [work() for _ in range(10)]) / 10 for _ in range(ROUNDS + 1)]
    return operations / min(times[1:]) / 1e12
