"""What a model offers to the worker that holds it, whatever its family."""

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
