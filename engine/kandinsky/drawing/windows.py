"""Cut what is too large to be drawn at once into windows that overlap, and join them without a seam."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

# The share of a window that its neighbour covers too.
OVERLAP = 1 / 4


@dataclass(frozen=True, slots=True)
class Windows:
    """Cover a `height` x `width` canvas with windows of one size; all are counted in the canvas's own cells."""

    height: int
    width: int
    rows: tuple[slice, ...]
    columns: tuple[slice, ...]

    @classmethod
    def cover(cls, height: int, width: int, window: tuple[int, int]) -> Windows:
        """Cover a canvas with as few windows, (height, width), none larger than it, as leaves them their overlap."""
        return cls(height, width, _cuts(height, window[0]), _cuts(width, window[1]))

    def __len__(self) -> int:
        """Count the windows."""
        return len(self.rows) * len(self.columns)

    def scaled(self, factor: int) -> Windows:
        """Cover a canvas that is `factor` times as large."""
        rows, columns = (
            tuple(slice(cut.start * factor, cut.stop * factor) for cut in cuts) for cuts in (self.rows, self.columns)
        )
        return Windows(self.height * factor, self.width * factor, rows, columns)

    def cut(self, canvas: Tensor) -> Iterator[Tensor]:
        """Look at a canvas, [..., height, width], through each window."""
        return (canvas[..., rows, columns] for rows, columns in self._places())

    def join(self, parts: Iterable[Tensor]) -> Tensor:
        """Average the parts, each [..., window height, window width], where they overlap.

        Each counts less the further from its middle, by a squared sine: it fades out where its neighbour fades in.
        """
        total = weights = torch.zeros(())
        for part, (rows, columns) in zip(parts, self._places(), strict=True):
            if not total.ndim:
                total = part.new_zeros(*part.shape[:-2], self.height, self.width)
                weights = part.new_zeros(self.height, self.width)
            height, width = (_fade(length, part.device) for length in part.shape[-2:])
            weight = (height[:, None] * width).to(part.dtype)
            total[..., rows, columns] += weight * part
            weights[rows, columns] += weight
        return total / weights

    def _places(self) -> Iterator[tuple[slice, slice]]:
        return ((rows, columns) for rows in self.rows for columns in self.columns)


def _cuts(length: int, window: int) -> tuple[slice, ...]:
    steps = math.ceil((length - window) / (window * (1 - OVERLAP)))
    starts = [round(number * (length - window) / max(1, steps)) for number in range(steps + 1)]
    return tuple(slice(start, start + window) for start in starts)


def _fade(length: int, device: torch.device) -> Tensor:
    return torch.sin((torch.arange(length, device=device) + 0.5) * math.pi / length) ** 2
