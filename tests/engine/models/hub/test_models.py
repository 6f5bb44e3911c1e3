"""`kandinsky-bot models`: the hub's own client against a hub on 127.0.0.1."""

import hashlib
import json
import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import constants, snapshot_download
from safetensors.numpy import save
from typer.testing import CliRunner

from bot.__main__ import app
from bot.words.localisation import say
from engine.catalog import KANDINSKY_2_2, KNOWN
from engine.models import hub, published
from engine.models.published import TESTED
from tests.engine.models.hub.conftest import use
from tests.servers.hub import HubServer, Repo

PARTS = list(KANDINSKY_2_2.repositories.values())
PRIOR, DECODER = PARTS[:2]
EMBEDDED = "The demo model comes with the bot: it has no files to fetch, check or remove."
WEIGHTS = save({"weight": np.arange(50_000, dtype=np.float32)})


def pipeline(**more: bytes) -> dict[str, bytes]:
    """Make the files of a pipeline of one network and its scheduler."""
    index = {"_class_name": "Any", "unet": ["diffusers", "UNet2DConditionModel"], "scheduler": ["diffusers", "DDPM"]}
    return {
        "model_index.json": json.dumps(index).encode(),
        "README.md": b"words",
        "scheduler/scheduler_config.json": b'{"steps": 1}',
        "unet/config.json": b'{"width": 1}',
        "unet/diffusion_pytorch_model.safetensors": WEIGHTS,
        "unet/diffusion_pytorch_model.fp16.safetensors": b"not asked for",
        "unet/diffusion_pytorch_model.bin": b"a pickle",
    } | more


@pytest.fixture
def server(server):
    """Serve the repositories of Kandinsky 2.2; those without a pin at their newest commit, the others at an older."""
    for repository in PARTS:
        commit = repository.revision or hashlib.sha1(repository.path.encode()).hexdigest()
        history = [commit, "1" * 40] if repository.revision is None else ["1" * 40, commit]
        server.repos[repository.path] = Repo({commit: pipeline(), "1" * 40: pipeline()}, {"main": history})
    return server


@pytest.fixture(autouse=True)
def _tested_with_these(monkeypatch):
    """Let the files that are served be those that were tested."""
    checksum = hashlib.sha256(pipeline()[published.SCHEDULER]).hexdigest()
    monkeypatch.setattr(published, "TESTED", {repository: {published.SCHEDULER: checksum} for repository in PARTS})


FETCHED = [
    "model_index.json",
    "scheduler/scheduler_config.json",
    "unet/config.json",
    "unet/diffusion_pytorch_model.safetensors",
]
SIZE = f"{len(PARTS) * sum(len(pipeline()[path]) for path in FETCHED) / 1024:.1f} KiB"


def models(*arguments: str, answer: str | None = None) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["models", *arguments], input=answer)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done.exit_code, done.output


def test_a_download_fetches_what_the_loader_reads_and_nothing_twice(server):
    assert models("download", "kandinsky-2-2")[0] == 0
    assert sorted(server.fetched()) == sorted(FETCHED * len(PARTS))
    assert hub.missing(KANDINSKY_2_2) == []
    assert (hub.folder(PRIOR) / "unet/diffusion_pytorch_model.safetensors").read_bytes() == WEIGHTS
    server.asked.clear()
    code, output = models("download", "kandinsky-2-2")
    assert (code, server.fetched()) == (0, [])
    assert "0 B to fetch" in output
    assert "kandinsky-2-2: complete" in output
    assert models("verify", "kandinsky-2-2") == (0, "kandinsky-2-2: complete\n")


def test_a_transfer_that_breaks_goes_on_where_it_stopped(server, monkeypatch):
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)  # ten million, and only whole ones are kept
    path = "unet/diffusion_pytorch_model.safetensors"
    server.break_after[path] = 120_000
    assert models("download", "kandinsky-2-2")[0] == 0
    ranges = [asked for method, name, asked in server.asked if (method, name) == ("GET", path)]
    assert sorted(filter(None, ranges)) == ["bytes=120000-"]
    assert models("verify", "kandinsky-2-2")[0] == 0


def test_a_second_try_fetches_only_what_the_first_did_not(server):
    path = "unet/diffusion_pytorch_model.safetensors"
    server.withheld.add(path)
    code, output = models("download", "kandinsky-2-2")
    assert code == 1
    assert "Traceback" not in output
    assert hub.missing(KANDINSKY_2_2) == PARTS
    server.withheld.clear()
    server.asked.clear()
    assert models("download", "kandinsky-2-2")[0] == 0
    assert server.fetched().count("model_index.json") < len(PARTS), "those of the first part are there already"
    assert server.fetched().count(path) == len(PARTS)


def test_nothing_is_fetched_onto_a_disk_without_room(server, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 300_000))
    code, output = models("download", "kandinsky-2-2")
    assert (code, server.fetched()) == (1, [])
    assert "The download needs 0.0 GiB more" in output
    assert "0.0 GiB free. Make room, or set HF_HOME to a folder on a larger disk." in output


def test_a_hub_that_does_not_answer_is_one_sentence(cache, monkeypatch):
    with HubServer() as gone:
        url = gone.url
    use(monkeypatch, url)
    code, output = models("download", "kandinsky-2-2")
    assert code == 1
    assert f"The hub at {url} cannot be reached" in output
    assert output.count("\n") == 1


def test_a_repository_that_the_hub_does_not_have_is_named(server):
    del server.repos[DECODER.path]
    code, output = models("download", "kandinsky-2-2")
    assert (code, server.fetched()) == (1, [])
    assert f"The hub does not show {DECODER.path} at revision {DECODER.revision}" in output


def test_names_that_do_not_exist_are_wrong_usage_and_the_embedded_model_needs_nothing(cache):
    for command in ("download", "verify", "remove"):
        code, output = models(command, "kandinsky-9")
        assert code == 2
        assert "Choose from: demo, kandinsky-2-2," in output
        assert "translator" in output
    for command in ("download", "verify"):
        assert models(command, "demo") == (0, f"{EMBEDDED}\n")


def test_the_list_says_what_is_here_and_what_it_takes(server):
    _, before = models("list")
    assert "kandinsky-2-2: not here" in before
    assert f"    {PRIOR.path}@{PRIOR.revision}" in before
    assert "demo: comes with the bot" in before
    assert "translates prompts into English" in before
    models("download", "kandinsky-2-2")
    assert f"kandinsky-2-2: here, {SIZE}" in models("list")[1]
    shutil.rmtree(hub.folder(DECODER))
    assert "kandinsky-2-2: in part here, " in models("list")[1]


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (lambda file: file.resolve().write_bytes(WEIGHTS[:-1]), "unreadable"),
        (lambda file: file.resolve().write_bytes(WEIGHTS[:-1] + b"\x01"), "changed"),
        (lambda file: file.unlink(), "missing"),
    ],
    ids=["cut", "changed", "lost"],
)
def test_a_damaged_file_is_named(server, damage, kind):
    models("download", "kandinsky-2-2")
    path = "unet/diffusion_pytorch_model.safetensors"
    damage(hub.folder(DECODER) / path)
    code, output = models("verify", "kandinsky-2-2")
    assert code == 1
    assert f"{DECODER.path}: {path}: {say(f'flaw-{kind}')}\n" in output
    assert PRIOR.path not in output
    assert models("remove", "kandinsky-2-2", "--yes")[0] == 0
    assert models("download", "kandinsky-2-2")[0] == 0
    assert models("verify", "kandinsky-2-2")[0] == 0


def test_a_small_file_that_was_changed_is_named_too(server):
    models("download", "kandinsky-2-2")
    path = "scheduler/scheduler_config.json"
    (hub.folder(DECODER) / path).resolve().write_bytes(b'{"steps": 2}')
    code, output = models("verify", "kandinsky-2-2")
    assert (code, f"{DECODER.path}: {path}: {say('flaw-changed')}\n" in output) == (1, True)


def test_a_scheduler_that_is_not_the_one_that_was_tested_is_named(server, monkeypatch):
    models("download", "kandinsky-2-2")
    assert models("verify", "kandinsky-2-2")[0] == 0
    monkeypatch.setattr(published, "TESTED", {DECODER: {published.SCHEDULER: "b0900b16"}})
    code, output = models("verify", "kandinsky-2-2")
    assert (code, output.count(say("flaw-untested"))) == (1, 1)
    assert f"{DECODER.path}: {published.SCHEDULER}: {say('flaw-untested')}\n" in output


def test_of_each_pinned_pipeline_it_is_known_which_scheduler_was_tested():
    pinned = {repository for model in KNOWN for repository in model.repositories.values()}
    assert {repository for repository, files in TESTED.items() if published.SCHEDULER in files} == pinned


def test_a_model_that_is_not_here_fails_the_check(cache):
    code, output = models("verify", "kandinsky-2-2")
    assert (code, output.count(": missing\n")) == (1, len(PARTS))
    assert output.endswith("To mend it: kandinsky-bot models download kandinsky-2-2\n")


def test_a_model_is_removed_after_a_yes_and_other_revisions_stay(server):
    models("download", "kandinsky-2-2")
    other = snapshot_download(PRIOR.path, revision="1" * 40, allow_patterns="*.json")
    code, output = models("remove", "kandinsky-2-2", answer="n\n")
    assert code == 0
    assert f"Remove kandinsky-2-2 and free {SIZE}? [y/N]" in output
    assert hub.missing(KANDINSKY_2_2) == []
    assert models("remove", "kandinsky-2-2", "--yes")[0] == 0
    assert hub.missing(KANDINSKY_2_2) == PARTS
    assert (Path(other) / "model_index.json").is_file()
    assert models("remove", "kandinsky-2-2", "--yes") == (1, "Nothing of kandinsky-2-2 is here.\n")


def test_a_part_of_pickles_is_refused_after_the_others_are_fetched(server):
    pickled = {path: file for path, file in pipeline().items() if not path.endswith(".safetensors")}
    server.repos[DECODER.path].commits[DECODER.revision] = pickled
    code, output = models("download", "kandinsky-2-2")
    assert code == 1
    assert f"{DECODER.path} at revision {DECODER.revision} keeps its weights as pickles" in output
    assert hub.missing(KANDINSKY_2_2) == [DECODER]
    assert not any(path.endswith(".bin") for path in server.fetched())
