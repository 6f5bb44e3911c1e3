"""Look at the machine and the model files without loading a model."""

from __future__ import annotations

from pathlib import Path

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError

from engine.catalog import ModelSpec, Repository


def gpus() -> list[str]:
    """Name each CUDA device with its memory in GiB."""
    devices = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    return [f"{device.name}, {device.total_memory / 2**30:.0f} GiB" for device in devices]


def missing(model: ModelSpec) -> list[Repository]:
    """List the repositories of `model` that are not on this machine; the embedded model misses none."""
    return [repository for repository in model.repositories.values() if not _is_here(repository)]


def _is_here(repository: Repository) -> bool:
    if Path(repository.path).is_dir():
        return (Path(repository.path) / "model_index.json").is_file()
    try:
        snapshot_download(repository.path, revision=repository.revision, local_files_only=True)
    except (LocalEntryNotFoundError, ValueError):
        return False
    return True
