"""What is measured on a GPU is rehearsed with tiny models: each part ends in time, and each table is written."""

import dataclasses
import json
import platform
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.catalog import ModelSpec
from engine.kandinsky.bench import bench, rungs
from engine.kandinsky.bench.stopwatch import Peaks
from engine.kandinsky.bench.subject import Plan
from engine.kandinsky.placing.plan import Rung
from engine.workers.fake import FakeWorker
from tools import benchmark_engine, memory_table
from tools.gpu import packages, tables
from tools.gpu.__main__ import FIGURES, ROOT, measure
from tools.gpu.parts import PARTS, Rig, keep_in
from tools.gpu.running import LIMITS_S, START_S, WHOLE_S, Found, in_a_process, run_parts
from tools.marked import section


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for name in ("benchmarks.md", "memory.md"):
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8")
    return folder


class Quick(Rig):
    """Rehearse with as little as shows that everything runs."""

    def plan(self, spec: ModelSpec) -> Plan:
        return dataclasses.replace(super().plan(spec), batches=(2,))


@pytest.fixture
def rig(tiny_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    mixed = benchmark_engine.mixed
    monkeypatch.setattr(bench, "peaks", lambda _device: Peaks(1, 1))
    monkeypatch.setattr(rungs, "CARDS_GIB", (8,))
    monkeypatch.setattr(rungs, "LADDER", (Rung.RESIDENT, Rung.SEQUENTIAL_OFFLOAD))
    monkeypatch.setattr(benchmark_engine, "mixed", lambda *asked: mixed(*asked)[:2])
    monkeypatch.setattr(benchmark_engine, "ProcessWorker", lambda settings, _: FakeWorker((settings.models[0].name,)))
    return Quick(tiny_cache, is_rehearsal=True)


def test_every_part_is_rehearsed_and_its_table_written(rig: Rig, docs: Path, tmp_path: Path) -> None:
    def here(name: str, file: Path, _until: float) -> str | None:
        if name == "tests" or name.endswith("3"):  # which is no other model in a rehearsal
            return "left out"
        PARTS[name](rig, keep_in(file))
        return None

    before = (ROOT / "docs" / "benchmarks.md").read_bytes()
    assert "tests" in measure(tmp_path, docs, time.monotonic(), here)
    assert (ROOT / "docs" / "benchmarks.md").read_bytes() == before
    text = "".join(file.read_text(encoding="utf-8") for file in sorted(docs.iterdir()))
    speed, layouts, queue, memory = (section(text, name) for name in ("speed", "layouts", "queue", "memory"))
    for written in (speed, layouts, queue, memory):
        assert f"kandinsky-2-2 on {platform.machine()} CPU" in written
        assert "its own weights" in written
    assert "| Kandinsky 2.2 | 2 | 0." in speed
    assert "Not all was measured: kandinsky-3: left out." in speed
    assert "| Kandinsky 2.2 | 1 | not measured |" in speed
    assert "| Kandinsky 2.2 | 2 | 0." in layouts
    assert "| 32 | 4 | " in queue
    assert "| Kandinsky 2.2 | 8 | layer by layer | 0.00 | 0.00 |" in memory
    assert "| Kandinsky 3 | all | all | not measured |" in memory
    kept = json.loads((tmp_path / FIGURES).read_text())["parts"]
    assert kept.keys() == PARTS.keys()
    assert all(part["lack"] or part["figures"]["versions"]["torch"] for part in kept.values())


def test_the_documents_say_what_no_card_has_measured_yet(docs: Path) -> None:
    before = {file.name: file.read_text(encoding="utf-8") for file in docs.iterdir()}
    assert tables.write({"queue": Found(None, "out of time")}, docs, "today") == []
    assert {file.name: file.read_text(encoding="utf-8") for file in docs.iterdir()} == before
    for (file, name), (_, table) in tables.SECTIONS.items():
        assert "not measured" in "".join(table({}))
        assert section(before[file], name)
    assert memory_table.document() == before["memory.md"]


def test_a_part_that_ends_early_leaves_what_it_measured(tmp_path: Path) -> None:
    code = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text('{\"a\": 1}'); time.sleep(60)"
    run_part = in_a_process(lambda _name, file: [sys.executable, "-c", code, str(file)], {})
    began = time.monotonic() - START_S
    [(_, slow), (_, late)] = run_parts(tmp_path, began, run_part, {"slow": 1, "late": 0})
    assert (slow.figures, slow.lack) == ({"a": 1}, "out of time")
    assert late.lack == "out of time"
    assert time.monotonic() - began - START_S < 10


def test_all_parts_end_within_nine_minutes_and_what_one_leaves_is_the_next_one_s(tmp_path: Path) -> None:
    told: list[float] = []
    list(run_parts(tmp_path, 100.0, lambda _name, _file, until: told.append(until)))
    assert LIMITS_S.keys() == PARTS.keys()
    assert told[-1] <= 100 + WHOLE_S == 640
    assert told == sorted(told)
    assert told[0] == 100 + START_S + LIMITS_S["tests"]


def test_what_was_built_for_the_card_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[list[str]] = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: run.append(command))
    for name in ("torch-9.9", "nvidia_cublas-13.0", "triton-4.0", "torchvision-1.0", "nowhere-1.0", "pytest-0.1"):
        (tmp_path / f"{name}-py3-none-any.whl").touch()
    (tmp_path / f"pytest-{pytest.__version__}-py3-none-any.whl").touch()
    names = packages.install(tmp_path, tmp_path / "target")
    assert names == ["nowhere-1.0-py3-none-any.whl", "pytest-0.1-py3-none-any.whl"]
    [command] = run
    assert {"--no-index", "--no-deps", "--find-links"} < set(command)
    assert not any("torch" in Path(part).name for part in command)
    assert packages.install(tmp_path / "empty", tmp_path / "target") == []


@pytest.fixture(scope="module")
def wanted() -> list[str]:
    return packages.wanted()


def test_what_is_to_be_carried_has_diffusers_and_no_torch(wanted: list[str]) -> None:
    names = {line.partition("==")[0] for line in wanted}
    assert {"diffusers", "pydantic", "pytest", "sqlalchemy", "greenlet"} <= names
    assert not names & {"torch", "triton", "transformers", "huggingface-hub", "numpy"}
