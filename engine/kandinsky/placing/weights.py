"""Lend weights that are held in the host's memory to the device."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from engine.kandinsky.placing.device import Device


class HostWeights:
    """Hold weights where they are now, in the host's memory, and lend out copies."""

    def __init__(self, tensors: Iterable[Tensor], device: Device) -> None:
        self._device = device
        self._held = [(tensor, tensor.data) for tensor in tensors]

    def enter(self) -> None:
        """Copy the weights to the device."""
        self.make_room()
        self.fill()

    def make_room(self) -> None:
        """Take the memory for copies on the device."""
        for tensor, held in self._held:
            tensor.data = torch.empty_like(held, device=self._device.name)

    def fill(self) -> None:
        """Copy into the memory that was taken, from pinned memory without waiting until it is done."""
        for tensor, held in self._held:
            tensor.data.copy_(held, non_blocking=True)

    def leave(self) -> None:
        """Drop the copies: weights do not change, so nothing is copied back."""
        for tensor, held in self._held:
            tensor.data = held


class Seat:
    """Be the room for one network at a time."""

    def __init__(self) -> None:
        self._taken_by: HostWeights | None = None

    def take(self, weights: HostWeights) -> None:
        """Let `weights` onto the device, and first those off it that are there."""
        if self._taken_by is weights:
            return
        self.clear()
        weights.enter()
        self._taken_by = weights

    def clear(self) -> None:
        """Let whatever is on the device off it."""
        if self._taken_by:
            self._taken_by.leave()
        self._taken_by = None
