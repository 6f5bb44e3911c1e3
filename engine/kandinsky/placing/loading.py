"""Load pipelines from pinned repositories or folders: safetensors only, in the precision of the device."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import diffusers
import structlog
import torch
import transformers
from diffusers import ConfigMixin, SchedulerMixin
from diffusers.schedulers.scheduling_utils import SCHEDULER_CONFIG_NAME
from safetensors import SafetensorError
from tqdm import tqdm  # type: ignore[import-untyped]

from engine.catalog import Repository
from engine.errors import ModelMissing
from engine.kandinsky.placing.device import Device
from engine.models.hub import fetch_command

# What the hub client, diffusers and transformers raise for files that are absent, incomplete or not what they claim.
UNUSABLE = (OSError, ValueError, SafetensorError)
log = structlog.get_logger(__name__)


# The networks that are mostly convolutions.
CONVOLUTIONS = ("unet", "movq")


def keep_libraries_quiet() -> None:
    """Silence progress bars and remarks of diffusers and transformers; some of them quote prompts."""
    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
    tqdm.set_lock(threading.RLock())  # its own is a semaphore of the system, which a killed process leaves behind


def load(pipeline_class: Any, repository: Repository, device: Device, **options: object) -> Any:
    """Load `repository` as a `pipeline_class` onto the home of `device`, downloading what the hub's cache lacks.

    Raises `ModelMissing` where files are neither there nor to be had; its facts name the repository, its revision and,
    for a hub repository, the command that fetches it.
    """
    loaded = _read(pipeline_class, repository, {**_weights(device), **options})
    loaded.set_progress_bar_config(disable=True)
    if device.home != "cpu":  # that is where they are; and what is quantised must not leave its GPU
        loaded.to(device.home)
    lay_out(loaded, device)
    return loaded


def load_network(
    network_class: Any, repository: Repository, device: Device, *, fetch: bool = False, **options: str
) -> Any:
    """Load one network of `repository` onto the home of `device`; with `subfolder`, that part of a pipeline's.

    What the hub's cache lacks is downloaded only with `fetch`: mostly somebody waits for a picture, and a worker that
    is silent for long is taken for hung. Raises `ModelMissing` as `load` does.
    """
    read = _read if fetch else _read_here
    loaded = read(network_class, repository, {**_weights(device), **options}).eval()
    return _lay_out(loaded.requires_grad_(False).to(device.home), device)


def load_scheduler(repository: Repository) -> Any:
    """Load the scheduler that `repository` was published with, of the class that it names; as `load_network`."""
    return _read_here(_Scheduler, repository, {})


def load_processor(processor_class: Any, repository: Repository, *, fetch: bool = False) -> Any:
    """Load what prepares the inputs of a network of `repository`; as `load_network` in all else."""
    return (_read if fetch else _read_here)(processor_class, repository, {})


class _Scheduler(ConfigMixin):  # type: ignore[misc]
    """Read the scheduler of a pipeline."""

    config_name = SCHEDULER_CONFIG_NAME

    @classmethod
    def from_pretrained(cls, path: str, **options: object) -> Any:
        config = cls.load_config(path, subfolder="scheduler", **options)
        name = str(config.get("_class_name"))
        kind: Any = getattr(diffusers, name, None)
        if not _is_scheduler(kind):
            raise ValueError(f"{name} is no scheduler of diffusers")
        return kind.from_config(config)


def _is_scheduler(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, SchedulerMixin)


def lay_out(pipeline: Any, device: Device) -> None:
    """Let no network of a pipeline learn, and order the weights of its convolutions as `device` likes them.

    What is said of the weights holds for everybody; a block without gradients would end that of a request beside it.
    """
    for name, module in pipeline.components.items():
        if isinstance(module, torch.nn.Module):
            module.requires_grad_(False)
            if name in CONVOLUTIONS:
                _lay_out(module, device)


def _lay_out(module: torch.nn.Module, device: Device) -> torch.nn.Module:
    """Order the weights as tensor cores take them: nearly nine tenths of the work are convolutions."""
    return module.to(memory_format=torch.channels_last) if device.is_cuda else module  # type: ignore[call-overload]


def _weights(device: Device) -> dict[str, object]:
    return {"dtype": device.dtype, "use_safetensors": True}


def _read(kind: Any, repository: Repository, options: Mapping[str, object]) -> Any:
    return (_from_folder if repository.is_folder else _from_hub)(kind, repository, options)


def _read_here(kind: Any, repository: Repository, options: Mapping[str, object]) -> Any:
    return (_from_folder if repository.is_folder else _from_cache)(kind, repository, options)


def _from_folder(kind: Any, repository: Repository, options: Mapping[str, object]) -> Any:
    if not Path(repository.path).is_dir():
        raise ModelMissing(repository=repository.path, reason="no such folder")
    try:
        return _from_pretrained(kind, repository, options, local_files_only=True)
    except UNUSABLE as error:
        raise ModelMissing(repository=repository.path, reason=summary(error)) from error


def _from_hub(kind: Any, repository: Repository, options: Mapping[str, object]) -> Any:
    # The cache first: a pinned revision never changes, and a bot starts without the network.
    try:
        return _from_pretrained(kind, repository, options, local_files_only=True)
    except UNUSABLE:
        log.info("model.download", repository=repository.path, revision=repository.revision)
    try:
        return _from_pretrained(kind, repository, options, local_files_only=False)
    except UNUSABLE as error:
        raise _not_had(repository, error) from error


def _from_cache(kind: Any, repository: Repository, options: Mapping[str, object]) -> Any:
    try:
        return _from_pretrained(kind, repository, options, local_files_only=True)
    except UNUSABLE as error:
        raise _not_had(repository, error) from error


def _not_had(repository: Repository, error: Exception) -> ModelMissing:
    return ModelMissing(
        repository=repository.path,
        revision=repository.revision or "main",
        command=fetch_command(repository),
        reason=summary(error),
    )


def _from_pretrained(
    kind: Any, repository: Repository, options: Mapping[str, object], *, local_files_only: bool
) -> Any:
    return kind.from_pretrained(
        repository.path,
        revision=repository.revision,
        variant=repository.variant,
        local_files_only=local_files_only,
        **options,
    )


def summary(error: Exception) -> str:
    """Put an error of a library on one line, short enough for a sentence."""
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:200]
