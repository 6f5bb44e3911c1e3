"""The page's own folder: what lies in it has an address that says nothing of this machine."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

# What stands in addresses and answers in the place of the folder.
ALIAS = "/files"
# Uploads are refused where the disk has less left: the store needs it more.
KEPT_FREE_BYTES = 512 * 1024 * 1024
# An upload that broke off leaves a file directly in the folder.
STRAY_AFTER_S = 600.0


class PageFiles:
    """Keep what the page shows and what was uploaded to it; nobody guesses a file's address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def write(self, files: Mapping[str, bytes]) -> tuple[Path, ...]:
        """Write files as they are, in a folder that nobody guesses."""
        folder = self.folder / secrets.token_urlsafe(16)
        folder.mkdir()
        for name, data in files.items():
            (folder / name).write_bytes(data)
        return tuple(folder / name for name in files)

    def hide(self, data: bytes) -> bytes:
        """Write the alias in the place of the folder, wherever an answer names it."""
        return data.replace(str(self.folder).encode(), ALIAS.encode())

    def real(self, address: str) -> Path | None:
        """Return the file behind an address, or `None` where there is none in this folder."""
        rest = address.removeprefix(f"{ALIAS}/")
        if rest == address or "\0" in rest:
            return None
        try:
            path = (self.folder / rest).resolve()
            return path if path.is_relative_to(self.folder) and path.is_file() else None
        except (OSError, RuntimeError):
            return None

    @property
    def is_full(self) -> bool:
        """Tell whether the disk has no room for what strangers send."""
        return shutil.disk_usage(self.folder).free < KEPT_FREE_BYTES

    def remove_strays(self) -> None:
        """Remove what uploads left that broke off a while ago."""
        before = time.time() - STRAY_AFTER_S
        for path in self.folder.iterdir():
            if path.is_file() and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
