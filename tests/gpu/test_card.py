"""What only a GPU can show, with tiny models: that memory is free again, runs out in truth, and comes from the host.

`make gpu` runs these on a machine with a GPU; everywhere else they are left out, with the reason.
"""

import asyncio
import dataclasses
import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.catalog import DEMO, ModelSpec
from engine.checks import complete
from engine.errors import OutOfMemory
from engine.events import Done, Ready
from engine.kandinsky.bench.rungs import Gpu
from engine.kandinsky.bench.sides import networks
from engine.kandinsky.embedded import tiny
from engine.kandinsky.families.kandinsky_2_2.model import Kandinsky22
from engine.kandinsky.families.loaders import components_of, load_models
from engine.kandinsky.placing import compiling, placing
from engine.kandinsky.placing.device import Device, choose, gpus, translated_errors
from engine.kandinsky.placing.laddered import Laddered
from engine.kandinsky.placing.plan import GIB, LADDER, Placement, Rung
from engine.models.model import Drawing
from engine.requests import Text2Image
from engine.settings import Keeping, WorkerSettings
from engine.workers.base import Task
from engine.workers.process import ProcessWorker

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU, and there is none here"),
]
CARD = Device("cuda", torch.float16)
MIB = 2**20
# Of 255: half precision and other kernels, which random weights amplify.
CLOSE = 3.0


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> ModelSpec:
    """Describe a tiny model as if it were the published Kandinsky 2.2, for whose size memory is planned."""
    cache = tmp_path_factory.mktemp("tiny")
    small = {"name": "kandinsky-2-2", "embedded": False, "native_size": 64, "prior_steps": 2}
    return dataclasses.replace(DEMO, repositories=tiny.repositories(cache), **small)


@pytest.fixture
def model(spec: ModelSpec) -> Kandinsky22:
    return Kandinsky22.load(spec, dataclasses.replace(CARD, kept_on="cpu"), Path())


@pytest.fixture(autouse=True)
def _all_memory_afterwards() -> Iterator[None]:
    yield
    Gpu().limit(None)


def asked(spec: ModelSpec, seed: int = 1, **fields: object) -> Text2Image:
    size = {"width": 64, "height": 64, "steps": 2, **fields}
    return complete(Text2Image(model=spec.name, prompt="a fox", seed=seed, **size), spec)


def drawn(model: object, *requests: Text2Image) -> list[np.ndarray]:
    done = model.render([Drawing(request) for request in requests], lambda _step: None)
    return [np.asarray(image).astype(int) for each in done for image in each.images]


def far(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).mean())


def test_the_card_is_taken_by_itself_and_named() -> None:
    assert choose("auto") == CARD
    assert gpus()[0].startswith(torch.cuda.get_device_name())
    budget = placing.budget_bytes(CARD)
    assert budget is not None
    assert 0 < budget <= torch.cuda.get_device_properties(0).total_memory


def test_every_rung_draws_the_same_picture_and_another_seed_another(model: Kandinsky22, spec: ModelSpec) -> None:
    pictures = {}
    for rung in LADDER:
        placing.apply(model.networks, Placement(rung, 0, 0), CARD)
        pictures[rung] = drawn(model, asked(spec))[0]
    [other] = drawn(model, asked(spec, seed=2))
    placing.release(model.networks.values())
    assert far(other, pictures[Rung.RESIDENT]) > 2 * CLOSE
    for rung, picture in pictures.items():
        if not rung.decodes_in_tiles:
            assert far(picture, pictures[Rung.RESIDENT]) < CLOSE, rung


def test_a_picture_of_the_card_is_that_of_the_cpu(spec: ModelSpec) -> None:
    there = Kandinsky22.load(spec, CARD, Path())
    here = Kandinsky22.load(spec, Device("cpu", torch.float32), Path())
    assert far(drawn(there, asked(spec))[0], drawn(here, asked(spec))[0]) < 2 * CLOSE


def test_weights_that_wait_for_their_turn_are_pinned_and_leave_the_card(model: Kandinsky22, spec: ModelSpec) -> None:
    placing.apply(model.networks, Placement(Rung.SEQUENTIAL_OFFLOAD, 0, 0), CARD)
    drawn(model, asked(spec))
    weights = [one for network in model.networks.values() for one in network.parameters()]
    assert sum(one.is_pinned() for one in weights if one.device.type == "cpu") > len(weights) / 2
    assert placing.bytes_on(model.networks.values(), CARD) < sum(one.nbytes for one in weights) / 2
    placing.release(model.networks.values())


def test_what_a_shelved_model_held_is_free_while_it_is_away(model: Kandinsky22, spec: ModelSpec) -> None:
    held = Laddered(spec, model, CARD, lambda: 40 * GIB, components_of(spec), shelved=True)
    [first] = drawn(held, asked(spec))
    assert held.held_bytes > MIB
    before = torch.cuda.memory_allocated()
    held.leave()
    assert held.held_bytes == 0
    assert torch.cuda.memory_allocated() <= before - MIB
    held.enter()
    assert far(drawn(held, asked(spec))[0], first) < CLOSE


def filled(limit_bytes: int) -> list[torch.Tensor]:
    """Take all memory there is up to a limit, by the MiB."""
    Gpu().limit(limit_bytes)
    taken = []
    with suppress(torch.OutOfMemoryError):
        while True:
            taken.append(torch.empty(MIB, dtype=torch.uint8, device="cuda"))
    return taken


@translated_errors()
def take(mebibytes: int) -> None:
    torch.empty(mebibytes * MIB, dtype=torch.uint8, device="cuda")


def test_memory_that_runs_out_in_truth_is_an_error_of_this_project_and_free_again() -> None:
    taken = filled(256 * MIB)
    with pytest.raises(OutOfMemory):
        take(64)
    taken.clear()
    Gpu().limit(None)
    take(64)


def test_a_model_that_ran_out_of_memory_in_truth_left_its_rung_and_draws_again(
    spec: ModelSpec, model: Kandinsky22
) -> None:
    ladder = Laddered(spec, model, CARD, lambda: 40 * GIB, components_of(spec))
    drawn(ladder, asked(spec))
    rungs = [ladder.rung]
    taken = filled(torch.cuda.memory_reserved() + 32 * MIB)
    with suppress(OutOfMemory):  # a lower rung may have room, or none
        drawn(ladder, asked(spec, seed=2, width=256, height=256))
    rungs.append(ladder.rung)
    taken.clear()
    Gpu().limit(None)
    assert drawn(ladder, asked(spec, seed=3))[0].shape == (64, 64, 3)
    assert rungs[0] is ladder.rung is Rung.RESIDENT
    assert rungs[1] is not Rung.RESIDENT


def test_compiled_networks_draw_the_same(spec: ModelSpec) -> None:
    model = Kandinsky22.load(spec, CARD, Path())
    [plain] = drawn(model, asked(spec))
    assert sorted(compiling.compile_models(model.pipelines, "default")) == ["movq", "prior", "unet"]
    [compiled] = drawn(model, asked(spec))
    assert not compiling.gave_up(networks(model).values())
    assert far(plain, compiled) < CLOSE


def test_pictures_drawn_together_are_those_drawn_alone(spec: ModelSpec, model: Kandinsky22) -> None:
    ladder = Laddered(spec, model, CARD, lambda: 40 * GIB, components_of(spec))
    requests = [asked(spec, seed=seed) for seed in range(1, 5)]
    together, alone = drawn(ladder, *requests), [drawn(ladder, request)[0] for request in requests]
    assert max(map(far, together, alone)) < CLOSE


def test_a_model_is_loaded_onto_the_card_as_the_worker_loads_it(spec: ModelSpec, tmp_path: Path) -> None:
    models = load_models([spec, DEMO], "auto", tmp_path, Keeping())
    assert models.keys() == {"kandinsky-2-2", "demo"}
    assert drawn(models["demo"], asked(DEMO, width=128, height=128))[0].shape == (128, 128, 3)


async def test_a_worker_process_draws_on_the_card(tmp_path: Path) -> None:
    worker = ProcessWorker(WorkerSettings((DEMO,), tmp_path, device="cuda"))
    events = worker.events()
    await worker.start()
    try:
        ready = await asyncio.wait_for(anext(events), 60)
        assert isinstance(ready, Ready)
        await worker.run(ready.epoch, (Task("a", 1, asked(DEMO, width=128, height=128)),))
        event = ready
        while not isinstance(event, Done):
            event = await asyncio.wait_for(anext(events), 60)
        with Image.open(io.BytesIO(event.pictures[0].data)) as picture:
            assert picture.size == (128, 128)
    finally:
        await worker.stop()
