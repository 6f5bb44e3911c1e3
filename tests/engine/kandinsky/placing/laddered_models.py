"""Tiny models on the ladder: the device is the CPU, what is free there is made up, and memory runs out as told."""

import dataclasses
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from engine.catalog import DEMO, NO_SAVINGS, ModelSpec
from engine.events import WorkerEvent
from engine.kandinsky.embedded import tiny
from engine.kandinsky.families.kandinsky_2_2.model import Kandinsky22
from engine.kandinsky.families.loaders import components_of, known_components
from engine.kandinsky.placing.device import Device
from engine.kandinsky.placing.laddered import Laddered
from engine.kandinsky.placing.plan import GIB, Rung
from engine.models.model import Model
from engine.settings import AUTO, Keeping
from engine.workers.base import Task
from engine.workers.render import Renderer, Work
from tests.engine.workers.worker_bench import task

CPU = Device("cpu", torch.float32)
PLENTY = 40 * GIB


def spec_of(cache: Path, **changes: object) -> ModelSpec:
    """Describe the tiny random model as if it were the published Kandinsky 2.2, for whose size memory is planned."""
    small = {"name": "kandinsky-2-2", "embedded": False, "native_size": 64, "prior_steps": 2, "savings": {}}
    return dataclasses.replace(DEMO, repositories=tiny.repositories(cache), **{**small, **changes})


def laddered(
    spec: ModelSpec, free_bytes: float = PLENTY, keeping: Keeping = AUTO, model: Kandinsky22 | None = None
) -> Laddered:
    model = model or Kandinsky22.load(spec, CPU, Path())
    known = known_components()
    return Laddered(spec, model, CPU, lambda: int(free_bytes), components_of(spec), keeping, others=known)


def close(one: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether pictures differ by no more than the rounding of the last bits, which random weights amplify.

    Weights that were copied lie at other addresses than those in a file, where other kernels may compute with them.
    """
    return bool(np.abs(one.astype(int) - other).mean() < 0.5)


def said(model: Model, *tasks: Task) -> list[WorkerEvent]:
    """Let the worker's own renderer draw a batch, and list what it says."""
    events: list[WorkerEvent] = []
    with ThreadPoolExecutor(1) as encoders:
        works = [Work(each, threading.Event()) for each in tasks]
        renderer = Renderer({"demo": model}, 1, events.append, encoders)
        renderer.begin(works)
        while renderer.is_busy:
            renderer.advance()
    return events


def job(name: str = "a", size: int = 64, **fields: object) -> Task:
    return task(name, name, **{"steps": 2, "savings": NO_SAVINGS, "width": size, "height": size, **fields})


@contextmanager
def running_out(network: torch.nn.Module, when: Callable[[Sequence[torch.Tensor]], bool]) -> Iterator[None]:
    """Let memory run out in forwards of `network` on inputs for which `when` says so."""

    def fail(_network: object, inputs: Sequence[torch.Tensor]) -> None:
        if when(inputs):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    hook = network.register_forward_pre_hook(fail)
    try:
        yield
    finally:
        hook.remove()


class Step:
    """Be true at the step numbered `number`, counted anew on each rung, while the model is on one of `rungs`.

    A step of the UNet has a time; computing it again, with fewer rows at once, is the same step.
    """

    def __init__(self, model: Laddered, number: int, rungs: Sequence[Rung]) -> None:
        self._model, self._number, self._rungs = model, number, rungs
        self.seen: list[Rung] = []
        self._steps: set[tuple[Rung, float]] = set()

    def __call__(self, inputs: Sequence[torch.Tensor]) -> bool:
        rung = self._model.rung
        self.seen.append(rung)
        self._steps.add((rung, float(inputs[1][0]) if inputs[1].ndim == 1 else len(self.seen)))
        return rung in self._rungs and sum(seen is rung for seen, _ in self._steps) == self._number
