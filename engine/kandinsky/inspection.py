"""Look at the machine and the model files without loading a model."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.constants import HF_HUB_CACHE
from huggingface_hub.errors import LocalEntryNotFoundError

from engine.catalog import ModelSpec, Repository


def gpus() -> list[str]:
    """Name each CUDA device with its memory in GiB."""
    devices = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    return [f"{device.name}, {device.total_memory / 2**30:.0f} GiB" for device in devices]


def hub_cache() -> Path:
    """Tell where downloaded models are kept."""
    return Path(HF_HUB_CACHE)


def missing(model: ModelSpec) -> list[Repository]:
    """List the repositories of `model` that are not complete on this machine; the embedded model misses none."""
    return [repository for repository in model.repositories.values() if not _is_here(repository)]


def _is_here(repository: Repository) -> bool:
    if repository.is_folder:
        return _is_complete(Path(repository.path))
    try:
        return _is_complete(
            Path(snapshot_download(repository.path, revision=repository.revision, local_files_only=True))
        )
    except (LocalEntryNotFoundError, ValueError):
        return False


def _is_complete(folder: Path) -> bool:
    """Tell whether every component named in the index is there, with weights where it has a model's `config.json`."""
    try:
        index = json.loads((folder / "model_index.json").read_text())
    except OSError:
        return False
    parts = [folder / name for name, kind in index.items() if isinstance(kind, list) and kind[0]]
    return all(
        part.is_dir() and (not (part / "config.json").exists() or any(part.glob("*.safetensors"))) for part in parts
    )
