"""The denoising loop that every family and every mode shares.

The loops of diffusers are not used: they blend all inpaints of a batch with the first one's picture, swap height and
width, stop at zero steps, and tell nobody of their steps (`docs/architecture.md` lists what each gets wrong).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from PIL.Image import Image
from torch import Generator, Tensor

from engine.models.model import OnStep, Step

# Predicts from noisy latents, float [pictures, 4, height / 8, width / 8], and their time step.
Predict = Callable[[Tensor, Tensor], Tensor]
# Changes latents between steps; it is told the time step that they are at now, nothing after the last one.
Keep = Callable[[Tensor, Tensor | None], Tensor]
# Makes one small picture per request of clean latents, float [pictures, 4, height / 8, width / 8].
Preview = Callable[[Tensor], Sequence[Image]]


class StepCounter:
    """Count the steps of a render that has several denoising loops."""

    def __init__(self, total: int, on_step: OnStep, preview: Preview | None = None) -> None:
        self._done = 0
        self._total = total
        self._on_step = on_step
        self._preview = preview

    def count(self, clean: Tensor | None = None) -> None:
        """Count a step; `clean` are the latents as far as they can be foreseen after it."""
        self._done += 1
        previews = partial(self._preview, clean) if self._preview and clean is not None else None
        self._on_step(Step(self._done, self._total, previews))


def timesteps(scheduler: Any, steps: int, strength: float = 1.0) -> Tensor:
    """Plan `steps` steps and return those that `strength` leaves, at least one: the last ones, of little noise."""
    scheduler.set_timesteps(steps)
    made = max(1, min(steps, int(steps * strength)))
    skipped = len(scheduler.timesteps) - made * scheduler.order
    if skipped > 0 and hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(skipped)
    left: Tensor = scheduler.timesteps[max(0, skipped) :]
    return left


def denoise(
    latents: Tensor,
    timesteps: Tensor,
    scheduler: Any,
    predict: Predict,
    generators: Sequence[Generator],
    steps: StepCounter,
    keep: Keep | None = None,
) -> Tensor:
    """Turn noisy latents into clean ones; both float [pictures, 4, height / 8, width / 8].

    The scheduler looks its time steps up on the CPU, for on a GPU it would wait at every step; the UNet has its own on
    the GPU, for it would wait for each to come.
    """
    there, following = timesteps.to(latents.device), [*timesteps[1:], None]
    for timestep, seen, after in zip(timesteps, there, following, strict=True):
        step = scheduler.step(predict(latents, seen), timestep, latents, generator=list(generators))
        latents = keep(step.prev_sample, after) if keep else step.prev_sample
        steps.count(getattr(step, "pred_original_sample", latents))
    return latents


def keeping(clean: Tensor, kept: Tensor, noise: Tensor, scheduler: Any) -> Keep:
    """Put `clean` latents back after each step where `kept` is 1, under as much of `noise` as there is at that step.

    All are float [pictures, 4, height / 8, width / 8], but `kept` has one channel.
    """

    def keep(latents: Tensor, timestep: Tensor | None) -> Tensor:
        known = clean if timestep is None else scheduler.add_noise(clean, noise, timestep.expand(len(clean)))
        return kept * known + (1 - kept) * latents

    return keep


def combined(outputs: Tensor, guidance_scale: float) -> Tensor:
    """Combine two predictions, the unconditional ones first: classifier-free (Ho and Salimans, 2022, equation 6)."""
    unconditional, conditional = outputs.chunk(2)
    return unconditional + guidance_scale * (conditional - unconditional)


def guided(outputs: Tensor, guidance_scale: float, learns_variance: bool) -> Tensor:
    """Combine what a UNet of Kandinsky 2 predicts, [2 * pictures, 8, ...], unconditional first: noise and variance.

    The variance is the conditional one, and left out where the scheduler does not use it.
    """
    noise, variance = outputs.chunk(2, dim=1)
    guided_noise = combined(noise, guidance_scale)
    return torch.cat([guided_noise, variance.chunk(2)[1]], dim=1) if learns_variance else guided_noise


def unguided(outputs: Tensor, learns_variance: bool) -> Tensor:
    """Take what a UNet of Kandinsky 2 predicts without guidance, [pictures, 8, ...]."""
    return outputs if learns_variance else outputs.chunk(2, dim=1)[0]


def learns_variance(scheduler: Any) -> bool:
    """Tell whether `scheduler` wants the variance that the UNet predicts."""
    return getattr(scheduler.config, "variance_type", None) in ("learned", "learned_range")
