"""Copies of the project to which a test adds something: what that touches can then be counted, and tried."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.png")
# What stands before in a file, and what stands there then; of a new file, its text.
Changes = Mapping[str, Mapping[str, str] | str]


def copied(folder: Path) -> Path:
    """Copy what the project is made of; the weights of the embedded model are linked."""
    for name in ("bot", "engine", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT, copy_function=_link_weights)
    return folder


def change(folder: Path, changes: Changes) -> None:
    """Make each change, which must fit in just one place."""
    for path, change in changes.items():
        file = folder / path
        if isinstance(change, str):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(change, encoding="utf-8")
            continue
        text = file.read_text(encoding="utf-8")
        for before, after in change.items():
            assert text.count(before) == 1, (path, before)
            text = text.replace(before, after)
        file.write_text(text, encoding="utf-8")


def changed(folder: Path) -> set[str]:
    """Name the files that are not as they are here."""
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {
        name
        for name in (path.relative_to(folder).as_posix() for path in found)
        if not (ROOT / name).exists() or (ROOT / name).read_bytes() != (folder / name).read_bytes()
    }


def said_by(folder: Path, script: str | Path) -> object:
    """Run a script, or its text, on the copy, beside the scripts that lie here; return the JSON on its last line."""
    arguments = [str(script)] if isinstance(script, Path) else ["-c", script]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(Path(__file__).parent)))}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=folder, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def _link_weights(source: str, target: str) -> None:
    if source.endswith(".safetensors"):
        Path(target).symlink_to(source)
    else:
        shutil.copy2(source, target)
