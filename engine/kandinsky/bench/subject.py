"""What a benchmark measures, and under which conditions: the same facts stand in every report."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from engine.catalog import ModelSpec
from engine.checks import complete
from engine.kandinsky.bench import machine
from engine.kandinsky.bench.sides import Source
from engine.kandinsky.placing.device import DeviceName, choose
from engine.requests import Text2Image

PROMPT = "a red circle on a blue background"


@dataclass(frozen=True, slots=True)
class Plan:
    """Say what to measure: `pictures` by the plain script in each of its two turns, and each batch `rounds` times."""

    spec: ModelSpec
    cache_dir: Path
    device: DeviceName = "auto"
    width: int | None = None
    height: int | None = None
    steps: int | None = None
    random_weights: bool = False
    batches: tuple[int, ...] = (1, 2, 4, 8)
    pictures: int = 4
    rounds: int = 2


@dataclass(frozen=True, slots=True)
class Conditions:
    """Say on what and with what something was measured; sizes are pixels."""

    device: str
    processor: str
    dtype: str
    versions: dict[str, str]
    model: str
    random_weights: bool
    width: int
    height: int
    steps: int
    guidance_scale: float
    rounds: int


class Subject:
    """Be the model of a plan, and ask it for pictures; no two of them share a seed, so no cache knows one before."""

    def __init__(self, plan: Plan) -> None:
        """Raise `RequestError` for a size that the model does not draw, or a model that cannot be measured."""
        self.plan = plan
        self.source = Source(plan.spec, choose(plan.device), plan.cache_dir, plan.random_weights)
        asked = Text2Image(
            model=plan.spec.name, prompt=PROMPT, width=plan.width, height=plan.height, steps=plan.steps, seed=0
        )
        self.request = complete(asked, plan.spec)
        self._seed = 0

    @property
    def size(self) -> tuple[int, int]:
        """Tell the pixels of a picture: its width and its height."""
        return self.request.width or 0, self.request.height or 0

    def requests(self, count: int, **changes: object) -> list[Text2Image]:
        """Ask for `count` pictures that were not asked for before, with `changes`."""
        self._seed += count
        return [self.request.model_copy(update={**changes, "seed": self._seed - number}) for number in range(count)]

    def conditions(self) -> Conditions:
        """Say under which conditions it is measured."""
        device = self.source.device
        return Conditions(
            device=machine.name(device), processor=machine.processor(), dtype=str(device.dtype).removeprefix("torch."),
            versions=machine.versions(), model=self.plan.spec.name, random_weights=self.plan.random_weights,
            width=self.size[0], height=self.size[1], steps=self.request.steps or 0,
            guidance_scale=self.request.guidance_scale or 0, rounds=self.plan.rounds,
        )  # fmt: skip


def quick(plan: Plan) -> Plan:
    """Cut `plan` down to what shows that everything runs."""
    return replace(plan, steps=2, batches=(1, 2), pictures=1, rounds=1)


def figures(report: Any) -> dict[str, Any]:
    """Flatten a report for JSON: its conditions first, then what was measured."""
    measured = asdict(report)
    return {**measured.pop("conditions"), **measured}
