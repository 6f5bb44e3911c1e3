"""Draw with a tiny Kandinsky 3, and look at what its UNet is told."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from engine.catalog import KANDINSKY_3, ModelSpec
from engine.checks import build, complete
from engine.kandinsky.families.kandinsky_3.model import Kandinsky3
from engine.kandinsky.placing import loading
from engine.models.model import Drawing, Drawn, OnStep
from engine.request import InputPicture, Request
from tests.engine.kandinsky import drawings as drawing
from tests.engine.kandinsky import tiny_models

STEPS = 3


def tiny_spec(folder: Path) -> ModelSpec:
    """Save a tiny model, and describe it; it makes pictures from 64 x 64 pixels on."""
    loading.keep_libraries_quiet()
    return dataclasses.replace(
        KANDINSKY_3, repositories=tiny_models.kandinsky_3(folder), native_size=64, min_size=64, max_size=192
    )


def scene(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Make a picture in which every pixel has a colour of its own; one of mode RGBA is transparent on the right."""
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    alpha = np.where(across < 128, 255, 0)
    pixels = np.stack([across, down, (across + down) / 2, alpha], axis=-1).astype(np.uint8)
    return Image.fromarray(pixels[..., : len(mode)], mode)


def named(image: Image.Image, checksum: str) -> InputPicture:
    return InputPicture(sha256=checksum * 64, width=image.width, height=image.height)


class Tiny:
    """Draw with one tiny model as the worker does, after the checks that every request passes."""

    def __init__(self, spec: ModelSpec, model: Kandinsky3) -> None:
        self.spec = spec
        self.model = model

    def request(self, kind: type[Request], **fields: object) -> Request:
        fields = {"model": self.spec.name, "steps": STEPS, "seed": 3, "guidance_scale": 4.0, **fields}
        return complete(build(kind, **fields), self.spec)

    def drawn(
        self, request: Request, inputs: Mapping[str, Image.Image] | None = None, on_step: OnStep = drawing.ignore
    ) -> Drawn:
        return self.model.render([Drawing(request, inputs or {})], on_step)[0]

    def heard(self, request: Request, inputs: Mapping[str, Image.Image] | None = None) -> list[dict[str, torch.Tensor]]:
        """Draw, and list what the UNet is told at each step: by name, and as `sample` and `timestep`."""
        heard: list[dict[str, torch.Tensor]] = []

        def listen(_unet: object, given: tuple, options: dict) -> None:
            heard.append({"sample": given[0].clone(), "timestep": given[1], **options})

        hook = self.model.pipelines[0].unet.register_forward_pre_hook(listen, with_kwargs=True)
        self.drawn(request, inputs)
        hook.remove()
        return heard


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


def difference(one: Image.Image, other: Image.Image) -> int:
    return int(np.abs(pixels(one) - pixels(other)).max())
