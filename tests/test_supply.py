"""What the program is installed from: files known by their hashes, but for torch, which differs by machine."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-uv.lock")
PINNED = re.compile(r"[\w.-]+==\S+( ; [^\\]+)? \\(\n    --hash=sha256:[0-9a-f]{64}( \\)?)+\n")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes(lock):
    text = (ROOT / lock).read_text()
    assert PINNED.sub("", text) == ""
    assert text.count("==") == len(PINNED.findall(text)) > 0


def test_a_package_without_a_hash_would_be_noticed():
    assert PINNED.sub("", "accelerate==1.15.0\n") != ""


def test_torch_stands_in_no_lock_and_is_pinned_all_the_same():
    assert not any(re.search(r"^torch==", (ROOT / lock).read_text(), re.MULTILINE) for lock in LOCKS)
    assert re.search(r'^  "torch==[\d.]+",$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)


@pytest.mark.parametrize("file", ["Makefile", "Dockerfile"])
def test_packages_are_installed_by_their_hashes(file):
    installs = re.findall(r"pip install ([^\n]*(?:\\\n[^\n]*)*)", (ROOT / file).read_text())
    unhashed = [line for line in installs if "--require-hashes" not in line]
    assert all("torch" in line.lower() or line.split("#")[0].strip().endswith(".") for line in unhashed), unhashed
    assert len(unhashed) < len(installs)


def test_the_base_image_is_pinned_by_its_digest():
    [image] = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert re.fullmatch(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}", image)
