"""Build the published architectures in full size with random weights, without a download.

On the "meta" device they cost nothing and can be counted; on a real one they are as large and as fast as the published
ones, and draw noise. The figures, in the `stock.py` of each family, are those of the `config.json` files of the
published repositories; the numbers of parameters that follow from them are asserted in the tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from engine.kandinsky.families.stock import Stock
from engine.kandinsky.placing.device import Device


def build(stock: Stock, component: str, device: str = "meta", dtype: torch.dtype = torch.float16) -> nn.Module:
    """Build `component` of `stock`, such as "decoder.unet", right on `device` in `dtype`, in evaluation mode.

    Nothing is made in fp32 first, so that a component takes no more than its own memory. What overflows in fp16 is made
    in bf16 instead, as it is loaded. Raises `KeyError` for a component that the family lacks.
    """
    bf16 = component in stock.bf16 and dtype is torch.float16
    with torch.device(device), _default_dtype(torch.bfloat16 if bf16 else dtype):
        return stock.networks[component]().eval().requires_grad_(False)


def pipeline_components(stock: Stock, part: str, device: Device) -> dict[str, Any]:
    """Build everything that the pipeline class of `part` ("prior" or "decoder") of `stock` takes, by its names.

    Networks are built on the home of `device`, as a model's files are read onto it.
    """
    modules = {
        name.removeprefix(f"{part}."): build(stock, name, device.home, device.dtype)
        for name in stock.networks
        if name.startswith(f"{part}.")
    }
    return {**modules, **stock.others[part]()}


@contextmanager
def _default_dtype(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
