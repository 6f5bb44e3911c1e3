"""Noise is sent to a card as it is drawn: the same bits, whatever scheduler draws it and for however many pictures."""

from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler, UnCLIPScheduler

from engine.kandinsky.drawing import schedulers
from engine.kandinsky.drawing.latents import generator

SCHEDULERS = [(DDPMScheduler(), {}), (UnCLIPScheduler(), {}), (DDIMScheduler(), {"eta": 0.5})]


def stepped(scheduler: Any, options: dict[str, float], seeds: tuple[int, ...]) -> torch.Tensor:
    scheduler.set_timesteps(2)
    predicted, latents = torch.full((2, len(seeds), 4, 4, 4), 0.5)
    generators = [generator(seed) for seed in seeds]
    step = scheduler.step(predicted, scheduler.timesteps[0], latents, generator=generators, **options)
    return step.prev_sample


@pytest.mark.parametrize("seeds", [(1,), (1, 2, 3)], ids=str)
@pytest.mark.parametrize(("scheduler", "options"), SCHEDULERS, ids=lambda value: type(value).__name__)
def test_noise_that_is_sent_ahead_is_the_noise_that_was_drawn(monkeypatch, scheduler, options, seeds) -> None:
    sent: list[torch.Tensor] = []
    monkeypatch.setattr(schedulers, "sent", lambda noise, _device: sent.append(noise) or noise)
    expected = stepped(scheduler, options, seeds)
    assert sent == []
    with schedulers._NoiseSent(torch.device("cpu")):
        assert torch.equal(stepped(scheduler, options, seeds), expected)
        assert len(sent) == len(seeds)
        assert not torch.equal(stepped(scheduler, options, tuple(seed + 5 for seed in seeds)), expected)


def test_on_the_cpu_nothing_is_sent() -> None:
    with schedulers.noise_sent_to(torch.device("cpu")) as sent:
        assert sent is None
