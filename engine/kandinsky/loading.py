"""Load pipelines from pinned repositories or folders: safetensors only, in the precision of the device."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import diffusers
import structlog
import torch
import transformers
from safetensors import SafetensorError
from tqdm import tqdm  # type: ignore[import-untyped]

from engine.catalog import Repository
from engine.errors import ModelMissing
from engine.kandinsky.device import Device

# What the hub client, diffusers and transformers raise for files that are absent, incomplete or not what they claim.
UNUSABLE = (OSError, ValueError, SafetensorError)
log = structlog.get_logger(__name__)


def keep_libraries_quiet() -> None:
    """Silence progress bars and remarks of diffusers and transformers; some of them quote prompts."""
    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
    tqdm.set_lock(threading.RLock())  # its own is a semaphore of the system, which a killed process leaves behind


def load(pipeline_class: Any, repository: Repository, device: Device) -> Any:
    """Load `repository` as a `pipeline_class` onto `device`, downloading what the hub's cache lacks.

    Raises `ModelMissing` where files are neither there nor to be had; its facts name the repository, its revision and,
    for a hub repository, the command that fetches it.
    """
    pipeline = _from_folder if repository.is_folder else _from_hub
    loaded = pipeline(pipeline_class, repository, device)
    loaded.set_progress_bar_config(disable=True)
    loaded.to(device.name)
    if device.is_cuda:
        lay_out(loaded)
    return loaded


def lay_out(pipeline: Any) -> None:
    """Order the weights as tensor cores take them: nearly nine tenths of the work are convolutions."""
    for module in (getattr(pipeline, name, None) for name in ("unet", "movq")):
        if module is not None:
            module.to(memory_format=torch.channels_last)


def _from_folder(pipeline_class: Any, repository: Repository, device: Device) -> Any:
    if not Path(repository.path).is_dir():
        raise ModelMissing(repository=repository.path, reason="no such folder")
    try:
        return _from_pretrained(pipeline_class, repository, device, local_files_only=True)
    except UNUSABLE as error:
        raise ModelMissing(repository=repository.path, reason=_summary(error)) from error


def _from_hub(pipeline_class: Any, repository: Repository, device: Device) -> Any:
    # The cache first: a pinned revision never changes, and a bot starts without the network.
    try:
        return _from_pretrained(pipeline_class, repository, device, local_files_only=True)
    except UNUSABLE:
        log.info("model.download", repository=repository.path, revision=repository.revision)
    try:
        return _from_pretrained(pipeline_class, repository, device, local_files_only=False)
    except UNUSABLE as error:
        raise ModelMissing(
            repository=repository.path,
            revision=repository.revision or "main",
            command=_fetch_command(repository),
            reason=_summary(error),
        ) from error


def _from_pretrained(pipeline_class: Any, repository: Repository, device: Device, *, local_files_only: bool) -> Any:
    return pipeline_class.from_pretrained(
        repository.path,
        revision=repository.revision,
        variant=repository.variant,
        dtype=device.dtype,
        use_safetensors=True,
        local_files_only=local_files_only,
    )


def _fetch_command(repository: Repository) -> str:
    revision = f" --revision {repository.revision}" if repository.revision else ""
    return f"hf download {repository.path}{revision}"


def _summary(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:200]
