"""The shell: the same pictures as in a chat, exit codes 0, 1 and 2, and a doctor who names what is missing."""

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from bot import replies
from bot.commands import IMAGINE
from tests.whole_bot import environment, free_port

QUICK = ("--steps", "2", "--size", "64x64")


@pytest.fixture
def shell(tmp_path, tiny_cache):
    """Run `kandinsky-bot` in an empty folder."""

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "error::ResourceWarning", "-m", "bot", *arguments]
        given = environment(tmp_path / "store", tiny_cache, **settings)
        return subprocess.run(command, cwd=tmp_path, env=given, capture_output=True, text=True, timeout=110)

    return run


def test_a_prompt_and_a_line_of_a_file_make_the_same_picture_for_the_same_seed(shell, tmp_path):
    done = shell("generate", "a red fox", "-o", "fox.png", "--seed", "7", *QUICK)
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    assert "fox.png  seed 7 · 64x64 · 2 steps · guidance 4 · demo" in done.stdout
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
    ("generate", "a fox", "-o", "fox.jpg"): "pictures are .png files",
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
def test_wrong_usage_ends_with_2_and_a_sentence(shell, arguments):
    done = shell(*arguments)
    assert done.returncode == 2, done.stderr
    assert WRONG[arguments] in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


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


def test_health_is_bad_where_no_bot_runs(shell):
    done = shell("health")
    assert (done.returncode, "No bot is running" in done.stderr) == (1, True)


def test_the_doctor_names_what_is_off_and_finds_nothing_wrong_with_the_defaults(shell):
    done = shell("doctor", web__port=str(free_port()))
    assert done.returncode == 0, done.stdout
    for line in ("discord: off, no token", "telegram: off, no token", "GPU: ", "the small embedded one", "GiB free"):
        assert line in done.stdout
    assert "KANDINSKY_BOT_DISCORD__TOKEN" in done.stdout


def test_the_doctor_names_wrong_keys_and_a_missing_model(shell, tmp_path):
    (tmp_path / "config.toml").write_text("[web]\nprt = 1\n")
    done = shell("doctor")
    assert done.returncode == 1
    assert "web.prt: no such key. Did you mean port?" in done.stdout
    done = shell("doctor", spam__egg="1")
    assert "KANDINSKY_BOT_SPAM__EGG: no such section" in done.stdout
    (tmp_path / "config.toml").write_text('[engine]\nmodel = "kandinsky-2-2"\n')
    done = shell("doctor")
    assert "kandinsky-community/kandinsky-2-2-prior is not here yet" in done.stdout
    assert "hf download kandinsky-community/kandinsky-2-2-prior --revision" in done.stdout


def test_the_shell_offers_every_option_of_the_table(shell):
    text = " ".join(shell("generate", "--help").stdout.split())
    for option in IMAGINE.on("cli"):
        if option.name != IMAGINE.main:
            assert f"--{option.name}" in text
            assert replies.option_help(option) in text


def test_the_container_s_entry_command_serves_and_its_health_check_passes(tmp_path, tiny_cache):
    dockerfile = (Path(__file__).parent.parent / "Dockerfile").read_text()
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
