"""Find the model that comes with the package: the trained miniature, or a tiny random one while there is none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.catalog import Repository
from engine.kandinsky.embedded import tiny

TRAINED = Path(__file__).parent / "demo"


def repositories(cache_dir: Path, trained: Path = TRAINED) -> Mapping[str, Repository]:
    """Name the folders of the embedded prior, decoder and inpainting UNet."""
    folders = {part: trained / part for part in tiny.PARTS}
    if all(folder.is_dir() for folder in folders.values()):
        return {part: Repository(str(folder)) for part, folder in folders.items()}
    return tiny.repositories(cache_dir)
