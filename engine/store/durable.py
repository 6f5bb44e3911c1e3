"""Changes to the disk that a power cut does not undo, and that no other user of the machine can read."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

OWNERS_FOLDER, OWNERS_FILE = 0o700, 0o600
PART = ".part"
_OTHERS = 0o077
# Some file systems of the network cannot be told to keep a folder's entries.
_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP)


def make_folder(folder: Path, mode: int = OWNERS_FOLDER) -> None:
    """Make a folder and those above it that are missing; one that is there stays as it is."""
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_folder(folder.parent, mode=0o777)  # those above are not the store's own
    folder.mkdir(mode=mode, exist_ok=True)
    sync_folder(folder.parent)


def make_file(path: Path) -> None:
    """Make an empty file, unless there is one; raise `IsADirectoryError` for a folder in its place."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, OWNERS_FILE))
    sync_folder(path.parent)


def write_file(path: Path, data: bytes) -> None:
    """Write a file that is there as a whole, or as it was before, wherever the machine may be stopped."""
    number, part = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=PART)  # its owner's alone
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(part).unlink()
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk: a file's own `fsync` does not keep its name."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise
    finally:
        os.close(number)


def is_open_to_others(path: Path) -> bool:
    """Tell whether other users of the machine can read or change what is at `path`."""
    return bool(path.stat().st_mode & _OTHERS)


def close_to_others(path: Path) -> bool:
    """Take everybody's rights but the owner's from what is at `path`; tell whether that changed anything.

    A folder that all share, such as /tmp, stays as it is. Raises `OSError` where it belongs to somebody else.
    """
    mode = path.stat().st_mode
    if not mode & _OTHERS or mode & stat.S_ISVTX:
        return False
    path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
    return True
