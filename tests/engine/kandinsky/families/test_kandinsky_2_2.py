import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image

from engine.catalog import DEMO, KANDINSKY_2_2, KNOWN, ModelSpec, Repository
from engine.checks import complete
from engine.errors import Cancelled, EngineError, ModelMissing, OutOfMemory, WorkerLost
from engine.kandinsky.drawing.schedulers import for_one_job
from engine.kandinsky.embedded import embedded, tiny
from engine.kandinsky.families.kandinsky_2_2.model import Kandinsky22
from engine.kandinsky.families.loaders import load_models
from engine.kandinsky.families.register import FAMILIES
from engine.kandinsky.placing import device, loading
from engine.kandinsky.placing.device import Device, translated_errors
from engine.models.model import Step
from engine.requests import Text2Image
from tests.engine.kandinsky import drawings as drawing

CPU = Device("cpu", torch.float32)


@pytest.fixture(scope="module")
def spec(tiny_cache: Path) -> ModelSpec:
    return dataclasses.replace(DEMO, repositories=tiny.repositories(tiny_cache))


@pytest.fixture(scope="module")
def model(spec: ModelSpec, tiny_cache: Path) -> Kandinsky22:
    return load_models([spec], "cpu", tiny_cache)["demo"]


def pixels(model: Kandinsky22, on_step: Callable[[Step], None] = drawing.ignore, **fields: object) -> list:
    fields = {"prompt": "a red circle", "seed": 7, "steps": 3, **fields}
    request = complete(Text2Image(model="demo", **fields), DEMO)
    return drawing.pixels(*drawing.images(model, request, on_step))


def difference(one: np.ndarray, other: np.ndarray) -> int:
    return int(np.abs(one - other).max())


# Pictures


def test_pictures_have_the_size_that_was_asked_for(model: Kandinsky22) -> None:
    assert [picture.shape for picture in pixels(model, width=192, height=64, count=2)] == [(64, 192, 3)] * 2


def test_the_same_request_gives_the_same_pixels(model: Kandinsky22) -> None:
    assert difference(*pixels(model), *pixels(model)) == 0


def test_jobs_before_it_leave_no_trace_in_a_picture(model: Kandinsky22) -> None:
    before = pixels(model)
    pixels(model, steps=7, negative_prompt="blurry", guidance_scale=1.0, seed=1)
    assert difference(*before, *pixels(model)) == 0


def test_a_freshly_loaded_model_gives_the_same_pixels(model: Kandinsky22, spec: ModelSpec, tiny_cache: Path) -> None:
    fresh = load_models([spec], "cpu", tiny_cache)["demo"]
    assert difference(*pixels(model, seed=99), *pixels(fresh, seed=99)) == 0


@pytest.mark.parametrize(
    "change", [{"prompt": "a blue square"}, {"seed": 8}, {"negative_prompt": "ugly"}, {"guidance_scale": 9.0}]
)
def test_what_the_person_changes_changes_the_picture(model: Kandinsky22, change: dict) -> None:
    assert difference(*pixels(model), *pixels(model, **change)) > 20


def test_each_picture_of_several_is_the_one_of_its_own_seed(model: Kandinsky22) -> None:
    together = pixels(model, count=3, negative_prompt="ugly")
    alone = [pixels(model, seed=7 + index, negative_prompt="ugly")[0] for index in range(3)]
    # Rounding differs with the batch, and random weights amplify it; another seed's picture is far away.
    assert max(map(difference, together, alone)) < 8
    assert difference(together[0], together[1]) > 20


def test_without_guidance_several_pictures_are_drawn_as_well(model: Kandinsky22) -> None:
    assert len(pixels(model, guidance_scale=1.0, count=2)) == 2
    assert len(pixels(model, guidance_scale=0.0)) == 1


def test_a_prompt_longer_than_the_encoder_reads_is_cut(model: Kandinsky22) -> None:
    assert difference(*pixels(model, prompt="ы" * 1000), *pixels(model, prompt="ы" * 2000)) == 0


def test_the_global_random_state_is_left_alone(model: Kandinsky22) -> None:
    before = torch.random.get_rng_state()
    pixels(model)
    assert torch.equal(before, torch.random.get_rng_state())


def test_in_half_precision_the_picture_stays_the_same_one(
    model: Kandinsky22, spec: ModelSpec, tiny_cache: Path
) -> None:
    half = Kandinsky22.load(spec, Device("cpu", torch.bfloat16), tiny_cache)
    (full,), (halved,), (other,) = pixels(model), pixels(half), pixels(model, seed=8)
    assert np.abs(full - halved).mean() < np.abs(full - other).mean() / 4


# Steps and cancellation


@pytest.mark.parametrize("negative_prompt", ["", "ugly"])
def test_the_steps_of_the_prior_and_the_decoder_count_as_one(model: Kandinsky22, negative_prompt: str) -> None:
    heard: list[tuple[int, int]] = []
    once = {"seed": 1000 + len(negative_prompt), "negative_prompt": negative_prompt}
    pixels(model, lambda step: heard.append((step.done, step.total)), **once)
    total = DEMO.prior_steps + 3  # the prior embeds both prompts at once
    assert heard == [(step, total) for step in range(1, total + 1)]


def test_a_second_request_with_the_same_words_and_seed_makes_no_steps_of_the_prior(model: Kandinsky22) -> None:
    heard: list[tuple[int, int]] = []
    first = pixels(model, seed=1010, negative_prompt="ugly")
    hits, _ = model.statistics()["texts"]
    again = pixels(model, lambda step: heard.append((step.done, step.total)), seed=1010, negative_prompt="ugly")
    assert heard == [(1, 3), (2, 3), (3, 3)]
    assert difference(*first, *again) == 0
    assert model.statistics()["texts"][0] > hits


def test_without_guidance_a_negative_prompt_makes_no_steps(model: Kandinsky22) -> None:
    heard: list[int] = []
    pixels(model, lambda step: heard.append(step.total), seed=1020)
    pixels(model, lambda step: heard.append(step.total), seed=1020, negative_prompt="ugly", guidance_scale=1.0)
    assert heard[-1] == 3


@pytest.mark.parametrize("last", [2, DEMO.prior_steps + 2], ids=["prior", "decoder"])
def test_a_cancellation_takes_effect_in_either_loop_and_the_next_job_is_unharmed(model: Kandinsky22, last: int) -> None:
    heard: list[int] = []

    def cancel(step: Step) -> None:
        heard.append(step.done)
        if step.done == last:
            raise Cancelled

    expected = pixels(model)
    with pytest.raises(Cancelled):
        pixels(model, cancel, seed=1030 + last)
    assert heard[-1] == last
    assert difference(*expected, *pixels(model)) == 0


# Precision, devices and their errors


def test_noise_drawn_in_half_precision_is_the_noise_of_full_precision(model: Kandinsky22) -> None:
    sample, steps = torch.zeros(1, 4, 8, 8), []
    for dtype in (torch.float32, torch.float16):
        scheduler = for_one_job(model._decoder.pipeline.scheduler)
        scheduler.set_timesteps(10)
        generator = torch.Generator().manual_seed(0)
        output = torch.zeros(1, 4, 8, 8, dtype=dtype)
        steps.append(scheduler.step(output, scheduler.timesteps[0], sample.to(dtype), generator=generator)[0])
    assert steps[1].dtype == torch.float16
    assert torch.allclose(steps[0], steps[1].float(), atol=1e-3)


def test_noise_is_added_in_full_precision(model: Kandinsky22) -> None:
    published = model._decoder.pipeline.scheduler
    scheduler, timestep = for_one_job(published), torch.tensor([10])
    clean, noise = (torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(seed)).half() for seed in (1, 2))
    added = scheduler.add_noise(clean, noise, timestep)
    assert torch.equal(added, published.add_noise(clean.float(), noise.float(), timestep).half())
    assert not torch.equal(added, published.add_noise(clean, noise, timestep))


def test_a_job_changes_nothing_in_the_scheduler_that_was_loaded(model: Kandinsky22) -> None:
    untouched = model._decoder.pipeline.scheduler.timesteps.clone()
    pixels(model)
    assert torch.equal(model._decoder.pipeline.scheduler.timesteps, untouched)


@pytest.mark.parametrize(
    ("error", "translated"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), OutOfMemory),
        (MemoryError(), OutOfMemory),
        (RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"), OutOfMemory),
        (torch.AcceleratorError("an illegal memory access was encountered"), WorkerLost),
        (RuntimeError("CUDA error: device-side assert triggered"), WorkerLost),
        (ZeroDivisionError(), ZeroDivisionError),
        (Cancelled(), Cancelled),
    ],
)
def test_errors_of_the_device_become_those_of_the_engine(error: Exception, translated: type[Exception]) -> None:
    with pytest.raises(translated), translated_errors():
        raise error


def test_out_of_memory_in_a_render_frees_its_tensors(model: Kandinsky22) -> None:
    def exhaust(step: Step) -> None:
        raise torch.OutOfMemoryError

    with pytest.raises(OutOfMemory):
        pixels(model, exhaust)
    assert len(pixels(model)) == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_without_a_gpu_auto_means_the_cpu_and_cuda_is_an_error() -> None:
    assert device.choose("auto") == CPU
    with pytest.raises(EngineError, match="device_missing"):
        device.choose("cuda")


# Loading


def test_every_model_of_the_catalog_has_a_family() -> None:
    assert {DEMO.family, KANDINSKY_2_2.family} <= set(FAMILIES)


@pytest.mark.parametrize("published", KNOWN, ids=lambda spec: spec.name)
def test_the_published_models_are_pinned_to_commits(published: ModelSpec) -> None:
    assert all(len(repository.revision or "") == 40 for repository in published.repositories.values())


def test_the_embedded_model_is_the_trained_one_once_it_is_there(tmp_path: Path, tiny_cache: Path) -> None:
    assert embedded.repositories(tiny_cache, tmp_path) == tiny.repositories(tiny_cache)
    for part in tiny.PARTS:
        (tmp_path / part).mkdir()
    assert embedded.repositories(tiny_cache, tmp_path)["prior"] == Repository(str(tmp_path / "prior"))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        loading.load(None, Repository(str(tmp_path / "nowhere")), CPU)
    assert caught.value.facts == {"repository": str(tmp_path / "nowhere"), "reason": "no such folder"}


@pytest.mark.parametrize("damage", ["unet/diffusion_pytorch_model.safetensors", "model_index.json", "movq/config.json"])
@pytest.mark.parametrize("how", ["gone", "garbage"])
def test_a_damaged_folder_is_named(tiny_cache: Path, tmp_path: Path, damage: str, how: str, spec: ModelSpec) -> None:
    folder = shutil.copytree(spec.repositories["decoder"].path, tmp_path / "decoder")
    (folder / damage).unlink()
    if how == "garbage":
        (folder / damage).write_bytes(b"\x08garbage")
    damaged = dataclasses.replace(spec, repositories={**spec.repositories, "decoder": Repository(str(folder))})
    with pytest.raises(ModelMissing) as caught:
        Kandinsky22.load(damaged, CPU, tiny_cache)
    assert caught.value.facts["repository"] == str(folder)


def test_weights_that_are_no_safetensors_are_not_read(tmp_path: Path, spec: ModelSpec, tiny_cache: Path) -> None:
    folder = shutil.copytree(spec.repositories["decoder"].path, tmp_path / "decoder")
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    pickled = dataclasses.replace(spec, repositories={**spec.repositories, "decoder": Repository(str(folder))})
    with pytest.raises(ModelMissing):
        Kandinsky22.load(pickled, CPU, tiny_cache)


class Hub:
    """Stand in for a pipeline class, and for a hub cache that lacks the files at first."""

    components: ClassVar[dict[str, object]] = {}

    def __init__(self, reachable: bool) -> None:
        self.reachable = reachable
        self.calls: list[dict] = []

    def from_pretrained(self, path: str, **options: object) -> "Hub":
        self.calls.append({"path": path, **options})
        if options["local_files_only"] or not self.reachable:
            raise OSError("not in the cache\nand more lines")
        return self

    def set_progress_bar_config(self, disable: bool) -> None:
        assert disable

    def to(self, name: str) -> "Hub":
        return self


def test_the_cache_is_asked_before_the_network_and_always_for_safetensors_at_the_pinned_revision() -> None:
    hub, repository = Hub(reachable=True), KANDINSKY_2_2.repositories["prior"]
    loading.load(hub, repository, CPU)
    assert [call["local_files_only"] for call in hub.calls] == [True, False]
    for call in hub.calls:
        assert call["use_safetensors"] is True
        assert call["revision"] == repository.revision
        assert call["dtype"] is torch.float32


def test_a_repository_that_cannot_be_had_is_named_with_the_command_that_fetches_it() -> None:
    with pytest.raises(ModelMissing) as caught:
        loading.load(Hub(reachable=False), Repository("owner/name", "abc"), CPU)
    assert caught.value.facts == {
        "repository": "owner/name",
        "revision": "abc",
        "command": "hf download owner/name --revision abc",
        "reason": "OSError: not in the cache",
    }


# The tiny model


def test_a_build_that_loses_the_race_takes_the_winners_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = tiny._build

    def build_while_another_process_wins(folder: Path) -> Path:
        with monkeypatch.context() as other:
            other.setattr(tiny, "_build", build)
            tiny.repositories(tmp_path)
        return build(folder)

    monkeypatch.setattr(tiny, "_build", build_while_another_process_wins)
    assert Path(tiny.repositories(tmp_path)["prior"].path).is_dir()
    assert [entry.name for entry in tmp_path.iterdir()] == [f"tiny-kandinsky-2-2-v{tiny.VERSION}"]


def test_a_build_that_fails_to_move_leaves_nothing_behind(tmp_path: Path) -> None:
    built = tmp_path / "built"
    built.mkdir()
    with pytest.raises(OSError, match="built"):
        tiny._move(built, tmp_path / "missing" / "folder")
    assert list(tmp_path.iterdir()) == []


def test_the_tiny_model_is_the_same_each_time_it_is_built(tmp_path: Path, spec: ModelSpec) -> None:
    again = tiny.repositories(tmp_path)
    for part, repository in spec.repositories.items():
        for weights in Path(repository.path).rglob("*.safetensors"):
            twin = Path(again[part].path) / weights.relative_to(repository.path)
            assert weights.read_bytes() == twin.read_bytes()


def test_a_render_is_a_picture_of_many_colours(model: Kandinsky22) -> None:
    image = Image.fromarray(pixels(model)[0].astype(np.uint8))
    assert len(image.getcolors(1 << 20)) > 1000
