"""Hooks that have a network or a layer where it works; accelerate hangs them in, as those of diffusers."""

from __future__ import annotations

from typing import Any

from accelerate.hooks import ModelHook
from accelerate.utils import send_to_device
from torch import nn

from engine.kandinsky.placing.device import Device
from engine.kandinsky.placing.passage import Passage
from engine.kandinsky.placing.weights import HostWeights, Seat


class WorksOn(ModelHook):  # type: ignore[misc]  # accelerate has no types
    """Bring the inputs of a network to its device, which diffusers reads from the hook as well."""

    def __init__(self, device: Device) -> None:
        self.execution_device = device.name

    def pre_forward(self, module: nn.Module, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Move the inputs."""
        return send_to_device(args, self.execution_device), send_to_device(kwargs, self.execution_device)


class TakesTurns(WorksOn):
    """Let a network onto the device when it is to work, until another one is."""

    def __init__(self, weights: HostWeights, device: Device, seat: Seat) -> None:
        super().__init__(device)
        self._weights = weights
        self._seat = seat

    def pre_forward(self, module: nn.Module, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Take the seat."""
        self._seat.take(self._weights)
        return super().pre_forward(module, *args, **kwargs)

    def detach_hook(self, module: nn.Module) -> nn.Module:
        """Leave the device for good."""
        self._seat.clear()
        return module


class PassesThrough(WorksOn):
    """Let one layer onto the device while it works."""

    def __init__(self, weights: HostWeights, device: Device, passage: Passage) -> None:
        super().__init__(device)
        self._weights = weights
        self._passage = passage

    def pre_forward(self, module: nn.Module, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Enter the device."""
        self._passage.arrive(self._weights)
        return super().pre_forward(module, *args, **kwargs)

    def post_forward(self, _module: nn.Module, output: Any) -> Any:
        """Leave the device."""
        self._passage.depart(self._weights)
        return output

    def detach_hook(self, module: nn.Module) -> nn.Module:
        """Leave the device, with all that passes there, also where the work ended with an error."""
        self._passage.clear()
        return module
