"""The benchmark runs and says what it measured; its figures are not looked at, for a busy machine makes any of them."""

import io
import json
from pathlib import Path

import pytest
import torch
from rich.console import Console

from bot.config import load
from bot.surfaces.shell.bench import bench
from engine.catalog import DEMO, KANDINSKY_2_2, KANDINSKY_3
from engine.errors import EngineError, RequestError
from engine.kandinsky.bench.sides import Plain, Source, engine_side, networks
from engine.kandinsky.bench.stopwatch import peaks, stages
from engine.kandinsky.placing.device import Device

META = Device("meta", torch.float16)


def run(tiny_cache: Path, file: Path | None, **options: object) -> str:
    written = io.StringIO()
    options = {"model": "demo", "size": "64", "steps": None, "random_weights": False, **options}
    config = load(None, engine={"cache_dir": tiny_cache, "device": "cpu"})
    bench(config, Console(file=written, width=200), **options, briefly=True, file=file)
    return written.getvalue()


@pytest.fixture(scope="module")
def measured(tiny_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict]:
    """Hold what a quick benchmark said, and what it wrote."""
    file = tmp_path_factory.mktemp("bench") / "b.json"
    said = run(tiny_cache, file)
    return said, json.loads(file.read_text())


def test_a_quick_benchmark_prints_and_writes_what_it_measured(measured: tuple[str, dict]) -> None:
    said, report = measured
    assert (report["model"], report["width"], report["height"], report["steps"]) == ("demo", 64, 64, 2)
    assert (report["guidance_scale"], report["rounds"]) == (DEMO.guidance_scale, 1)
    assert report["versions"].keys() == {"python", "torch", "diffusers", "transformers"}
    calls = {stage["name"]: stage["calls"] for stage in report["stages"]}
    assert calls["prior"] == DEMO.prior_steps
    assert (calls["unet"], calls["movq"], calls["png"]) == (2, 1, 1)
    assert [batch["size"] for batch in report["batches"]] == [1, 2]
    for batch in report["batches"]:
        assert batch["pictures_per_second"] * batch["seconds"] == pytest.approx(batch["size"])
    assert report["tflop_per_picture"] > 0
    assert "demo, 64x64, 2 steps, float32, on" in said
    assert "Against the plain script:" in said


def test_a_cpu_claims_no_figure_of_a_gpu(measured: tuple[str, dict]) -> None:
    said, report = measured
    assert "CPU" in report["device"]
    assert report["plain_peak_gib"] is None
    assert all(batch["peak_gib"] is None for batch in report["batches"])
    assert said.count("not measured") == 2 + len(report["batches"])


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"random_weights": True}, "no_full_size"),
        ({"model": "sdxl"}, "unknown_model"),
        ({"size": "63x65"}, "bad_size"),
        ({"size": "large"}, "bad_size_words"),
        ({"memory": True, "compiled": True}, "memory_and_compile"),
    ],
)
def test_what_cannot_be_measured_is_refused(tiny_cache: Path, options: dict, code: str) -> None:
    with pytest.raises(RequestError) as caught:
        run(tiny_cache, None, **options)
    assert caught.value.code == code


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_measured(
    tiny_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.surfaces.shell.bench.speed.measure", lambda *_: pytest.fail("measured"))
    with pytest.raises(RequestError, match="unwritable"):
        run(tiny_cache, tmp_path / "nowhere" / "b.json")


def test_the_layouts_are_measured_side_by_side_and_a_cpu_compiles_nothing(tiny_cache: Path, tmp_path: Path) -> None:
    said = run(tiny_cache, tmp_path / "b.json", compiled=True)
    report = json.loads((tmp_path / "b.json").read_text())
    assert (report["model"], report["steps"], report["guidance_scale"], report["rounds"]) == ("demo", 2, 1.5, 1)
    assert report["versions"].keys() == {"python", "torch", "diffusers", "transformers"}
    measured = [(way["way"], way["size"]) for way in report["ways"]]
    assert measured == [(way, size) for way in ("channels last", "contiguous") for size in (1, 2)]
    assert all(way["pictures_per_second"] > 0 and not way["gave_up"] for way in report["ways"])
    assert "Nothing is compiled on a CPU." in said


def test_a_cpu_has_no_card_to_limit(tiny_cache: Path) -> None:
    with pytest.raises(EngineError) as caught:
        run(tiny_cache, None, memory=True)
    assert (caught.value.code, isinstance(caught.value, RequestError)) == ("no_card", False)


@pytest.mark.parametrize("spec", [KANDINSKY_2_2, KANDINSKY_3], ids=lambda spec: spec.name)
def test_both_sides_hold_the_full_size_with_random_weights(spec, tmp_path: Path) -> None:
    source = Source(spec, META, tmp_path, random_weights=True)
    unet, plain = networks(engine_side(source))["unet"], Plain(source)._pipelines
    assert plain["decoder"].unet is not unet
    held = [network for pipeline in plain.values() for network in pipeline.components.values()]
    assert {one.dtype for one in held if isinstance(one, torch.nn.Module)} == {torch.float16}
    assert sum(parameter.numel() for parameter in unet.parameters()) > 1e9


def test_timing_the_stages_leaves_the_networks_as_they_were() -> None:
    network = torch.nn.Linear(2, 2)
    (stage,) = stages({"unet": network}, Device("cpu", torch.float32), lambda: network(network(torch.zeros(1, 2))))
    assert (stage.name, stage.calls) == ("unet", 2)
    assert "forward" not in vars(network)


def test_the_device_s_own_rates_are_positive() -> None:
    measured = peaks(Device("cpu", torch.float32))
    assert measured.matmul > 0
    assert measured.convolution > 0
