"""A family that is not shipped is added to a copy of the project, and draws: what that touches, and nothing else.

`FILES` is the list that the documentation names.
"""

from pathlib import Path

import pytest

from tests.adding.copies import change, changed, copied, said_by

FOLDER = "engine/kandinsky/families/toy"
FILES = {
    f"{FOLDER}/__init__.py": "the record",
    f"{FOLDER}/model.py": "how it draws",
    f"{FOLDER}/components.py": "what its networks weigh",
    "engine/kandinsky/families/register.py": "its line",
    "engine/catalog.py": "a model of it",
}

RECORD = '''"""A toy: each prompt is a colour."""

from engine.kandinsky.families.record import FamilyRecord
from engine.kandinsky.families.toy.components import COMPONENTS
from engine.kandinsky.families.toy.model import Toy

FAMILY = FamilyRecord(Toy.load, COMPONENTS)
'''
COMPONENTS = '''"""What the networks of the toy weigh."""

from engine.kandinsky.placing.plan import Component, Role

COMPONENTS = {"decoder.unet": Component(Role.DENOISER, 9, 9)}
'''
MODEL = '''"""Draw one colour."""

import torch
from PIL import Image
from torch import nn

from engine.models.model import Drawn, Step
from engine.settings import AUTO


class Toy:
    """Hold a network of nine weights."""

    def __init__(self, device):
        self.networks = {"decoder.unet": nn.Linear(3, 3, bias=False).to(device.home)}
        self.pipelines = []

    @classmethod
    def load(cls, spec, device, cache_dir, keeping=AUTO):
        """Load nothing: the weights are made."""
        return cls(device)

    def prepare(self, request):
        """Load nothing later."""

    @torch.no_grad()
    def render(self, drawings, on_step):
        """Draw the colour of each prompt."""
        on_step(Step(1, 1))
        return [Drawn([self._picture(drawing.request)] * drawing.request.count) for drawing in drawings]

    def statistics(self):
        """Tell of no caches."""
        return {}

    def _picture(self, request):
        seen = torch.tensor([len(request.prompt), request.prompt.count("a"), 1.0])
        red, green, blue = (int(value) % 256 for value in self.networks["decoder.unet"](seen) * 100)
        return Image.new("RGB", (request.width, request.height), (red, green, blue))
'''
# What each line of a file that was there becomes.
LINES = {
    "engine/kandinsky/families/register.py": {
        '        "kandinsky-3": "kandinsky_3",\n': '        "kandinsky-3": "kandinsky_3",\n        "toy": "toy",\n',
    },
    "engine/catalog.py": {
        "KNOWN = (DEMO, KANDINSKY_2_2, KANDINSKY_2_1, KANDINSKY_3)\n": (
            'TOY = ModelSpec(name="toy", family="toy", modes=("text2img",), native_size=256)\n'
            "KNOWN = (DEMO, KANDINSKY_2_2, KANDINSKY_2_1, KANDINSKY_3, TOY)\n"
        )
    },
}

# Prints one line of JSON: draws as the worker does, places on a GPU whose memory is made up, and measures.
SCRIPT = """
import dataclasses, json, torch
from pathlib import Path
from bot.assembly import catalog_of
from bot.config import load
from engine.catalog import TOY
from engine.checks import complete
from engine.errors import RequestError
from engine.kandinsky.bench.sides import Source
from engine.kandinsky.families.loaders import load_within
from engine.kandinsky.placing.device import Device
from engine.models.model import Drawing
from engine.requests import Text2Image
from engine.settings import AUTO, WorkerSettings
from engine.workers.child import load_models

def drawn():
    spec = catalog_of(load(None, engine={"model": "toy"}))["toy"]
    model = load_models(WorkerSettings(models=(spec,), cache_dir=Path("cache"), device="cpu"))["toy"]
    request = complete(Text2Image(model="toy", prompt="a fox", count=2), spec)
    [drawn] = model.render([Drawing(request)], lambda step: None)
    return [image.size for image in drawn.images]

def placed():
    specs = [TOY, dataclasses.replace(TOY, name="another")]
    models = load_within(specs, Device("cpu", torch.float32), Path(), AUTO, lambda: 8 * 2**30)
    return {name: model.rung for name, model in models.items()}

def measured():
    try:
        Source(TOY, Device("cpu", torch.float32), Path())
    except RequestError as error:
        return error.code

print(json.dumps({"drawn": drawn(), "placed": placed(), "measured": measured()}))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the project and add the family."""
    folder = copied(tmp_path_factory.mktemp("copy"))
    texts = {"__init__": RECORD, "model": MODEL, "components": COMPONENTS}
    change(folder, LINES | {f"{FOLDER}/{name}.py": text for name, text in texts.items()})
    return folder


@pytest.fixture(scope="module")
def said(copy: Path) -> dict[str, object]:
    """Try the family."""
    return said_by(copy, SCRIPT)


def test_the_worker_draws_with_it(said: dict[str, object]) -> None:
    assert said["drawn"] == [[256, 256], [256, 256]]


def test_two_models_of_it_are_placed_on_a_gpu(said: dict[str, object]) -> None:
    assert said["placed"] == {"toy": "resident", "another": "resident"}


def test_the_benchmark_says_that_it_has_nothing_to_compare_it_with(said: dict[str, object]) -> None:
    assert said["measured"] == "no_stock"


def test_nothing_else_is_touched(copy: Path, said: dict[str, object]) -> None:
    assert said
    assert changed(copy) == set(FILES)
