"""Networks compile whole; whether that makes them faster is for a benchmark on a GPU to say.

The UNet of Kandinsky 3 is left out: tracing the smallest there can be takes the time of ten other tests.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from structlog.testing import capture_logs

from engine.catalog import DEMO
from engine.checks import complete
from engine.kandinsky.bench.sides import networks
from engine.kandinsky.families.kandinsky_2_2.model import Kandinsky22
from engine.kandinsky.placing.compiling import MOST_SHAPES, compile_models, gave_up, undo
from engine.kandinsky.placing.device import Device
from engine.requests import Text2Image
from tests.engine.kandinsky.drawings import images

CPU = Device("cpu", torch.float32)
REQUEST = complete(Text2Image(model="demo", prompt="a fox", seed=1, steps=2, width=64, height=64), DEMO)


@pytest.fixture
def kandinsky_2_2(tiny_cache: Path) -> Kandinsky22:
    return Kandinsky22.load(DEMO, CPU, tiny_cache)


def pipelines(model: Kandinsky22) -> list:
    return model.pipelines


class Backend:
    """Run graphs as they are, and count them."""

    def __init__(self) -> None:
        self.graphs = 0

    def __call__(self, graph: torch.fx.GraphModule, inputs: list) -> object:
        self.graphs += 1
        return graph.forward


def test_kandinsky_2_2_compiles_without_a_break_and_draws_the_same(kandinsky_2_2: Kandinsky22) -> None:
    expected, backend = np.asarray(images(kandinsky_2_2, REQUEST)[0]).astype(int), Backend()
    kandinsky_2_2._prior.texts._values.clear()
    named = compile_models(pipelines(kandinsky_2_2), "default", anywhere=True, backend=backend)
    assert sorted(named) == ["movq", "prior", "unet"]
    drawn = np.asarray(images(kandinsky_2_2, REQUEST)[0]).astype(int)
    assert backend.graphs == 3
    assert np.abs(drawn - expected).max() <= 8
    undo(kandinsky_2_2.networks.values())
    assert not any(network._compiled_call_impl for network in kandinsky_2_2.networks.values())
    assert "decode" not in vars(networks(kandinsky_2_2)["movq"])


class Network(torch.nn.Linear):
    """Be a network whose shapes cost nothing."""

    def __init__(self) -> None:
        super().__init__(4, 4)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        return super().forward(given) + 1


class Pipeline:
    def __init__(self) -> None:
        self.components = {"unet": Network()}


def test_more_shapes_than_are_compiled_run_as_they_are() -> None:
    pipeline, backend = Pipeline(), Backend()
    compile_models([pipeline], "default", anywhere=True, backend=backend)
    for size in [*range(1, MOST_SHAPES + 4), 1, MOST_SHAPES + 3]:
        given = torch.randn(size, 4)
        assert torch.equal(pipeline.components["unet"](given), Network.forward(pipeline.components["unet"], given))
    assert backend.graphs == MOST_SHAPES
    assert not gave_up(pipeline.components.values())


def test_where_nothing_is_learned_what_was_compiled_runs_too() -> None:
    pipeline, backend, given = Pipeline(), Backend(), torch.ones(1, 4)
    with torch.inference_mode():
        compile_models([pipeline], "default", anywhere=True, backend=backend)
        assert pipeline.components["unet"](given).is_inference()
        undo(pipeline.components.values())
        assert pipeline.components["unet"](given).is_inference()
    assert backend.graphs == 1


def test_a_network_that_does_not_compile_runs_as_it_is_and_the_log_says_why() -> None:
    def fails(_graph: torch.fx.GraphModule, _inputs: list) -> object:
        raise NotImplementedError("no such card")

    pipeline = Pipeline()
    compile_models([pipeline], "default", anywhere=True, backend=fails)
    with capture_logs() as logs:
        for size in (1, 2):
            given = torch.randn(size, 4)
            assert torch.equal(pipeline.components["unet"](given), Network.forward(pipeline.components["unet"], given))
    [line] = logs
    assert (line["event"], line["network"], "no such card" in line["reason"]) == ("not_compiled", "unet", True)
    assert gave_up(pipeline.components.values())


def test_nothing_is_compiled_on_a_cpu_or_where_it_is_off(kandinsky_2_2: Kandinsky22) -> None:
    assert compile_models(pipelines(kandinsky_2_2), "max-autotune") == []
    assert compile_models(pipelines(kandinsky_2_2), "off", anywhere=True) == []
    assert networks(kandinsky_2_2)["unet"]._compiled_call_impl is None
