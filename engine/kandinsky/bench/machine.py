"""Name the machine and the libraries that something is measured on, so that nobody takes it for another's."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

import torch

from engine.kandinsky.placing.device import Device, use_all_cores


def name(device: Device) -> str:
    """Name the GPU, or say how many threads compute on the CPU."""
    if device.is_cuda:
        return torch.cuda.get_device_name()
    return f"{platform.machine()} CPU, {torch.get_num_threads()} threads"


def processor() -> str:
    """Name the processor, as Linux does where it tells."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text(encoding="utf-8").splitlines() if told.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def identity(device: Device) -> str:
    """Tell one device from another: the GPU, or the processor with its threads."""
    use_all_cores()
    return name(device) if device.is_cuda else f"{processor()}, {torch.get_num_threads()} threads"


def versions() -> dict[str, str]:
    """Tell the versions of what computes."""
    libraries = {name: version(name) for name in ("torch", "diffusers", "transformers")}
    return {"python": platform.python_version(), **libraries}
