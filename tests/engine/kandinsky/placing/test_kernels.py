"""cuDNN searches for kernels where shapes come again, and not anew for each; what that is worth, a GPU has to show."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from accelerate.hooks import add_hook_to_module
from torch import nn

from engine.catalog import DEMO
from engine.checks import complete
from engine.kandinsky.families.kandinsky_2_2.model import Kandinsky22
from engine.kandinsky.placing.hooks import WorksOn
from engine.kandinsky.placing.kernels import MOST_SHAPES, choose_kernels
from engine.requests import Text2Image
from tests.engine.kandinsky.drawings import images
from tests.engine.kandinsky.placing.laddered_models import CPU


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = torch.backends.cudnn.benchmark
    yield
    torch.backends.cudnn.benchmark = before


def searches(network: nn.Module, size: int) -> bool:
    choose_kernels(network, torch.empty(1, 4, size, size))
    return torch.backends.cudnn.benchmark


def test_the_first_shapes_of_each_network_are_searched_for() -> None:
    one, other = nn.Identity(), nn.Identity()
    sizes = range(1, MOST_SHAPES + 3)
    assert [searches(one, size) for size in sizes] == [size <= MOST_SHAPES for size in sizes]
    assert searches(one, 1)
    assert searches(other, MOST_SHAPES + 1)


def test_a_network_that_moves_is_not_searched_for() -> None:
    network = nn.Identity()
    add_hook_to_module(network, WorksOn(CPU))
    assert not searches(network, 1)


def test_every_step_and_every_picture_is_of_a_shape_that_is_searched_for(tiny_cache: Path) -> None:
    model, seen = Kandinsky22.load(DEMO, CPU, tiny_cache), {"unet": [], "movq": []}
    unet, movq = model.networks["decoder.unet"], model.networks["decoder.movq"]
    for name, module in (("unet", unet), ("movq", movq.decoder)):
        module.register_forward_pre_hook(lambda *_, name=name: seen[name].append(torch.backends.cudnn.benchmark))
    torch.backends.cudnn.benchmark = False
    images(model, complete(Text2Image(model="demo", prompt="a", seed=1, steps=2, width=64, height=64), DEMO))
    assert seen["unet"] == [True, True]
    assert seen["movq"][-1]
