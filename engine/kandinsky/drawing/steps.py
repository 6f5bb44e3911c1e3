"""Count the steps of a render across its denoising loops, and make pictures of what is under way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PIL.Image import Image
from torch import Tensor

from engine.models.model import OnStep, Step

# Makes one small picture per request of clean latents, float [pictures, 4, height / 8, width / 8].
Preview = Callable[[Tensor], Sequence[Image]]


class StepCounter:
    """Count the steps of a render that has several denoising loops."""

    def __init__(self, total: int, on_step: OnStep, preview: Preview | None = None) -> None:
        self._done = 0
        self._total = total
        self._on_step = on_step
        self._preview = preview

    def __call__(
        self, _pipeline: object, _index: int, _timestep: object, tensors: dict[str, object]
    ) -> dict[str, object]:
        """Be the `callback_on_step_end` of a diffusers pipeline."""
        self.count()
        return tensors

    def count(self, clean: Tensor | None = None) -> None:
        """Count a step; `clean` are the latents as far as they can be foreseen after it."""
        self._done += 1
        previews = partial(self._preview, clean) if self._preview and clean is not None else None
        self._on_step(Step(self._done, self._total, previews))
