"""What `models download` fetches is what the loaders read, with the network gone."""

from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub import constants, get_cached_repo_tree
from safetensors.numpy import save

from engine.catalog import KANDINSKY_2_1, KANDINSKY_2_2, KANDINSKY_3, TRANSLATOR, Repository
from engine.errors import EngineError
from engine.kandinsky.families.register import FAMILIES
from engine.kandinsky.placing.device import Device
from engine.models import downloads, hub
from tests.engine.kandinsky import tiny_models
from tests.servers.hub import HubServer, Repo

CPU = Device("cpu", torch.float32)
REPOSITORY = KANDINSKY_3.repositories["decoder"]
COMMIT = REPOSITORY.revision or ""


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_half_of_a_repository_that_the_loader_wants_is_enough(
    server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(tiny_models.kandinsky_3(tmp_path, variant="fp16")["decoder"].path)
    half = files_of(folder)
    # The published repository holds every network twice, in half and in full precision.
    full = {path.replace(".fp16", ""): b"twice the size" for path in half if ".fp16." in path}
    server.repos[REPOSITORY.path] = Repo({COMMIT: half | full}, {"main": [COMMIT]})
    downloads.fetch(downloads.plan(REPOSITORY))
    assert full.keys().isdisjoint(server.fetched())
    assert len(get_cached_repo_tree(REPOSITORY.path, revision=COMMIT)) == len(half | full)
    assert hub.missing(KANDINSKY_3) == []
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert FAMILIES["kandinsky-3"].load(KANDINSKY_3, CPU, tmp_path)


def test_what_another_revision_shares_is_not_fetched_again(server: HubServer) -> None:
    weights = save({"weight": np.arange(50_000, dtype=np.float32)})
    old, new = ({"model_index.json": index, "unet/model.safetensors": weights} for index in (b"{}", b'{"new": 1}'))
    server.repos["own/model"] = Repo({"a" * 40: old, "b" * 40: new}, {"main": ["a" * 40, "b" * 40]})
    downloads.fetch(downloads.plan(Repository("own/model", "a" * 40)))
    server.asked.clear()
    plan = downloads.plan(Repository("own/model", "b" * 40))
    assert (plan.missing_bytes, server.fetched()) == (len(new["model_index.json"]), [])
    downloads.fetch(plan)
    assert server.fetched() == ["model_index.json"]
    assert downloads.plan(Repository("own/model", "b" * 40)).missing_bytes == 0


PICKLED = {"config.json": b"{}", "vocab.json": b"{}", "pytorch_model.bin": b"a pickle", "sentencepiece.bpe.model": b"s"}
CONVERTED = PICKLED | {"model.safetensors": b"weights"}


@pytest.fixture
def translator(server: HubServer) -> Repo:
    repo = Repo({TRANSLATOR.revision: PICKLED}, {"main": [TRANSLATOR.revision]})
    server.repos[TRANSLATOR.path] = repo
    return repo


def test_the_translator_comes_from_the_hub_s_conversion_of_the_pinned_commit(
    server: HubServer, translator: Repo
) -> None:
    translator.add_conversion(7, "c" * 40, CONVERTED)
    folder = downloads.fetch(downloads.plan(TRANSLATOR))
    assert "pytorch_model.bin" not in server.fetched()
    assert hub.weights_folder(TRANSLATOR) == folder
    assert (folder / "model.safetensors").read_bytes() == b"weights"
    assert hub.is_here(TRANSLATOR)
    assert hub.remove([TRANSLATOR]) > 0
    assert hub.weights_folder(TRANSLATOR) is None


@pytest.mark.parametrize(
    "changed",
    [{"author": {"name": "mallory"}}, {"title": "Better weights"}, {"status": "closed"}],
    ids=["another author", "another title", "closed"],
)
def test_nobody_else_s_weights_are_taken(server: HubServer, translator: Repo, changed: dict[str, object]) -> None:
    translator.add_conversion(7, "c" * 40, CONVERTED, **changed)
    with pytest.raises(EngineError, match="no_safetensors"):
        downloads.plan(TRANSLATOR)
    assert server.fetched() == []


def test_a_conversion_of_another_commit_is_not_taken(server: HubServer, translator: Repo) -> None:
    translator.add_conversion(7, "c" * 40, CONVERTED)
    translator.refs["refs/pr/7"] = ["c" * 40, "d" * 40]
    with pytest.raises(EngineError, match="no_safetensors"):
        downloads.plan(TRANSLATOR)


@pytest.mark.parametrize(
    ("variant", "weights"),
    [(None, ["unet/m.safetensors", "vae/m-00001-of-00002.safetensors", "vae/m-00002-of-00002.safetensors"]),
     ("fp16", ["unet/m.fp16.safetensors", "vae/m-00001-of-00002.safetensors", "vae/m-00002-of-00002.safetensors"])],
)  # fmt: skip
def test_a_variant_is_chosen_where_there_is_one(variant: str | None, weights: list[str]) -> None:
    paths = [
        "unet/m.safetensors", "unet/m.fp16.safetensors", "unet/m.bin", "unet/flax_model.msgpack", "picture.png",
        "vae/m-00001-of-00002.safetensors", "vae/m-00002-of-00002.safetensors", "vae/m.safetensors.index.json",
    ]  # fmt: skip
    assert hub.wanted(paths, Repository("a/b", variant=variant)) == ["vae/m.safetensors.index.json", *weights]
    sharded = ["u/m.fp16-00001-of-00002.safetensors", "u/m-00001-of-00002.fp16.safetensors"]
    published = Repository("a/b", variant="fp16")
    assert sorted(hub.wanted([*sharded, "u/m.safetensors"], published)) == sorted(sharded)


def test_of_a_rarer_mode_s_pipeline_only_what_is_loaded_is_wanted() -> None:
    paths = ["model_index.json", "movq/config.json", "movq/m.safetensors", "scheduler/scheduler_config.json",
             "unet/config.json", "unet/m.safetensors", "text_encoder/m.safetensors"]  # fmt: skip
    for model, part in ((KANDINSKY_2_1, "inpaint"), (KANDINSKY_2_2, "inpaint"), (KANDINSKY_2_2, "controlnet")):
        assert hub.wanted(paths, model.repositories[part]) == [
            "model_index.json", "scheduler/scheduler_config.json", "unet/config.json", "unet/m.safetensors"
        ]  # fmt: skip
    assert sorted(hub.wanted(paths, KANDINSKY_2_2.repositories["decoder"])) == sorted(paths)


def test_the_command_that_fetches_a_repository_names_its_model() -> None:
    assert hub.fetch_command(REPOSITORY) == "kandinsky-bot models download kandinsky-3"
    assert hub.fetch_command(TRANSLATOR) == "kandinsky-bot models download translator"
    assert hub.fetch_command(Repository("own/model")) == "hf download own/model"


@pytest.mark.parametrize("lost", ["unet", "model_index.json", "tokenizer"])
def test_a_folder_that_lacks_a_part_is_not_complete(tmp_path: Path, lost: str) -> None:
    repository = tiny_models.kandinsky_3(tmp_path)["decoder"]
    assert hub.is_here(repository)
    assert hub.verify(repository) == []
    (Path(repository.path) / lost).rename(tmp_path / "elsewhere")
    assert not hub.is_here(repository)
    assert hub.Flaw(lost, "missing") in hub.verify(repository)
