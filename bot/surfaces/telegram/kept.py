"""Updates on disk: what cannot be handled before Telegram must be told that it arrived."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger()

# What Telegram sends, as it came.
Raw = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Note:
    """Hold an update with its id, and how many times it was begun."""

    number: int
    raw: Raw
    tries: int = 1

    def again(self) -> Note:
        """Count one more try."""
        return replace(self, tries=self.tries + 1)


class Kept:
    """Keep notes in a folder of its own, one file each, from before Telegram forgets an update until it is handled.

    All calls block on the disk.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, notes: Sequence[Note]) -> None:
        """Write notes, whole or not at all, so that a power cut leaves them; raise `OSError` where that fails."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for note in notes:
            self._write(note)
        _sync(self._folder)

    def drop(self, number: int) -> None:
        """Forget the note of an update, if there is one."""
        self._file(number).unlink(missing_ok=True)

    def all(self) -> list[Note]:
        """Read all notes, those that were begun least first, and then in the order in which they came."""
        return sorted(self._read(), key=lambda note: (note.tries, note.number))

    def _read(self) -> Iterator[Note]:
        for path in self._folder.glob("*.json"):
            try:
                found = json.loads(path.read_bytes())
                yield Note(found["update"]["update_id"], found["update"], found["tries"])
            except (OSError, ValueError, KeyError, TypeError) as error:
                log.error("telegram_update_unreadable", file=str(path), reason=str(error))

    def _write(self, note: Note) -> None:
        file = self._file(note.number)
        part = file.with_suffix(".part")
        part.touch(mode=0o600)
        with part.open("w", encoding="utf-8") as opened:
            json.dump({"tries": note.tries, "update": note.raw}, opened)
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(file)

    def _file(self, number: int) -> Path:
        return self._folder / f"{number}.json"


def _sync(folder: Path) -> None:
    """Put the names in a folder on the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
