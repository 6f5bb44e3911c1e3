"""Run the outer level of a UNet alone, on the features that a whole forward left: a fraction of the work of a step.

After DeepCache (Ma et al., 2023): between near time steps, what the inner levels find hardly changes.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

# Under which name the shallow forward is given features: an entry for each row, so that those of several can be joined.
FEATURES = "features"


class Whole:
    """Run a whole UNet, and return its features behind what it predicts: float [rows, channels + features, ...]."""

    def __init__(self, unet: Any) -> None:
        self._unet = unet

    def __call__(self, sample: Tensor, timestep: Tensor, return_dict: bool = False, **conditions: Any) -> tuple[Tensor]:
        """Compute the rows of `sample`; `conditions` are those of the UNet."""
        seen: list[Tensor] = []
        last = self._unet.up_blocks[-1]
        with last.register_forward_pre_hook(
            lambda _, _args, given: seen.append(given["hidden_states"]), with_kwargs=True
        ):
            [predicted] = self._unet(sample, timestep, return_dict=return_dict, **conditions)
        return (torch.cat([predicted, *seen], dim=1),)


class Outer:
    """Run the outer level of a UNet: its first and its last block, with kept features for all that is between."""

    def __init__(self, unet: Any) -> None:
        self._unet = copy.copy(unet)  # the same weights; what it is put together from is its own
        self._unet._modules = {**unet._modules, "mid_block": _Kept()}
        self._unet.down_blocks = nn.ModuleList([_Undiminished(unet.down_blocks[0])])
        self._unet.up_blocks = nn.ModuleList([unet.up_blocks[-1]])

    def __call__(
        self, sample: Tensor, timestep: Tensor, return_dict: bool = False, *, features: Tensor, **conditions: Any
    ) -> tuple[Tensor]:
        """Compute the rows of `sample` on the `features`, float [rows, features, height / 8, width / 8], of a step."""
        told = {"cross_attention_kwargs": {FEATURES: features}}
        [predicted] = self._unet(sample, timestep, return_dict=return_dict, **conditions, **told)
        return (predicted,)


class _Kept(nn.Module):
    """Stand for all inner levels."""

    has_cross_attention = True  # so that it is given what a UNet hands to its attention

    def forward(self, _sample: Tensor, _time: Tensor, cross_attention_kwargs: Mapping[str, Tensor], **_: Any) -> Tensor:
        """Return the features."""
        return cross_attention_kwargs[FEATURES]


class _Undiminished(nn.Module):
    """Run a block that has no attention, without making its result smaller: nothing deeper takes it."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        self.resnets = block.resnets

    def forward(self, hidden_states: Tensor, temb: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return the result, and what each part of the block made."""
        made: list[Tensor] = []
        for resnet in self.resnets:
            hidden_states = resnet(hidden_states, temb)
            made.append(hidden_states)
        return hidden_states, tuple(made)


def can_part(unet: Any) -> bool:
    """Tell whether the outer level of `unet` may run alone: as diffusers runs it, with its weights where they are."""
    is_plain = not hasattr(unet, "_hf_hook") and getattr(unet, "_compiled_call_impl", None) is None
    return is_plain and not any(
        getattr(block, "has_cross_attention", False) for block in (unet.down_blocks[0], unet.up_blocks[-1])
    )
