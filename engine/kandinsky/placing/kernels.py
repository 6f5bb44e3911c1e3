"""Let cuDNN search for the fastest kernels of a network, for the first shapes that it is asked for."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

# Each new shape is a search through all convolutions, and with requests that come and go there is no end of shapes.
MOST_SHAPES = 8
_searched: WeakKeyDictionary[Any, set[torch.Size]] = WeakKeyDictionary()


def choose_kernels(network: Any, given: Tensor) -> None:
    """Say how cuDNN is to choose kernels for what `network` makes of `given`, until it is said again.

    It searches by trying them, once for each of the first shapes; for others it goes by what it knows of the card. What
    it tries takes memory, so it does not where a network moves because there is little. It may find others when the bot
    starts again, so that a picture is the same then but for rounding.
    """
    torch.backends.cudnn.benchmark = not hasattr(network, "_hf_hook") and _is_searched(network, given.shape)


def _is_searched(network: Any, shape: torch.Size) -> bool:
    shapes = _searched.setdefault(network, set())
    if len(shapes) < MOST_SHAPES:
        shapes.add(shape)
    return shape in shapes
