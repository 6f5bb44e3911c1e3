"""Count the steps of a render across its denoising loops."""

from __future__ import annotations

from engine.workers.model import OnStep


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
        self._count()
        return tensors

    def legacy(self, _index: int, _timestep: object, _latents: object) -> None:
        """Be the `callback` of a diffusers pipeline that has no `callback_on_step_end`."""
        self._count()

    def _count(self) -> None:
        self._done += 1
        self._on_step(self._done, self._total)
