"""The two sides of a benchmark: a model as the engine holds it, and the script that a user of diffusers would write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from diffusers import (
    Kandinsky3Pipeline,
    KandinskyPipeline,
    KandinskyPriorPipeline,
    KandinskyV22Pipeline,
    KandinskyV22PriorPipeline,
)
from PIL import Image
from torch import nn

from engine.catalog import ModelSpec
from engine.errors import RequestError
from engine.kandinsky.bench import fullsize
from engine.kandinsky.embedded import embedded
from engine.kandinsky.families.kandinsky_2 import prior
from engine.kandinsky.families.kandinsky_2_1.model import Decoder21, Kandinsky21
from engine.kandinsky.families.kandinsky_2_2.model import Decoder22, Kandinsky22
from engine.kandinsky.families.kandinsky_3 import pipeline as kandinsky_3_pipeline
from engine.kandinsky.families.kandinsky_3.model import Kandinsky3
from engine.kandinsky.families.loaders import LOADERS
from engine.kandinsky.placing import loading
from engine.kandinsky.placing.device import Device
from engine.models.model import Drawing, Model
from engine.requests import Text2Image

# The pipeline classes of diffusers by family and part.
STOCK: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "kandinsky-2-1": {"prior": KandinskyPriorPipeline, "decoder": KandinskyPipeline},
        "kandinsky-2-2": {"prior": KandinskyV22PriorPipeline, "decoder": KandinskyV22Pipeline},
        "kandinsky-3": {"decoder": Kandinsky3Pipeline},
    }
)


FAMILIES_OF_2: Mapping[str, tuple[Any, Any]] = MappingProxyType(
    {"kandinsky-2-1": (Kandinsky21, Decoder21), "kandinsky-2-2": (Kandinsky22, Decoder22)}
)


@dataclass(frozen=True, slots=True)
class Source:
    """Say where both sides take their weights from: the files of `spec`, or random ones in full size."""

    spec: ModelSpec
    device: Device
    cache_dir: Path
    random_weights: bool = False

    def __post_init__(self) -> None:
        """Refuse random weights for a model that has no full size."""
        if self.random_weights and not self.spec.repositories:
            raise RequestError("no_full_size", model=self.spec.name)


def engine_side(source: Source) -> Model:
    """Load a model as the worker does, or hand random weights to what the worker would load."""
    spec, device = source.spec, source.device
    if not source.random_weights:
        return LOADERS[spec.family](spec, device, source.cache_dir)
    if spec.family == "kandinsky-3":
        return Kandinsky3(spec, device, _random(kandinsky_3_pipeline.Pipeline, source, "decoder").prepared())
    kind, decoder_kind = FAMILIES_OF_2[spec.family]
    decoder = decoder_kind(spec, device, _random(STOCK[spec.family]["decoder"], source, "decoder"))
    model: Model = kind(spec, device, prior.Prior(spec, _random(prior.Pipeline, source, "prior")), decoder)
    return model


def _random(pipeline_class: Any, source: Source, part: str) -> Any:
    pipeline = _stock_random(pipeline_class, source, part)
    loading.lay_out(pipeline, source.device)
    return pipeline


def draw(model: Model, requests: Sequence[Text2Image]) -> list[Image.Image]:
    """Draw `requests`, which share a size, steps and guidance, as one batch of the engine."""
    drawn = model.render([Drawing(request) for request in requests], lambda _step: None)
    return [image for each in drawn for image in each.images]


def networks(model: Model) -> dict[str, nn.Module]:
    """Name the networks of a loaded model."""
    held: Any = model
    components = [item for pipeline in held.pipelines for item in pipeline.components.items()]
    return {name: component for name, component in components if isinstance(component, nn.Module)}


class Plain:
    """Draw as the examples of diffusers do: load, `.to(device)`, one prompt after another."""

    def __init__(self, source: Source) -> None:
        self._spec = source.spec
        self._pipelines = {part: _stock(kind, source, part) for part, kind in STOCK[source.spec.family].items()}
        for pipeline in self._pipelines.values():
            pipeline.set_progress_bar_config(disable=True)

    def draw(self, request: Text2Image) -> Image.Image:
        """Draw one request with the steps and the guidance that the engine has for it."""
        generator = torch.Generator().manual_seed(request.seed or 0)
        options = {
            "height": request.height,
            "width": request.width,
            "num_inference_steps": request.steps,
            "guidance_scale": request.guidance_scale,
            "generator": generator,
        }
        if self._spec.family == "kandinsky-3":  # counts its guidance from 0 where others count from 1
            options["guidance_scale"] = (request.guidance_scale or 0) - 1
            return self._first(request.prompt, **options)
        embeds = self._pipelines["prior"](
            request.prompt,
            num_inference_steps=self._spec.prior_steps,
            guidance_scale=self._spec.prior_guidance_scale,
            generator=generator,
        )
        read = (request.prompt,) if self._spec.family == "kandinsky-2-1" else ()
        conditions = {name: embeds[name] for name in ("image_embeds", "negative_image_embeds")}
        return self._first(*read, **conditions, **options)

    def _first(self, *arguments: object, **options: object) -> Image.Image:
        image: Image.Image = self._pipelines["decoder"](*arguments, **options).images[0]
        return image


def _stock(pipeline_class: Any, source: Source, part: str) -> Any:
    if source.random_weights:
        return _stock_random(pipeline_class, source, part)
    spec = replace(source.spec, repositories=source.spec.repositories or embedded.repositories(source.cache_dir))
    repository = spec.repositories[part]
    loaded = pipeline_class.from_pretrained(
        repository.path,
        revision=repository.revision,
        variant=repository.variant,
        dtype=source.device.dtype,
        use_safetensors=True,
    )
    return loaded.to(source.device.name)


def _stock_random(pipeline_class: Callable[..., Any], source: Source, part: str) -> Any:
    pipeline = pipeline_class(**fullsize.pipeline_components(source.spec.family, part, source.device))
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
