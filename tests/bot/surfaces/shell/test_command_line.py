"""The shell: the same pictures as in a chat, exit codes 0, 1 and 2, and a doctor who names what is missing."""

import contextlib
import io
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from click.testing import Result
from PIL import Image, ImageChops
from rich.console import Console
from typer.testing import CliRunner

from bot.__main__ import app
from bot.commands.table import IMAGINE, INPAINT
from bot.health import CannotServe, listen
from bot.surfaces.shell.doctor import examine
from bot.surfaces.shell.surface import orders
from bot.words import replies
from engine.errors import RequestError
from tests.whole.whole_bot import environment, free_port

QUICK = ("--steps", "2", "--size", "64x64")


@pytest.fixture
def shell(tmp_path, tiny_cache):
    """Run `kandinsky-bot` in an empty folder."""

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "error::ResourceWarning", "-m", "bot", *arguments]
        given = environment(tmp_path / "store", tiny_cache, **settings)
        return subprocess.run(command, cwd=tmp_path, env=given, capture_output=True, text=True, timeout=110)

    return run


@pytest.fixture
def inside(tmp_path, tiny_cache, monkeypatch):
    """Run `kandinsky-bot` in an empty folder, in this process: of what starts no worker, a process shows no more."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.verbs.configure", lambda *_: None)  # the log of this process is pytest's

    def run(*arguments: str, **settings: str) -> Result:
        given = environment(tmp_path / "store", tiny_cache, **settings)
        return CliRunner().invoke(app, arguments, env=given)

    return run


def test_a_prompt_and_a_line_of_a_file_make_the_same_picture_for_the_same_seed(shell, tmp_path):
    done = shell("generate", "a red fox", "-o", "fox.png", "--seed", "7", *QUICK)
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    assert "fox.png  seed 7 · 64x64 · 2 steps · guidance 1.5 · demo" in done.stdout
    (tmp_path / "prompts.txt").write_text("a red fox\n\nein blauer Stern\n")
    done = shell("generate", "--file", "prompts.txt", "-o", "out", "--seed", "7", "--count", "2", *QUICK)
    assert done.returncode == 0, done.stderr
    names = ["0001-1.png", "0001-2.png", "0002-1.png", "0002-2.png"]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == names
    pictures = [Image.open(tmp_path / "out" / name) for name in names]
    assert {picture.size for picture in pictures} == {(64, 64)}
    assert len({picture.tobytes() for picture in pictures}) == 4
    assert_alike(Image.open(tmp_path / "fox.png"), pictures[0])


def assert_alike(one: Image.Image, other: Image.Image) -> None:
    """Allow what a batch of two changes in the rounding, amplified by random weights."""
    assert max(high for _, high in ImageChops.difference(one, other).getextrema()) <= 8


WRONG = {
    ("generate", "a fox"): "Say where to write",
    ("generate", "a fox", "-o", "fox.jpg"): "the file must end in .png",
    ("generate", "", "-o", "fox.png"): "The prompt is empty",
    ("generate", "a fox", "-o", "fox.png", "--steps", "9999"): "steps must be between 1 and 150",
    ("generate", "a fox", "-o", "fox.png", "--size", "63x70000"): "demo cannot draw 63x70000",
    ("generate", "a fox", "-o", "fox.png", "--model", "sdxl"): "There is no model sdxl",
    ("generate", "a fox", "-o", "fox.png", "--stps", "3"): "--stps",
    ("generate", "--file", "nowhere.txt", "-o", "out"): "nowhere.txt",
    ("run", "--config", "nowhere.toml"): "There is no file nowhere.toml",
    ("paint",): "paint",
}


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_usage_ends_with_2_and_a_sentence(inside, arguments):
    done = inside(*arguments)
    assert done.exit_code == 2, done.stderr
    assert WRONG[arguments] in " ".join(done.stderr.split())
    assert isinstance(done.exception, SystemExit)


def test_a_process_ends_with_2_and_a_sentence_too(shell):
    done = shell("generate", "a fox")
    assert (done.returncode, done.stderr.count("Traceback")) == (2, 0)
    assert WRONG["generate", "a fox"] in done.stderr


def test_a_picture_that_cannot_be_written_ends_with_1_and_the_others_are_drawn(shell, tmp_path):
    (tmp_path / "prompts.txt").write_text("a red fox\na blue fox\n")
    (tmp_path / "out" / "0001.png").mkdir(parents=True)
    done = shell("generate", "--file", "prompts.txt", "-o", "out", *QUICK)
    assert (done.returncode, done.stderr.count("Traceback")) == (1, 0), done.stderr
    assert "out/0001.png cannot be written: Is a directory." in done.stderr
    with Image.open(tmp_path / "out" / "0002.png") as picture:
        assert picture.size == (64, 64)


def test_a_prompt_and_a_file_of_prompts_exclude_each_other(tmp_path):
    (tmp_path / "prompts.txt").write_text("a red fox")
    assert "not both" in refusal("a blue fox", tmp_path / "prompts.txt", tmp_path / "out")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    (tmp_path / "prompts.txt").write_bytes("ein grüner Fuchs".encode("latin-1"))
    assert "prompts.txt is not text in UTF-8." in refusal(None, tmp_path / "prompts.txt", tmp_path / "out")


@pytest.mark.parametrize(
    ("file", "output"), [(None, "taken/fox.png"), ("prompts.txt", "taken"), (None, "taken/a/b.png")]
)
def test_an_output_below_a_file_is_refused(tmp_path, file, output):
    (tmp_path / "taken").touch()
    (tmp_path / "prompts.txt").write_text("a red fox")
    prompt, many = (None, tmp_path / file) if file else ("a red fox", None)
    assert "taken" in (sentence := refusal(prompt, many, tmp_path / output))
    assert "cannot be written: " in sentence


def refusal(prompt: str | None, file: Path | None, output: Path) -> str:
    with pytest.raises(RequestError) as caught:
        orders(prompt, file, output, {})
    return replies.error(caught.value)


def test_a_byte_order_mark_is_no_part_of_the_first_prompt(tmp_path):
    (tmp_path / "prompts.txt").write_bytes("a red fox\na star".encode("utf-8-sig"))
    made = orders(None, tmp_path / "prompts.txt", tmp_path / "out", {})
    assert [order.invocation.options["prompt"] for order in made] == ["a red fox", "a star"]


def test_a_folder_is_no_file_of_prompts(inside, tmp_path):
    done = inside("generate", "--file", str(tmp_path), "-o", str(tmp_path / "out"))
    assert (done.exit_code, "is a directory" in done.output) == (2, True)


@pytest.mark.parametrize(
    "host", ["192.0.2.7", ".".join(["x" * 60] * 5), "ü" * 70], ids=["foreign", "unknown", "malformed"]
)
def test_a_host_that_is_not_this_machine_is_said(host):
    with pytest.raises(CannotServe, match=rf"no address {host} .*\[web\]"):
        listen(host, free_port())


def test_missing_model_files_end_with_1_and_what_to_do(shell, tmp_path):
    nowhere = str(tmp_path / "nowhere")
    (tmp_path / "config.toml").write_text(
        f'[engine]\nmodel = "kandinsky-2-2"\n[engine.repositories]\nprior = "{nowhere}"\ndecoder = "{nowhere}"\n'
    )
    done = shell("generate", "a fox", "-o", "fox.png")
    assert done.returncode == 1, done.stderr
    assert "kandinsky-bot doctor" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_to_serve_is_said(shell):
    done = shell("run", web__enabled="false")
    assert (done.returncode, "nothing to serve" in done.stderr) == (1, True)


def test_health_is_bad_where_no_bot_runs(inside):
    done = inside("health")
    assert (done.exit_code, "No bot is running" in done.stderr) == (1, True)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card to limit")
def test_a_benchmark_of_memory_without_a_card_fails_with_a_sentence(inside):
    done = inside("bench", "--memory")
    assert (done.exit_code, "There is no GPU here" in done.stderr) == (1, True)


def test_the_doctor_names_what_is_off_and_finds_nothing_wrong_with_the_defaults(shell):
    done = shell("doctor", web__port=str(free_port()))
    assert done.returncode == 0, done.stdout
    for line in ("discord: off, no token", "telegram: off, no token", "GPU: ", "the small embedded one", "GiB free"):
        assert line in done.stdout
    assert "KANDINSKY_BOT_DISCORD__TOKEN" in done.stdout


def advice(monkeypatch, **settings: object) -> str:
    """Ask the doctor in this process."""
    for name, value in {"web__port": free_port(), **settings}.items():
        monkeypatch.setenv(f"KANDINSKY_BOT_{name.upper()}", str(value))
    written = io.StringIO()
    examine(None, Console(file=written))
    return written.getvalue()


def test_the_doctor_looks_at_the_page_s_own_address(monkeypatch, tmp_path):
    port = free_port()
    assert f"web: port {port} is free" in advice(monkeypatch, store__path=tmp_path, web__port=port)
    with socket.create_server(("127.0.0.1", port)):
        assert f"web: Port {port} is taken" in advice(monkeypatch, store__path=tmp_path, web__port=port)
    assert "web: " in advice(monkeypatch, store__path=tmp_path, web__host="::1")
    said = advice(monkeypatch, store__path=tmp_path, web__host="a..b", web__auth="name:password")
    assert "wrong web: This machine has no address a..b" in said


def test_the_doctor_sees_that_the_store_is_a_file(monkeypatch, tmp_path):
    (tmp_path / "taken").touch()
    assert f"store: {tmp_path / 'taken'} is not a folder" in advice(monkeypatch, store__path=tmp_path / "taken")


def test_the_doctor_sees_that_others_can_read_the_store(monkeypatch, tmp_path):
    (tmp_path / "store").mkdir(mode=0o700)
    assert "other users" not in advice(monkeypatch, store__path=tmp_path / "store")
    (tmp_path / "store").chmod(0o755)
    said = advice(monkeypatch, store__path=tmp_path / "store")
    assert f"note  store: other users of this machine can look into {tmp_path / 'store'}" in said
    assert f"-> chmod 700 {tmp_path / 'store'}" in said


@pytest.mark.parametrize("fault", ["newer", "a folder", "lost"])
def test_a_store_that_cannot_be_opened_is_a_sentence_and_exit_code_1(shell, tmp_path, fault):
    root = tmp_path / "store"
    for name in ("pictures", "inputs"):
        (root / name).mkdir(parents=True)
    if fault == "a folder":
        (root / "jobs.sqlite3").mkdir()
    if fault == "lost":
        (root / "pictures" / "a-1.png").touch()
    if fault == "newer":
        with contextlib.closing(sqlite3.connect(root / "jobs.sqlite3")) as database, database:
            database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            database.execute("INSERT INTO alembic_version VALUES ('9999')")
    done = shell("run", web__port=str(free_port()))
    assert done.returncode == 1
    assert "jobs.sqlite3" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_the_doctor_takes_a_blank_token_for_none(monkeypatch, tmp_path):
    assert "discord: off, no token" in advice(monkeypatch, store__path=tmp_path, discord__token=" ")


def test_the_doctor_looks_for_the_models_that_help(monkeypatch, tmp_path):
    there = tmp_path / "there"
    there.mkdir()
    (there / "config.json").write_text('{"model_type": "vit"}')
    (there / "model.safetensors").touch()
    said = advice(monkeypatch, store__path=tmp_path, safety__classifier=there, engine__segmenter=tmp_path / "none")
    assert f"classifier {there}: complete" in said
    assert f"wrong segmenter: {tmp_path / 'none'} holds no complete model" in said
    said = advice(monkeypatch, store__path=tmp_path, safety__classifier="a/b@c", engine__segmenter="a/d")
    assert "note  classifier: a/b is not here yet\n      -> the first start, or: hf download a/b --revision c" in said
    assert "note  segmenter: a/d is not here yet\n      -> hf download a/d" in said
    assert "classifier" not in advice(monkeypatch, safety__classifier="", engine__segmenter="")


def test_the_doctor_names_wrong_keys_and_a_missing_model(inside, tmp_path):
    (tmp_path / "config.toml").write_text("[web]\nprt = 1\n")
    done = inside("doctor")
    assert done.exit_code == 1
    assert "web.prt: no such key. Did you mean port?" in done.stdout
    done = inside("doctor", spam__egg="1")
    assert "KANDINSKY_BOT_SPAM__EGG: no such section" in done.stdout
    (tmp_path / "config.toml").write_text('[engine]\nmodel = "kandinsky-2-2"\n')
    done = inside("doctor")
    assert "kandinsky-community/kandinsky-2-2-prior is not here yet" in done.stdout
    assert "the first start, or: kandinsky-bot models download kandinsky-2-2" in done.stdout


@pytest.mark.parametrize("command", [IMAGINE, INPAINT], ids=lambda command: command.name)
def test_the_shell_offers_every_option_of_the_table(inside, command):
    text = " ".join(inside("generate" if command is IMAGINE else command.name, "--help").stdout.split())
    for option in command.on("cli"):
        if option.name != command.main and not (option.is_picture and option.required):
            assert f"--{option.name}" in text
        if option.name != IMAGINE.main:  # which `generate` describes in its own words
            assert replies.option_help(command, option) in text


def test_the_container_s_entry_command_serves_and_its_health_check_passes(tmp_path, tiny_cache):
    dockerfile = (Path(__file__).parents[4] / "Dockerfile").read_text()
    assert 'ENTRYPOINT ["kandinsky-bot"]\nCMD ["run"]' in dockerfile
    assert 'CMD ["kandinsky-bot", "health"]' in dockerfile
    assert dockerfile.index("USER 10001") < dockerfile.index("ENTRYPOINT")
    program = str(Path(sys.executable).parent / "kandinsky-bot")
    given = environment(tmp_path / "store", tiny_cache, web__port=str(free_port()))
    running = subprocess.Popen([program, "run"], cwd=tmp_path, env=given, stdout=subprocess.PIPE, text=True)
    with running, contextlib.ExitStack() as stack:
        stack.callback(running.kill)
        assert running.stdout.readline().startswith("http://localhost:")
        assert subprocess.run([program, "health"], cwd=tmp_path, env=given, timeout=60).returncode == 0
        running.terminate()
        assert running.wait(timeout=30) == 0
