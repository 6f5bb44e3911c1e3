"""Decide what each step of a denoising loop may save, from the time steps alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from engine.catalog import Savings


class Work(NamedTuple):
    """Say whether a step is guided, and whether the whole UNet runs or its outer level alone."""

    guided: bool
    full: bool


def work(timesteps: Iterable[float], savings: Savings, *, guided: bool, reuses: bool = True) -> list[Work]:
    """Plan the steps at `timesteps`, which fall; none is guided unless `guided`, and all are full unless `reuses`.

    A guided step needs the features of a guided one: where guidance begins, the step is full.
    """
    planned: list[Work] = []
    made_at, made_guided = float("inf"), False
    for timestep in timesteps:
        is_guided = guided and timestep <= savings.guided_below
        is_full = not reuses or made_at - timestep > savings.reused_for or is_guided > made_guided
        if is_full:
            made_at, made_guided = timestep, is_guided
        planned.append(Work(is_guided, is_full))
    return planned
