"""Run a program under the recorder, and read what it asked of the disk."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
COMPILER = which("gcc") or which("cc")


@dataclass(frozen=True, slots=True)
class Record:
    """Say what was asked: `op` of the file with that inode number; `data` are the bytes of a write."""

    op: str
    inode: int
    offset: int
    path: Path
    other: Path | None
    data: bytes


def build(folder: Path) -> Path:
    """Compile the recorder."""
    library = folder / "recorder.so"
    command = [COMPILER or "gcc", "-O1", "-shared", "-fPIC", "-o", str(library), str(HERE / "recorder.c"), "-ldl"]
    subprocess.run(command, check=True, timeout=60)
    return library


def record(library: Path, base: Path, module: str, *arguments: str) -> list[Record]:
    """Run `python -m module base arguments` and return what it asked of the files below `base`, in order."""
    base.mkdir()
    log = base.with_suffix(".record")
    environment = {**os.environ, "LD_PRELOAD": str(library), "RECORDED": str(base), "RECORD": str(log)}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    subprocess.run([sys.executable, "-m", module, str(base), *arguments], check=True, env=environment, timeout=300)
    return list(_records(log.read_bytes()))


def _records(raw: bytes) -> Iterator[Record]:
    at = 0
    while at < len(raw):
        end = raw.index(b"\n", at)
        op, inode, offset, length, one, two = raw[at:end].decode().split("\t")
        at = end + 1 + int(length)
        yield Record(op, int(inode), int(offset), Path(one), Path(two) if two else None, raw[end + 1 : at])
