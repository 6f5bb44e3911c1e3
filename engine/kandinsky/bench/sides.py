"""The two sides of a benchmark: a model as the engine holds it, and the script that a user of diffusers would write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image
from torch import nn

from engine.catalog import ModelSpec
from engine.errors import RequestError
from engine.kandinsky.bench import fullsize
from engine.kandinsky.embedded import embedded
from engine.kandinsky.families.record import FamilyRecord
from engine.kandinsky.families.register import FAMILIES
from engine.kandinsky.families.stock import Stock
from engine.kandinsky.placing import loading
from engine.kandinsky.placing.device import Device
from engine.models.model import Drawing, Model
from engine.pictures import images
from engine.requests import Text2Image


@dataclass(frozen=True, slots=True)
class Source:
    """Say where both sides take their weights from: the files of `spec`, or random ones in full size."""

    spec: ModelSpec
    device: Device
    cache_dir: Path
    random_weights: bool = False

    def __post_init__(self) -> None:
        """Refuse a model that diffusers alone does not draw with, and random weights for one without a full size."""
        if self.family.stock is None:
            raise RequestError("no_stock", model=self.spec.name)
        if self.random_weights and self.spec.embedded:
            raise RequestError("no_full_size", model=self.spec.name)

    @property
    def family(self) -> FamilyRecord:
        """Look up the family of the model."""
        return FAMILIES[self.spec.family]

    @property
    def stock(self) -> Stock:
        """Return what diffusers alone draws with."""
        assert self.family.stock, "refused above"  # noqa: S101 - a programming error
        return self.family.stock


def engine_side(source: Source) -> Model:
    """Load a model as the worker does, or hand random weights to what the worker would load."""
    spec, device = source.spec, source.device
    if not source.random_weights:
        return source.family.load(spec, device, source.cache_dir)
    return source.stock.hold(spec, device, lambda kind, part: _random(kind, source, part))


def _random(pipeline_class: Any, source: Source, part: str) -> Any:
    pipeline = _stock_random(pipeline_class, source.stock, source.device, part)
    loading.lay_out(pipeline, source.device)
    return pipeline


def draw(model: Model, requests: Sequence[Text2Image]) -> list[Image.Image]:
    """Draw `requests`, which share a size, steps and guidance, as one batch of the engine."""
    drawn = model.render([Drawing(request) for request in requests], lambda _step: None)
    return [image for each in drawn for image in each.images]


def save(model: Model, requests: Sequence[Text2Image]) -> None:
    """Draw `requests` as one batch of the engine, and encode each picture as the worker does."""
    for image, request in zip(draw(model, requests), requests, strict=True):
        images.encode(image, request, 0)


def networks(model: Model) -> dict[str, nn.Module]:
    """Name the networks of a loaded model."""
    held: Any = model
    components = [item for pipeline in held.pipelines for item in pipeline.components.items()]
    return {name: component for name, component in components if isinstance(component, nn.Module)}


class Plain:
    """Draw as the examples of diffusers do: load, `.to(device)`, one prompt after another."""

    def __init__(self, source: Source) -> None:
        self._spec, self._stock = source.spec, source.stock
        self._pipelines = stock_pipelines(source)

    def draw(self, request: Text2Image) -> Image.Image:
        """Draw one request with the steps and the guidance that the engine has for it."""
        return self._stock.draw(self._pipelines, self._spec, request)


def stock_pipelines(source: Source) -> dict[str, Any]:
    """Load the pipelines of diffusers that draw a picture, by the parts of the model."""
    pipelines = {part: _stock(kind, source, part) for part, kind in source.stock.pipelines.items()}
    for pipeline in pipelines.values():
        pipeline.set_progress_bar_config(disable=True)
    return pipelines


def _stock(pipeline_class: Any, source: Source, part: str) -> Any:
    if source.random_weights:  # one precision, for pipelines of diffusers take no other: the engine's own do
        return _stock_random(pipeline_class, replace(source.stock, bf16=frozenset()), source.device, part)
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


def _stock_random(pipeline_class: Callable[..., Any], stock: Stock, device: Device, part: str) -> Any:
    pipeline = pipeline_class(**fullsize.pipeline_components(stock, part, device))
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
