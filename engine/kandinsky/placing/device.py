"""Know the device: which one, in what precision, and what its errors mean."""

from __future__ import annotations

import gc
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from engine.errors import EngineError, OutOfMemory, WorkerLost

DeviceName = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, slots=True)
class Device:
    """Name a torch device and the precision that weights have on it.

    `kept_on` names another one where networks are kept once they are read, until they are placed
    (`engine.kandinsky.placing.placing`): a model may be larger than a GPU.
    """

    name: str
    dtype: torch.dtype
    kept_on: str | None = None

    @property
    def home(self) -> str:
        """Name the torch device that networks are read onto."""
        return self.kept_on or self.name

    @property
    def is_cuda(self) -> bool:
        """Tell whether this is a GPU."""
        return self.name == "cuda"


def choose(name: DeviceName) -> Device:
    """Pick the device called `name`; "auto" takes a GPU where there is one. Raises `EngineError` for a missing GPU."""
    if name == "cuda" and not torch.cuda.is_available():
        raise EngineError("device_missing", device=name)
    if name == "cpu" or not torch.cuda.is_available():
        return Device("cpu", torch.float32)
    return Device("cuda", torch.float16)


def gpus() -> list[str]:
    """Name each CUDA device with its memory in GiB."""
    devices = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    return [f"{device.name}, {device.total_memory / 2**30:.0f} GiB" for device in devices]


def use_all_cores() -> None:
    """Let torch compute on every core that this process may use, unless `OMP_NUM_THREADS` says how many."""
    if "OMP_NUM_THREADS" not in os.environ:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        torch.set_num_threads(cores)


def working_device(network: Any) -> torch.device:
    """Tell where `network` computes: not always where its weights are kept (`engine.kandinsky.placing.placing`)."""
    hook = getattr(network, "_hf_hook", None)
    return torch.device(hook.execution_device) if hook else network.device


def sent(tensor: Tensor, device: torch.device, dtype: torch.dtype | None = None) -> Tensor:
    """Copy what was made on the CPU to `device`, to a GPU without waiting until it has come.

    Only from pinned memory can that be; torch keeps that memory until it was read.
    """
    made = tensor.to(dtype or tensor.dtype)
    return made.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else made.to(device)


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise `OutOfMemory`, with the memory released, or `WorkerLost` for what torch raises in the two cases."""
    try:
        yield
    except Exception as error:
        if _is_out_of_memory(error):
            traceback.clear_frames(error.__traceback__)  # they hold the tensors
            _release_memory()
            raise OutOfMemory from None
        if _is_device_fault(error):
            raise WorkerLost("device_fault") from error
        raise


def _is_out_of_memory(error: Exception) -> bool:
    # The CPU allocator has no class of its own for this.
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "DefaultCPUAllocator" in str(error)


def _is_device_fault(error: Exception) -> bool:
    return isinstance(error, torch.AcceleratorError) or "CUDA error" in str(error)


def _release_memory() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
