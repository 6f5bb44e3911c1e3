"""Prepare schedulers: each job has its own, and draws the same noise in every precision."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any

from diffusers import DPMSolverMultistepScheduler
from torch import Tensor


def for_one_job(scheduler: Any, fast: bool = False) -> Any:
    """Copy `scheduler` for one job: it keeps state between steps, and pipelines share it.

    A `fast` one needs fewer steps for the same picture: DPM-Solver++ of second order (Lu et al., 2022), on the noise
    levels of the model's own scheduler. It has no use for a variance that the UNet predicts.
    """
    own = _solver(scheduler) if fast else copy.deepcopy(scheduler)
    own.step = _in_fp32(own.step)
    return own


def _solver(scheduler: Any) -> Any:
    # From the noisiest level on: with few steps, the spacing of the model's own scheduler leaves it out.
    return DPMSolverMultistepScheduler.from_config(
        scheduler.config, variance_type=None, algorithm_type="dpmsolver++", timestep_spacing="trailing"
    )


def _in_fp32(step: Callable[..., Any]) -> Callable[..., Any]:
    """Compute a step, and draw its noise, in fp32: drawn in half precision, the same seed gives other noise."""

    @functools.wraps(step)
    def step_in_fp32(model_output: Tensor, timestep: Any, sample: Tensor, **options: Any) -> Any:
        result = step(model_output.float(), timestep, sample.float(), **{**options, "return_dict": True})
        result.prev_sample = result.prev_sample.to(sample.dtype)
        return result

    return step_in_fp32
