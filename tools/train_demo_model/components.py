"""Find the connected parts of a mask, run by run."""

from collections import defaultdict
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Run = tuple[int, int, int]  # row, first column, column after the last


def components(mask: Mask, corners_touch: bool = True) -> list[Mask]:
    """Split a mask into its connected parts, the largest first; diagonal neighbours count if `corners_touch`."""
    rows = [row_runs(row, values) for row, values in enumerate(mask)]
    roots = {run: run for runs in rows for run in runs}
    for above, below in pairwise(rows):
        for upper in above:
            for lower in below:
                if upper[1] < lower[2] + corners_touch and lower[1] < upper[2] + corners_touch:
                    roots[root(roots, lower)] = root(roots, upper)
    return sorted(painted(mask.shape, roots), key=np.count_nonzero, reverse=True)


def row_runs(row: int, values: Mask) -> list[Run]:
    """List the runs of set pixels in one row."""
    steps = np.flatnonzero(np.diff(np.pad(values.astype(np.int8), 1)))
    return [(row, int(first), int(end)) for first, end in steps.reshape(-1, 2)]


def root(roots: dict[Run, Run], run: Run) -> Run:
    """Follow a run to the one that stands for its part."""
    while roots[run] != run:
        roots[run] = roots[roots[run]]
        run = roots[run]
    return run


def painted(shape: tuple[int, ...], roots: dict[Run, Run]) -> list[Mask]:
    """Draw every part as a mask of its own."""
    parts: dict[Run, Mask] = defaultdict(lambda: np.zeros(shape, bool))
    for run in roots:
        row, first, end = run
        parts[root(roots, run)][row, first:end] = True
    return list(parts.values())


def without_holes(part: Mask) -> Mask:
    """Fill what the outside cannot reach."""
    outside = next(room for room in components(np.pad(~part, 1, constant_values=True), False) if room[0, 0])
    return ~outside[1:-1, 1:-1]
