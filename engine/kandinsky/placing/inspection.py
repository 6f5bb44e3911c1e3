"""Look at the machine without loading a model."""

from __future__ import annotations

import torch


def gpus() -> list[str]:
    """Name each CUDA device with its memory in GiB."""
    devices = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    return [f"{device.name}, {device.total_memory / 2**30:.0f} GiB" for device in devices]
