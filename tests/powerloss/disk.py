"""A disk that forgets what it was not told to keep: what is left of a recording after a power cut.

POSIX promises what was synchronised: `fsync` of a file keeps its content and size, `fsync` of a folder its names. What
was not may be there or not. Three disks are tried: one that forgets all of it, one that keeps all of it, and one that
keeps what it likes: any of the writes in sectors of 512 bytes, and of a folder's changes any first part, since file
systems keep a journal of these.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.powerloss.recording import Record

SECTOR = 512
DISKS = ("forgetful", "faithful", "fickle")


@dataclass(eq=False)
class File:
    """Hold a file's content on the disk, and what was asked since it was last synchronised: (offset, bytes or `None`).

    No bytes are a truncation to that offset.
    """

    kept: bytearray = field(default_factory=bytearray)
    asked: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        self.kept = self.after(self.asked)
        self.asked = []

    def after(self, changes: list[tuple[int, bytes | None]]) -> bytearray:
        content = bytearray(self.kept)
        for offset, data in changes:
            if data is None:
                content = content[:offset].ljust(offset, b"\0")
            else:
                content = content.ljust(offset, b"\0")
                content[offset : offset + len(data)] = data
        return content

    def cut_off(self, disk: str, chance: Random) -> bytes:
        return bytes(self.after({"forgetful": [], "faithful": self.asked}.get(disk, self._some(chance))))

    def _some(self, chance: Random) -> list[tuple[int, bytes | None]]:
        return [
            (offset + start, data and data[start : start + SECTOR])
            for offset, data in self.asked
            for start in range(0, len(data or b"x"), SECTOR)
            if chance.random() < 0.5
        ]


Names = dict[str, "File | Folder"]


@dataclass(eq=False)
class Folder:
    """Hold a folder's names on the disk, and the changes since it was last synchronised: each gives names a meaning."""

    kept: Names = field(default_factory=dict)
    asked: list[dict[str, File | Folder | None]] = field(default_factory=list)

    def sync(self) -> None:
        self.kept = self.after(self.asked)
        self.asked = []

    def after(self, changes: list[dict[str, File | Folder | None]]) -> Names:
        names = dict(self.kept)
        for change in changes:
            names |= change  # type: ignore[arg-type]
        return {name: what for name, what in names.items() if what is not None}

    def cut_off(self, disk: str, chance: Random) -> Names:
        first = chance.randint(0, len(self.asked))
        return self.after(self.asked[: {"forgetful": 0, "faithful": None}.get(disk, first)])


class Disk:
    """Replay a recording of what was asked of the files below `base`."""

    def __init__(self, base: Path, inode: int | None = None) -> None:
        self.root = Folder()
        self._things: dict[int, File | Folder] = {inode or base.stat().st_ino: self.root}
        self._folders: dict[Path, Folder] = {base: self.root}

    def replay(self, record: Record) -> None:
        """Take in what was asked next."""
        match record.op:
            case "write" | "truncate":
                data = record.data if record.op == "write" else None
                self._file(record).asked.append((record.offset, data))
            case "sync":
                self._things[record.inode].sync()
            case "rename":
                assert record.other
                assert record.other.parent == record.path.parent, "what moves between folders is not modelled"
                change = {record.path.name: None, record.other.name: self._things[record.inode]}
                self._folders[record.path.parent].asked.append(change)
            case "unlink":
                self._folders[record.path.parent].asked.append({record.path.name: None})
            case "create":
                self._make(record, File())
            case "folder":
                self._folders[record.path] = made = Folder()
                self._make(record, made)

    def cut_off(self, target: Path, disk: str, chance: Random) -> None:
        """Write what is left after a power cut now into the folder `target`."""
        _write(self.root, target, disk, chance)

    def _file(self, record: Record) -> File:
        file = self._things[record.inode]
        assert isinstance(file, File)
        return file

    def _make(self, record: Record, what: File | Folder) -> None:
        self._things[record.inode] = what
        self._folders[record.path.parent].asked.append({record.path.name: what})


def _write(folder: Folder, target: Path, disk: str, chance: Random) -> None:
    target.mkdir()
    for name, what in folder.cut_off(disk, chance).items():
        if isinstance(what, Folder):
            _write(what, target / name, disk, chance)
        else:
            (target / name).write_bytes(what.cut_off(disk, chance))
