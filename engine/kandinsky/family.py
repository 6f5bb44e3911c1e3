"""What every family of models offers to the worker that holds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PIL.Image import Image

from engine.requests import AnyRequest

# Called after each denoising step with the steps done and their total; it ends the render by raising.
OnStep = Callable[[int, int], None]


class Model(Protocol):
    """Draw pictures with one set of weights."""

    def render(self, request: AnyRequest, on_step: OnStep) -> list[Image]:
        """Draw `request.count` pictures, one for each of `request.seeds()`.

        Raises `RequestError` for what the model cannot draw, `OutOfMemory`, and `WorkerLost` after an error that only
        a new process recovers from. What `on_step` raises passes through.
        """


class StepCounter:
    """Count the steps of a render that has several denoising loops."""

    def __init__(self, total: int, on_step: OnStep) -> None:
        self._done = 0
        self._total = total
        self._on_step = on_step

    def __call__(
        self, _pipeline: object, _index: int, _timestep: object, tensors: dict[str, object]
    ) -> dict[str, object]:
        """Be the `callback_on_step_end` of a diffusers pipeline."""
        self._done += 1
        self._on_step(self._done, self._total)
        return tensors
