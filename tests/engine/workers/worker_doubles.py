"""Models without weights, for worker processes in tests; a spawned process imports them by name."""

import dataclasses
import sys
import time
from collections.abc import Mapping, Sequence

from PIL import Image

from engine.catalog import DEMO
from engine.errors import ModelMissing, OutOfMemory, RequestError, WorkerLost
from engine.models.company import give_way
from engine.models.model import Drawing, Drawn, Model, Models, OnStep, Step, Wrapper
from engine.settings import WorkerSettings
from engine.workers.child import load_models
from engine.workers.render import Renderer, Work


def draw_all(renderer: Renderer, batch: Sequence[Work]) -> None:
    """Draw a batch to its end, in which nobody joins it."""
    renderer.begin(batch)
    while renderer.is_busy:
        renderer.advance()


class Sleeper:
    """Spend a hundredth of a second in each step, and let others go first before the next one."""

    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        total = drawings[0].request.steps or 1
        for step in range(total):
            give_way()
            time.sleep(0.01)
            on_step(Step(step + 1, total))
        return [Drawn([Image.new("RGB", (64, 64))] * drawing.request.count) for drawing in drawings]

    def statistics(self) -> Mapping[str, tuple[int, int]]:
        return {"texts": (3, 1)}


class Troubled(Sleeper):
    """Do what the prompt says."""

    ERRORS = (OutOfMemory(), RequestError("bad_size", width=1), WorkerLost("device_fault"), ZeroDivisionError("secret"))

    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        prompts = {drawing.request.prompt for drawing in drawings}
        if "silence" in prompts:
            time.sleep(600)
        for error in self.ERRORS:
            if type(error).__name__ in prompts:
                raise error
        return super().render(drawings, on_step)


class Telling(Wrapper):
    """Note what the process has imported, when asked to draw that."""

    PROMPT = "what is imported"

    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        drawn = self._model.render(drawings, on_step)
        if drawings[0].request.prompt != self.PROMPT:
            return drawn
        return [dataclasses.replace(each, notes={"imported": sorted(sys.modules)}) for each in drawn]


def load_troubled(settings: WorkerSettings) -> Mapping[str, Model]:
    return {"demo": Troubled()}


def load_swapping(settings: WorkerSettings) -> Mapping[str, Model]:
    return Models({"demo": Troubled()}, swap_s=2.5)


def load_nothing(settings: WorkerSettings) -> Mapping[str, Model]:
    raise ModelMissing(repository="kandinsky-community/nothing")


def load_forever(settings: WorkerSettings) -> Mapping[str, Model]:
    time.sleep(600)
    return {}


def load_tiny(settings: WorkerSettings) -> Mapping[str, Model]:
    """Load the tiny random model by the product's own path, whatever the embedded model is."""
    from engine.kandinsky.embedded import tiny

    spec = dataclasses.replace(DEMO, repositories=tiny.repositories(settings.cache_dir))
    return load_models(dataclasses.replace(settings, models=(spec,)))


def load_telling(settings: WorkerSettings) -> Mapping[str, Model]:
    return {name: Telling(model) for name, model in load_tiny(settings).items()}
