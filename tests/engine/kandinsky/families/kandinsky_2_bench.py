"""Draw with tiny random models of Kandinsky 2.1 and 2.2: every mode, and diffusers' pipelines beside them."""

import dataclasses
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from engine.catalog import DEMO, KANDINSKY_2_1, KANDINSKY_2_2, ModelSpec
from engine.checks import build, complete
from engine.kandinsky.drawing.latents import noise
from engine.kandinsky.drawing.schedulers import for_one_job
from engine.kandinsky.embedded import tiny
from engine.kandinsky.families.register import FAMILIES
from engine.kandinsky.placing import loading
from engine.kandinsky.placing.device import Device
from engine.models.model import Drawing, Drawn, OnStep
from engine.request import InputPicture, Request
from engine.requests import AnyRequest
from tests.engine.kandinsky import drawings as drawing
from tests.engine.kandinsky import tiny_models

CPU = Device("cpu", torch.float32)
# Random weights amplify the rounding of another batch size without bound; in float64 it stays below a pixel's step.
EXACT = Device("cpu", torch.float64)
WIDE = (128, 64)
STEPS = 3


def spec_2_2(folder: Path) -> ModelSpec:
    """Build a Kandinsky 2.2 with all its parts."""
    rare = {
        "controlnet": tiny_models.controlnet_2_2(folder / "controlnet"),
        "depth": tiny_models.depth(folder / "depth"),
    }
    repositories = {**tiny.repositories(folder), **rare}
    return dataclasses.replace(DEMO, modes=KANDINSKY_2_2.modes, repositories=repositories, prior_steps=2, savings={})


def spec_2_1(folder: Path) -> ModelSpec:
    """Build a Kandinsky 2.1 with all its parts."""
    sizes = {"native_size": 64, "min_size": 64, "max_size": 256, "max_pixels": 256 * 256, "prior_steps": 2}
    return dataclasses.replace(KANDINSKY_2_1, repositories=tiny_models.kandinsky_2_1(folder / "2-1"), **sizes)


class Bench:
    """Hold a model and the pictures that are sent to it."""

    def __init__(self, spec: ModelSpec, device: Device = CPU) -> None:
        loading.keep_libraries_quiet()
        self.spec = spec
        self.model: Any = FAMILIES[spec.family].load(spec, device, Path())
        self.sent: dict[str, Image.Image] = {}

    @property
    def pipeline(self) -> Any:
        """Return the decoder as diffusers loads it, with a scheduler that draws the noise of every precision."""
        stock = self.model._decoder.pipeline
        return type(stock)(**{**stock.components, "scheduler": for_one_job(stock.scheduler)})

    def stock(self, pipeline_class: type, part: str = "decoder") -> Any:
        """Make a pipeline of diffusers that draws with a UNet of ours, and the scheduler that it was published with."""
        decoder, repository = self.model._decoder, self.spec.repositories[part]
        published = type(decoder.published_scheduler(part)).from_pretrained(repository.path, subfolder="scheduler")
        drawing = {"unet": decoder.unet(part), "scheduler": for_one_job(published)}
        pipeline = pipeline_class(**{**self.pipeline.components, **drawing})
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    def send(self, image: Image.Image) -> InputPicture:
        sha256 = hashlib.sha256(image.tobytes() + image.mode.encode()).hexdigest()
        self.sent[sha256] = image
        return InputPicture(sha256=sha256, width=image.width, height=image.height)

    def ask(self, kind: type[Request], **fields: object) -> AnyRequest:
        fields = {"model": self.spec.name, "seed": 7, "steps": STEPS, **fields}
        return complete(build(kind, **fields), self.spec)

    def render(self, requests: Sequence[Request], on_step: OnStep = drawing.ignore) -> list[Drawn]:
        return self.model.render([Drawing(request, self.sent) for request in requests], on_step)

    def draw(self, kind: type[Request], on_step: OnStep = drawing.ignore, **fields: object) -> list[Image.Image]:
        return list(self.render([self.ask(kind, **fields)], on_step)[0].images)

    def embeddings(self, text: str, seed: int = 7) -> dict[str, torch.Tensor]:
        """Embed what the stock pipelines take."""
        from engine.kandinsky.drawing.denoising import StepCounter
        from engine.kandinsky.families.kandinsky_2.prior import Seeded

        embeds = self.model._prior.embed([Seeded(text, seed), Seeded("", seed)], StepCounter(0, drawing.ignore))
        return {"image_embeds": embeds[:1], "negative_image_embeds": embeds[1:]}

    def first_noise(self, request: Request) -> dict[str, Any]:
        """Draw the first latents of a request, and a generator that goes on from there."""
        generators = [torch.Generator().manual_seed(seed) for seed in request.seeds()]
        return {"latents": noise(request, generators, self.model._decoder.pipeline), "generator": generators}


def photo(size: tuple[int, int] = WIDE, number: int = 0) -> Image.Image:
    """Make a smooth picture of many colours."""
    corners = np.random.default_rng(number).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    return Image.fromarray(corners).resize(size, Image.Resampling.BICUBIC)


def mask(box: tuple[int, int, int, int], size: tuple[int, int] = WIDE) -> Image.Image:
    """Make a mask that is white in a box."""
    image = Image.new("L", size, 0)
    image.paste(255, box)
    return image


def difference(one: Image.Image, other: Image.Image) -> int:
    first, second = drawing.pixels(one, other)
    return int(np.abs(first - second).max())
