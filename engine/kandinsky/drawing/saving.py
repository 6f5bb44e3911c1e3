"""Compute a UNet step by step, with no more than the plan of each step asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from engine.kandinsky.drawing.forwards import forward
from engine.kandinsky.drawing.levels import FEATURES, Outer, Whole
from engine.kandinsky.drawing.plan import Work


class Levels:
    """Hold a UNet as a whole, and its outer level: one for all requests, so that they share forwards."""

    def __init__(self, unet: Any) -> None:
        self.whole, self.outer = Whole(unet), Outer(unet)


class Steps:
    """Compute a UNet at each step of one request; `conditions` have what guides away first, if anything does.

    Without `levels` every step is full.
    """

    def __init__(self, unet: Any, levels: Levels | None, conditions: Mapping[str, Any], plan: Sequence[Work]) -> None:
        self._unet, self._conditions, self._plan = unet, conditions, iter(plan)
        self._levels = levels if any(not work.full for work in plan) else None
        self._features = torch.empty(0)

    def predict(self, seen: Tensor, timestep: Tensor) -> tuple[Tensor, bool]:
        """Predict the next step from what the UNet sees of each picture, and tell whether the answer is guided."""
        work = next(self._plan)
        rows = torch.cat([seen, seen]) if work.guided else seen
        conditions = tree_map(lambda each: None if each is None else each[-len(rows) :], dict(self._conditions))
        if self._levels is None:
            return forward(self._unet, rows, timestep, conditions), work.guided
        if work.full:
            return self._whole(self._levels, rows, timestep, conditions), work.guided
        kept = {**conditions, FEATURES: self._features[-len(rows) :]}
        # Before the whole ones: they are short, and then all come to the next whole step together.
        return forward(self._levels.outer, rows, timestep, kept, first=True), work.guided

    def _whole(self, levels: Levels, rows: Tensor, timestep: Tensor, conditions: Mapping[str, Any]) -> Tensor:
        computed = forward(levels.whole, rows, timestep, conditions)
        predicted, self._features = computed.tensor_split([self._unet.config.out_channels], dim=1)
        return predicted
