"""Keep the networks of a model where a placement says: on the GPU, there while they work, or layer by layer.

The offloading of diffusers is per pipeline, while the two pipelines of Kandinsky 2.x share one GPU; it pins the prior
there, copies weights back that have not changed, and moves from ordinary memory. Its group offloading has no public way
off again, which the ladder needs after an error in a layer, and copies back too, but on a stream, which a CPU has not.
So the hooks (`engine.kandinsky.placing.hooks`) are the project's own, hung in by accelerate as those of diffusers are.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal

import torch
from accelerate.hooks import add_hook_to_module, remove_hook_from_module
from diffusers import PipelineQuantizationConfig
from torch import Tensor, nn
from transformers import BitsAndBytesConfig

from engine.errors import EngineError
from engine.kandinsky.placing import slabs
from engine.kandinsky.placing.device import Device
from engine.kandinsky.placing.hooks import PassesThrough, TakesTurns, WorksOn
from engine.kandinsky.placing.passage import Passage, copier_for
from engine.kandinsky.placing.plan import Component, Placement, Role, Rung
from engine.kandinsky.placing.tiles import InTiles
from engine.kandinsky.placing.weights import HostWeights, Seat

Quantisation = Literal["nf4", "int8"]

# By the names that diffusers' pipelines have for their networks.
ROLES: Mapping[str, Role] = MappingProxyType(
    {
        "text_encoder": Role.ENCODER,
        "image_encoder": Role.ENCODER,
        "estimator": Role.ENCODER,
        "prior": Role.DENOISER,
        "unet": Role.DENOISER,
        "transformer": Role.DENOISER,
        "movq": Role.DECODER,
        "vae": Role.DECODER,
    }
)


def budget_bytes(device: Device) -> int | None:
    """Count what models may have on `device`: what is free, and what this process holds; `None` on the CPU."""
    if not device.is_cuda:
        return None
    free_bytes, _ = torch.cuda.mem_get_info()
    return free_bytes + torch.cuda.memory_reserved()


def networks_of(pipeline: Any, part: str) -> dict[str, nn.Module]:
    """Name the networks of a pipeline as a family's components are: "decoder.unet" for the UNet of "decoder"."""
    components = pipeline.components.items()
    return {f"{part}.{name}": component for name, component in components if isinstance(component, nn.Module)}


def role_of(name: str) -> Role:
    """Tell the role of a network by its name, such as "decoder.unet"; one of another name is the first to give way."""
    return ROLES.get(name.rpartition(".")[2], Role.ENCODER)


def weighed(name: str, network: nn.Module) -> Component:
    """Weigh a network that is in no table; what it computes with is not counted."""
    layers = [sum(one.numel() for one in layer.parameters(recurse=False)) for layer in network.modules()]
    return Component(role_of(name), sum(layers), max(layers))


def is_fixed(network: nn.Module) -> bool:
    """Tell whether a network never leaves its GPU, which what is quantised does not."""
    return bool(getattr(network, "is_quantized", False))


def bytes_on(networks: Iterable[nn.Module], device: Device) -> int:
    """Count the bytes of weights that are on `device` now."""
    tensors = [one for network in networks for one in _tensors(network)]
    return sum(one.nbytes for one in tensors if one.device.type == device.name)


def apply(
    networks: Mapping[str, nn.Module], placement: Placement, device: Device, *, shelved: bool = False
) -> Placed:  # fmt: skip
    """Keep each of `networks`, by names such as "decoder.unet", as `placement` says.

    To be called again with another placement at any time between two pictures. With `shelved`, what stays on the
    device is kept in the host's memory too, so that all of it can leave and come back. Pipelines find the device
    themselves (`_execution_device`); `network.device` is where the weights are kept, not where they work.
    """
    movable = {network: role_of(name) for name, network in networks.items() if not is_fixed(network)}
    release(movable)
    placed = Placed(device, shelved=shelved)
    for network, role in sorted(movable.items(), key=lambda item: placement.rung.keeps(item[1])):  # to make room first
        _place(network, role, placement.rung, device, placed)
    for network in networks.values():
        if is_fixed(network) and not hasattr(network, "_hf_hook"):
            add_hook_to_module(network, WorksOn(device))
    placed.enter()
    return placed


def release(networks: Iterable[nn.Module]) -> None:
    """Take off all that `apply` put on; networks that were kept in the host's memory are there afterwards."""
    for network in networks:
        remove_hook_from_module(network, recurse=True)
        if isinstance(decode := getattr(network, "decode", None), InTiles):
            network.decode = decode.decode  # type: ignore[assignment]


def quantised_text_encoder(how: Quantisation, device: Device) -> PipelineQuantizationConfig:
    """Make the `quantization_config` with which diffusers loads a text encoder in NF4 or int8.

    Raises `EngineError("quantisation_missing")` without a GPU or without bitsandbytes.
    """
    if not device.is_cuda or importlib.util.find_spec("bitsandbytes") is None:
        raise EngineError("quantisation_missing", value=how)
    if how == "int8":
        config = BitsAndBytesConfig(load_in_8bit=True)
    else:
        config = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
        )  # fmt: skip
    return PipelineQuantizationConfig(quant_mapping={"text_encoder": config})


def _place(network: nn.Module, role: Role, rung: Rung, device: Device, placed: Placed) -> None:
    if not rung.keeps(role):
        slabs.hold(_tensors(network), pinned=device.is_cuda)
    if rung.streams(role):
        _stream(network, device, placed.passage())
    elif rung.keeps(role):
        placed.keep(network)
        if not rung.keeps(Role.ENCODER):  # a pipeline looks for the device at hooks, if any of its networks has one
            add_hook_to_module(network, WorksOn(device))
    else:
        add_hook_to_module(network, TakesTurns(HostWeights(_tensors(network), device), device, placed.seat))
    if role is Role.DECODER and rung.decodes_in_tiles:
        network.decode = InTiles(network.decode)  # type: ignore[arg-type, assignment]


def _stream(network: nn.Module, device: Device, passage: Passage) -> None:
    """Let each layer hold its weights on the device only while it works, and while the one before it does.

    What the network itself holds, beside its layers, stays there: pipelines use it between forwards too (`clip_std`).
    """
    for layer in network.modules():
        tensors = _tensors(layer, recurse=False)
        if layer is not network and tensors:
            add_hook_to_module(layer, PassesThrough(HostWeights(tensors, device), device, passage))
    for tensor in _tensors(network, recurse=False):
        tensor.data = tensor.data.to(device.name)
    add_hook_to_module(network, WorksOn(device))


def _tensors(module: nn.Module, *, recurse: bool = True) -> list[Tensor]:
    return [*module.parameters(recurse=recurse), *module.buffers(recurse=recurse)]


class Placed:
    """Know what of a placed model stays on the device, and take it off and put it back if it is `shelved`."""

    def __init__(self, device: Device, *, shelved: bool) -> None:
        self.seat = Seat()
        self._device = device
        self._shelved = shelved
        self._kept: list[HostWeights] = []
        self._copier = copier_for(device)
        self._passages: list[Passage] = []

    def keep(self, network: nn.Module) -> None:
        """Let a network stay on the device: at once, or, shelved, from `enter` on."""
        if self._shelved:
            slabs.hold(_tensors(network), pinned=self._device.is_cuda)
            self._kept.append(HostWeights(_tensors(network), self._device))
        else:
            network.to(self._device.name)

    def passage(self) -> Passage:
        """Make what lets the layers of a network pass through the device."""
        self._passages.append(Passage(self._copier))
        return self._passages[-1]

    def enter(self) -> None:
        """Put on the device what is to stay there, and wait until it is there."""
        for weights in self._kept:
            weights.enter()
        self._wait()

    def leave(self) -> None:
        """Take everything off the device."""
        self._wait()
        self.seat.clear()
        for passage in self._passages:
            passage.clear()
        for weights in self._kept:
            weights.leave()

    def _wait(self) -> None:
        if self._device.is_cuda:
            torch.cuda.synchronize()
