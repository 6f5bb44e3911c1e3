"""The store's picture files: whole or not there, checked when they are read, and never an end to those who ask."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import structlog

from engine.errors import PictureDamaged, StoreFailed
from engine.store.durable import PART, make_folder, sync_folder, write_file

log = structlog.get_logger()

# What the whole machine lacks for a moment is no fault of one file.
_PASSING = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


class Files:
    """Keep picture files in one folder, each under its name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def write(self, name: str, data: bytes) -> None:
        """Write a file to the disk, the folder too if it is gone; raise `StoreFailed` where the disk refuses."""
        try:
            await asyncio.to_thread(self._write, name, data)
        except OSError as error:
            log.error("disk_refuses", file=name, folder=str(self._folder), reason=error.strerror)
            raise StoreFailed(reason=str(error)) from error

    async def keep(self, name: str, data: bytes) -> None:
        """Write a file, unless it is there as it should be, and count it as new; raise `StoreFailed` like `write`."""
        if not await asyncio.to_thread(self._renewed, name, sha256(data)):
            await self.write(name, data)

    async def read(self, name: str, checksum: str) -> bytes:
        """Read a file; raise `PictureDamaged` if it cannot be read or is not what was written.

        Raises `StoreFailed` where the whole machine cannot open files now.
        """
        return await asyncio.to_thread(_checked, self._folder / name, checksum)

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are gone already are no error, and those that stay are told to the operator."""
        for name in names:
            try:
                (self._folder / name).unlink(missing_ok=True)
            except OSError as error:
                log.warning("file_not_removed", file=name, folder=str(self._folder), reason=error.strerror)

    def drop_parts(self) -> None:
        """Remove what an earlier run left half-written: nobody writes yet."""
        self.remove([entry.name for entry in self._entries() if entry.name.endswith(PART)])

    def is_empty(self) -> bool:
        """Tell whether no file was ever kept, or none is left."""
        return all(entry.name.endswith(PART) for entry in self._entries())

    def older(self, age_s: float) -> list[str]:
        """List the files that were written longer ago than that."""
        before = time.time() - age_s
        return [entry.name for entry in self._entries() if _written(entry) < before]

    def _write(self, name: str, data: bytes) -> None:
        if not self._folder.is_dir():
            log.warning("folder_made_again", folder=str(self._folder))
            make_folder(self._folder)
        write_file(self._folder / name, data)

    def _renewed(self, name: str, checksum: str) -> bool:
        """Count a file as new, if it is whole; its name may not be on the disk yet, if another is writing it now."""
        with suppress(PictureDamaged, StoreFailed, OSError):
            if not (self._folder / name).exists():
                return False
            _checked(self._folder / name, checksum)
            os.utime(self._folder / name)
            sync_folder(self._folder)
            return True
        return False

    def _entries(self) -> Iterator[os.DirEntry[str]]:
        """Iterate over the files; a folder that is gone has none, and other folders in it are not ours."""
        with suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            yield from (entry for entry in entries if entry.is_file(follow_symlinks=False))


def sha256(data: bytes) -> str:
    """Compute the checksum by which a file is known."""
    return hashlib.sha256(data).hexdigest()


def _written(entry: os.DirEntry[str]) -> float:
    """Tell when a file was written; one that was removed meanwhile is not old."""
    try:
        return entry.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return time.time()


def _checked(path: Path, checksum: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        if error.errno in _PASSING:
            raise StoreFailed(reason=str(error)) from error
        log.error("file_unreadable", file=path.name, folder=str(path.parent), reason=error.strerror)
        raise PictureDamaged(file=path.name) from error
    if sha256(data) != checksum:
        log.error("file_damaged", file=path.name, folder=str(path.parent))
        raise PictureDamaged(file=path.name)
    return data
