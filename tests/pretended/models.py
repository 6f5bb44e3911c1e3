"""The published networks in full size without values, as the engine holds them: kept on the host, and placed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock

import torch
from torch import nn
from transformers import DPTConfig, DPTForDepthEstimation, DPTImageProcessor

from engine.catalog import KANDINSKY_2_1, KANDINSKY_2_2, KANDINSKY_3, ModelSpec, Repository
from engine.kandinsky.bench import fullsize
from engine.kandinsky.drawing import depth
from engine.kandinsky.families.kandinsky_2 import decoder
from engine.kandinsky.families.loaders import components_of
from engine.kandinsky.families.register import FAMILIES
from engine.kandinsky.placing.device import Device
from engine.kandinsky.placing.laddered import Laddered, Placeable
from engine.settings import AUTO, Keeping
from tests.pretended.card import ghosts
from tests.pretended.ghost import HOST

DEVICE = Device("cuda", torch.float16, kept_on="cpu")
PLENTY = 10**12
PRIOR_STEPS = 3
DEPTH = Repository("depth")
SPECS = {spec.name: replace(spec, prior_steps=PRIOR_STEPS) for spec in (KANDINSKY_2_1, KANDINSKY_3)} | {
    KANDINSKY_2_2.name: replace(
        KANDINSKY_2_2, prior_steps=PRIOR_STEPS, repositories={**KANDINSKY_2_2.repositories, "depth": DEPTH}
    )
}


def model(spec: ModelSpec) -> Placeable:
    """Make the engine's own model of the networks of `spec`, kept on the host; rarer ones come when they are wanted."""
    stock = FAMILIES[spec.family].stock
    assert stock

    def make(kind: Callable[..., Any], part: str) -> Any:
        names = [name for name in stock.networks if name.startswith(f"{part}.")]
        networks = {name.removeprefix(f"{part}."): network(spec, name) for name in names}
        made = kind(**networks, **stock.others[part]())
        made.set_progress_bar_config(disable=True)
        return made

    held: Any = stock.hold(spec, DEVICE, make)
    return held


def placed(held: Placeable, spec: ModelSpec, room: float = PLENTY, keeping: Keeping = AUTO) -> Laddered:
    """Keep a model as a worker does on a card with that much room."""
    return Laddered(spec, held, DEVICE, lambda: int(room), components_of(spec), keeping)


def network(spec: ModelSpec, name: str) -> nn.Module:
    """Build a network of the family of `spec`, such as "decoder.unet", on the host and without values."""
    stock = FAMILIES[spec.family].stock
    assert stock
    with _as_they_come():
        return ghosts(fullsize.build(stock, name), HOST)


@contextmanager
def files(spec: ModelSpec) -> Iterator[None]:
    """Let the engine find, in the block, what it reads from files once it is wanted."""
    parts = {repository: part for part, repository in spec.repositories.items()}
    stock = FAMILIES[spec.family].stock
    assert stock
    found = {
        (decoder, "load_network"): lambda _kind, where, *_, **__: network(spec, f"{parts[where]}.unet"),
        (decoder, "load_scheduler"): lambda where: stock.others[parts[where]]()["scheduler"],
        (depth, "load_network"): lambda *_: _estimator(),
        (depth, "load_processor"): lambda *_: DPTImageProcessor(),
    }
    with ExitStack() as stack:
        for (module, name), load in found.items():
            stack.enter_context(mock.patch.object(module, name, load))
        yield


def _estimator() -> nn.Module:
    """Build the network of Intel/dpt-large, which the classes' own defaults describe."""
    with _as_they_come(), torch.device("meta"):
        network = DPTForDepthEstimation(DPTConfig()).half().eval()
    return ghosts(network, HOST)


@contextmanager
def _as_they_come() -> Iterator[None]:
    """Draw no first weights, for what has no values: that takes most of the time of building."""
    drawn = ((nn.Linear, "reset_parameters"), (nn.modules.conv._ConvNd, "reset_parameters"))
    with ExitStack() as stack:
        for kind, name in drawn:
            stack.enter_context(mock.patch.object(kind, name))
        yield
