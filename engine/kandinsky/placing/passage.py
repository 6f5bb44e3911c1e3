"""Let the layers of a network pass through the device, each brought there while the one before it works."""

from __future__ import annotations

from typing import Protocol

import torch

from engine.kandinsky.placing.device import Device
from engine.kandinsky.placing.weights import HostWeights


class Copier(Protocol):
    """Copy weights to the device, in the order in which it is told to."""

    def begin(self, weights: HostWeights) -> None:
        """Bring `weights`, after all that the device was given to do until now, beside what it is given then."""

    def finish(self, weights: HostWeights) -> None:
        """Let the device begin what it is given from now on only when `weights` have come."""


class CopiesAtOnce:
    """Copy where there is no GPU, so that nothing goes on beside it."""

    def begin(self, weights: HostWeights) -> None:
        """Copy them."""
        weights.enter()

    def finish(self, weights: HostWeights) -> None:
        """Do nothing: they have come."""


class CopiesBeside:
    """Copy on a stream of its own, which waits for the one that computes, as that waits for it; the CPU never does.

    The memory of the copies is taken on the stream that computes, on which it was given back: whatever read it before
    was asked for before, and the copies wait for that. So a layer's memory goes from one to the next but one.
    """

    def __init__(self) -> None:
        self._stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        self._come: dict[HostWeights, torch.cuda.Event] = {}

    def begin(self, weights: HostWeights) -> None:
        """Take the memory, and queue the copies."""
        weights.make_room()
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            weights.fill()
        self._come[weights] = self._stream.record_event()

    def finish(self, weights: HostWeights) -> None:
        """Queue a wait."""
        torch.cuda.current_stream().wait_event(self._come.pop(weights))


def copier_for(device: Device) -> Copier:
    """Make what copies to `device`."""
    return CopiesBeside() if device.is_cuda else CopiesAtOnce()


class Passage:
    """Have each layer of a network there while it works, and bring the next one meanwhile, so that two are there.

    Which one that is was seen the last time. After the last layer comes none: what a network begins with would be there
    while others work, and it is the largest of a text encoder.
    """

    def __init__(self, copier: Copier) -> None:
        self._copier = copier
        self._there: set[HostWeights] = set()
        self._ahead: HostWeights | None = None
        self._first: HostWeights | None = None
        self._latest: HostWeights | None = None
        self._following: dict[HostWeights | None, HostWeights] = {}

    def arrive(self, layer: HostWeights) -> None:
        """Have `layer` there, and begin to bring the one that follows it."""
        if self._ahead is not layer:
            self._turn_back()
            self._copier.begin(layer)
        self._copier.finish(layer)
        self._there.add(layer)
        self._learn(layer)
        following = self._following.get(layer)
        self._ahead = None if following in self._there else following
        if self._ahead:
            self._copier.begin(self._ahead)

    def depart(self, layer: HostWeights) -> None:
        """Let `layer` go, at the end of its work."""
        layer.leave()
        self._there.discard(layer)

    def clear(self) -> None:
        """Let go whatever is there."""
        self._turn_back()
        for layer in [*self._there]:
            self.depart(layer)

    def _turn_back(self) -> None:
        """Let go a layer that was brought and is not to work; its memory is given back when it has come."""
        if self._ahead:
            self._copier.finish(self._ahead)
            self._ahead.leave()
        self._ahead = None

    def _learn(self, layer: HostWeights) -> None:
        self._first = self._first or layer
        if layer is not self._first:
            self._following[self._latest] = layer
        self._latest = layer
