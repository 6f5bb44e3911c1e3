"""Prepare schedulers: each job has its own, and draws the same noise in every precision."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from diffusers import DPMSolverMultistepScheduler
from torch import Tensor
from torch.overrides import TorchFunctionMode

from engine.kandinsky.placing.device import sent


def for_one_job(scheduler: Any, fast: bool = False) -> Any:
    """Copy `scheduler` for one job: it keeps state between steps, and pipelines share it.

    A `fast` one needs fewer steps for the same picture: DPM-Solver++ of second order (Lu et al., 2022), on the noise
    levels of the model's own scheduler. It has no use for a variance that the UNet predicts.
    """
    own = _solver(scheduler) if fast else copy.deepcopy(scheduler)
    own.step, own.add_noise = _in_fp32(own.step), _added_in_fp32(own.add_noise)
    return own


class _Solver(DPMSolverMultistepScheduler):  # type: ignore[misc]
    """Tell what it predicts to be there without noise, as other schedulers do, and clip that where the model's does."""

    limit = float("inf")
    clean: Tensor

    def convert_model_output(self, model_output: Tensor, *args: Any, **options: Any) -> Tensor:
        self.clean = super().convert_model_output(model_output, *args, **options).clamp(-self.limit, self.limit)
        return self.clean

    def step(self, *args: Any, **options: Any) -> Any:
        result = super().step(*args, **options)
        result.pred_original_sample = self.clean
        return result


def _solver(scheduler: Any) -> Any:
    # From the noisiest level on: with few steps, the spacing of the model's own scheduler leaves it out.
    own = _Solver.from_config(
        scheduler.config, variance_type=None, algorithm_type="dpmsolver++", timestep_spacing="trailing"
    )
    if scheduler.config.get("clip_sample"):
        own.limit = scheduler.config.get("clip_sample_range", 1.0)  # 1 is diffusers' own default, and was a constant
    return own


def _added_in_fp32(add_noise: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Add noise of one time step in fp32: in half precision the schedule itself would be rounded.

    How much there is of both is looked up on the CPU, where the schedule stays: on a GPU it would wait for each value.
    """

    @functools.wraps(add_noise)
    def add_in_fp32(clean: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        one, none, timestep = torch.ones(1), torch.zeros(1), timesteps[:1]
        kept, added = add_noise(one, none, timestep)[0], add_noise(none, one, timestep)[0]
        return (kept * clean.float() + added * noise.float()).to(clean.dtype)

    return add_in_fp32


def _in_fp32(step: Callable[..., Any]) -> Callable[..., Any]:
    """Compute a step, and draw its noise, in fp32: drawn in half precision, the same seed gives other noise."""

    @functools.wraps(step)
    def step_in_fp32(model_output: Tensor, timestep: Any, sample: Tensor, **options: Any) -> Any:
        with noise_sent_to(sample.device):
            result = step(model_output.float(), timestep, sample.float(), **{**options, "return_dict": True})
        result.prev_sample = result.prev_sample.to(sample.dtype)
        return result

    return step_in_fp32


def noise_sent_to(device: torch.device) -> AbstractContextManager[object]:
    """Have the noise that a scheduler draws on the CPU sent to `device`, without waiting for it, in the block.

    A step is asked for as soon as its prediction is queued, so the CPU draws the noise while a GPU predicts. Schedulers
    themselves would copy it from ordinary memory, which waits until the GPU has done all that was queued.
    """
    return nullcontext() if device.type == "cpu" else _NoiseSent(device)


class _NoiseSent(TorchFunctionMode):
    """Be torch's own way to see what is called in a block: schedulers draw by `torch.randn`, wherever that is deep."""

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self._device = device

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:  # fmt: skip
        made = func(*args, **(kwargs or {}))
        return sent(made, self._device) if func is torch.randn else made
