"""The store's picture files: whole or not there, checked when they are read."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

from engine.errors import PictureDamaged


class Files:
    """Keep picture files in one folder, each under its name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, name: str) -> bool:
        """Tell whether there is such a file."""
        return (self._folder / name).exists()

    async def write(self, name: str, data: bytes) -> None:
        """Write a file to the disk: a crash in between leaves only a `.part`."""
        await asyncio.to_thread(_write_synced, self._folder / name, data)

    async def read(self, name: str, checksum: str) -> bytes:
        """Read a file; raise `PictureDamaged` if it is gone or is not what was written."""
        return await asyncio.to_thread(_checked, self._folder / name, checksum)

    def touch(self, name: str) -> None:
        """Count a file as new."""
        os.utime(self._folder / name)

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are gone already are no error."""
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    def older(self, age_s: float) -> list[str]:
        """List the files that were written longer ago than that."""
        before = time.time() - age_s
        return [path.name for path in self._folder.iterdir() if path.stat().st_mtime < before]


def sha256(data: bytes) -> str:
    """Compute the checksum by which a file is known."""
    return hashlib.sha256(data).hexdigest()


def _checked(path: Path, checksum: str) -> bytes:
    data = path.read_bytes() if path.exists() else b""
    if sha256(data) != checksum:
        raise PictureDamaged(file=path.name)
    return data


def _write_synced(path: Path, data: bytes) -> None:
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
