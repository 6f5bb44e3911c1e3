"""Large pictures drawn through windows, and enlarged with a model of their own."""

import dataclasses
import itertools
import sys
import types

import pytest
import torch

from engine.catalog import Repository
from engine.errors import EngineError
from engine.kandinsky.drawing.windows import Windows
from engine.models.model import Step
from engine.requests import Upscale
from tests.engine.kandinsky.families import kandinsky_2_bench
from tests.engine.kandinsky.families.kandinsky_2_bench import Bench, difference, photo


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(dataclasses.replace(kandinsky_2_bench.spec_2_2(tmp_path_factory.mktemp("2-2")), native_size=64))


@pytest.mark.parametrize(("height", "width", "window"), [(16, 16, (16, 16)), (17, 40, (8, 16)), (96, 33, (32, 32))])
def test_windows_cover_a_canvas_and_join_to_what_they_were_cut_from(
    height: int, width: int, window: tuple[int, int]
) -> None:
    windows = Windows.cover(height, width, window)
    canvas = torch.randn(1, 3, height, width, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    parts = list(windows.cut(canvas))
    assert {part.shape[-2:] for part in parts} == {window}
    assert len(parts) == len(windows)
    assert torch.allclose(windows.join(parts), canvas)


def test_neighbours_that_disagree_fade_into_each_other() -> None:
    windows = Windows.cover(16, 28, (16, 16))
    joined = windows.join([torch.zeros(16, 16), torch.ones(16, 16)])
    steps = joined.diff(dim=1)
    assert (steps >= 0).all()
    assert steps.max() < 0.5
    assert joined[0, 0] == 0
    assert joined[0, -1] == 1


def test_neighbours_share_a_quarter_of_themselves() -> None:
    windows = Windows.cover(64, 200, (64, 64))
    starts = [cut.start for cut in windows.columns]
    assert all(after - before <= 48 for before, after in itertools.pairwise(starts))
    assert starts[0] == 0
    assert windows.columns[-1].stop == 200


@pytest.mark.parametrize("size", [(64, 64), (51, 35), (20, 90)])
def test_a_picture_has_exactly_twice_its_size_and_a_step_for_each_window(bench: Bench, size: tuple[int, int]) -> None:
    heard: list[Step] = []
    drawn = bench.draw(Upscale, heard.append, picture=bench.send(photo(size)), steps=2, strength=0.5)[0]
    assert drawn.size == (2 * size[0], 2 * size[1])
    assert [step.done for step in heard] == list(range(1, heard[0].total + 1))


def test_a_picture_that_would_be_too_large_is_refused(bench: Bench) -> None:
    picture = bench.send(photo((64, 64))).model_copy(update={"width": 2100})
    with pytest.raises(EngineError, match="too_large_to_upscale"):
        bench.ask(Upscale, picture=picture)


# A model file of its own


def with_upscaler(bench: Bench, path: str) -> Bench:
    repositories = {**bench.spec.repositories, "upscaler": Repository(path)}
    return Bench(dataclasses.replace(bench.spec, repositories=repositories))


class Quadruple(torch.nn.Module):
    """Enlarge four times, as the models that spandrel reads do."""

    scale = 4

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return pixels.repeat_interleave(4, dim=-1).repeat_interleave(4, dim=-2)


def test_a_configured_model_enlarges_instead_to_exactly_twice_the_size(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader = types.SimpleNamespace(load_from_file=lambda path: Quadruple())
    monkeypatch.setitem(sys.modules, "spandrel", types.SimpleNamespace(ModelLoader=lambda: loader))
    other, picture, heard = with_upscaler(bench, "/models/4x.safetensors"), photo((300, 70)), []
    drawn = other.draw(Upscale, heard.append, picture=other.send(picture))[0]
    assert drawn.size == (600, 140)
    assert difference(drawn.resize(picture.size), picture) < 16
    assert len(heard) == 2


@pytest.mark.parametrize(
    ("path", "code"), [("/models/4x.pth", "upscaler_unusable"), ("/models/4x.safetensors", "spandrel_missing")]
)
def test_a_model_that_cannot_be_used_is_said_to_be_so(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, path: str, code: str
) -> None:
    monkeypatch.setitem(sys.modules, "spandrel", None)
    other = with_upscaler(bench, path)
    with pytest.raises(EngineError, match=code):
        other.draw(Upscale, picture=other.send(photo((64, 64))))
