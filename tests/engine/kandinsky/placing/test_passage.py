"""Layers pass through the device in time: each is there when it works, and the next one comes meanwhile.

There is no stream in these tests. Who copies here does it as late as it may, or notes what a GPU would be told, in what
order; that the copies really go on beside the work, and how much time that saves, only a GPU can show.
"""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch
from accelerate.hooks import add_hook_to_module
from torch import Tensor, nn

from engine.kandinsky.placing.device import Device
from engine.kandinsky.placing.hooks import PassesThrough
from engine.kandinsky.placing.passage import CopiesBeside, Passage
from engine.kandinsky.placing.weights import HostWeights

CPU = Device("cpu", torch.float32)


class CopiesLate:
    """Copy when the work has to wait for it, and note that; until then there is nothing to compute with."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    def begin(self, weights: HostWeights) -> None:
        self.log.append(f"begin {name(weights)}")
        weights.make_room()
        for tensor, _held in weights._held:
            tensor.data.fill_(torch.nan)

    def finish(self, weights: HostWeights) -> None:
        self.log.append(f"finish {name(weights)}")
        weights.fill()


def name(weights: HostWeights) -> str:
    return "abc"[int(weights._held[0][1][0, 0])]


class Layer(nn.Linear):
    def __init__(self, number: int, log: list[str]) -> None:
        super().__init__(4, 4)
        self.log = log
        nn.init.constant_(self.weight, number)

    def forward(self, values: Tensor) -> Tensor:
        self.log.append("work")
        return super().forward(values)


class Bench:
    """Let the layers a, b and c pass, in any order, and see which of them are there."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.passage = Passage(CopiesLate(self.log))
        self.layers = {name: Layer(number, self.log) for number, name in enumerate("abc")}
        self.home = {name: layer.weight.data_ptr() for name, layer in self.layers.items()}
        self.most = 0
        for layer in self.layers.values():
            weights = HostWeights([layer.weight, layer.bias], CPU)
            add_hook_to_module(layer, PassesThrough(weights, CPU, self.passage))
            layer.register_forward_hook(lambda *_: self._look())

    @property
    def there(self) -> str:
        return "".join(name for name, layer in self.layers.items() if layer.weight.data_ptr() != self.home[name])

    @torch.no_grad()
    def draw(self, order: str = "abc") -> list[str]:
        self.log.clear()
        for one in order:
            assert not self.layers[one](torch.ones(1, 4)).isnan().any()
        return [*self.log]

    def _look(self) -> None:
        self.most = max(self.most, len(self.there) + 1)  # and the one that has just left


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_the_next_layer_is_brought_before_one_works_once_the_order_was_seen(bench: Bench) -> None:
    assert bench.draw() == [step for one in "abc" for step in (f"begin {one}", f"finish {one}", "work")]
    expected = ["begin a", "finish a", "begin b", "work", "finish b", "begin c", "work", "finish c", "work"]
    assert bench.draw() == bench.draw() == expected
    assert (bench.most, bench.there) == (2, "")


def test_a_layer_that_was_brought_and_does_not_work_goes_back_when_it_has_come(bench: Bench) -> None:
    bench.draw()
    assert bench.draw("ac")[2:] == ["begin b", "work", "finish b", "begin c", "finish c", "work"]
    assert bench.draw("ac")[2:] == ["begin c", "work", "finish c", "work"]
    assert (bench.most, bench.there) == (2, "")


def test_a_layer_that_follows_itself_is_brought_for_each_time(bench: Bench) -> None:
    for _ in range(2):
        assert bench.draw("aabb").count("work") == 4
    assert bench.most == 2


def test_after_an_error_everything_can_be_let_go(bench: Bench) -> None:
    bench.draw()
    with pytest.raises(RuntimeError, match="shapes"), torch.no_grad():
        bench.layers["b"](torch.ones(1, 5))
    assert bench.there == "bc"
    bench.passage.clear()
    assert bench.there == ""
    bench.draw()


def test_nothing_is_computed_with_before_it_has_come(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CopiesLate, "finish", lambda *_: None)
    with pytest.raises(AssertionError):
        bench.draw()


class Stream:
    """Note what a stream would wait for."""

    def __init__(self, called: str, log: list[str]) -> None:
        self.name, self.log = called, log

    def wait_stream(self, other: "Stream") -> None:
        self.log.append(f"{self.name} waits for {other.name}")

    def record_event(self) -> str:
        return f"what {self.name} has to do"

    def wait_event(self, event: str) -> None:
        self.log.append(f"{self.name} waits for {event}")


def test_copies_wait_for_the_work_before_them_and_the_work_after_them_for_the_copies(monkeypatch) -> None:
    log: list[str] = []
    side, main = Stream("side", log), Stream("main", log)
    cuda = SimpleNamespace(Stream=lambda: side, current_stream=lambda: main, stream=lambda _side: nullcontext())
    monkeypatch.setattr(torch, "cuda", cuda)
    layer = HostWeights([], CPU)
    monkeypatch.setattr(layer, "make_room", lambda: log.append("room"))
    monkeypatch.setattr(layer, "fill", lambda: log.append("copy"))
    copier = CopiesBeside()
    copier.begin(layer)
    assert log == ["room", "side waits for main", "copy"]
    copier.finish(layer)
    assert log[3:] == ["main waits for what side has to do"]
