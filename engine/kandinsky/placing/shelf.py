"""Share a GPU among models that do not fit onto it together: one is there, the others wait in the host's memory."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import structlog

from engine.kandinsky.placing.laddered import Laddered
from engine.models.model import Drawing, Drawn, Model, OnStep

# From pinned memory to a GPU over PCI Express 3.0 x16, of whose 15.75 GB/s some is lost. An assumption until the first
# swap has been measured.
BYTES_PER_SECOND = 12e9
log = structlog.get_logger(__name__)


class Shelf:
    """Let one model at a time onto the device."""

    def __init__(self) -> None:
        self._models: dict[str, Laddered] = {}
        self._there: str | None = None
        self._bytes_per_second = BYTES_PER_SECOND

    @property
    def swap_s(self) -> float:
        """Estimate the seconds until the largest of the models is on the device: by the latest swap, if there was one.

        What leaves is dropped there, for the host's memory still holds it: that takes no time to speak of.
        """
        return max((model.weight_bytes for model in self._models.values()), default=0) / self._bytes_per_second

    def put(self, name: str, model: Laddered) -> None:
        """Add a model, and take it off the device, so that the next one can be loaded."""
        model.leave()
        self._models[name] = model

    def bring(self, name: str) -> Laddered:
        """Put the model called `name` on the device, and take off it the one that is there."""
        model = self._models[name]
        if self._there != name:
            self._swap(name, model)
        return model

    def models(self) -> dict[str, Model]:
        """Make a model for each that brings it first."""
        return {name: Shelved(self, name) for name in self._models}

    def statistics(self, name: str) -> Mapping[str, tuple[int, int]]:
        """Tell of the caches of the model called `name`."""
        return self._models[name].statistics()

    def _swap(self, name: str, model: Laddered) -> None:
        if self._there:
            self._models[self._there].leave()
        self._there = None  # should the next line fail, nothing is there
        began = time.perf_counter()
        model.enter()
        seconds = time.perf_counter() - began
        self._there = name
        if model.weight_bytes:
            self._bytes_per_second = model.weight_bytes / max(seconds, 1e-9)
        log.info("model_swapped", model=name, seconds=round(seconds, 3), swap_s=round(self.swap_s, 3))


class Shelved:
    """Be a model that takes its place on the device when it is to draw."""

    def __init__(self, shelf: Shelf, name: str) -> None:
        self._shelf = shelf
        self._name = name

    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        """Bring the model, and draw with it."""
        return self._shelf.bring(self._name).render(drawings, on_step)

    def statistics(self) -> Mapping[str, tuple[int, int]]:
        """Tell of the model's caches, wherever it is."""
        return self._shelf.statistics(self._name)
