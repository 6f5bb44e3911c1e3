"""Draw each mode that the families share: from noise, over a picture, around what is kept of one, or larger."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from PIL import Image

from engine.catalog import ModelSpec
from engine.kandinsky.drawing.batch import Batch
from engine.kandinsky.drawing.caching import Cache
from engine.kandinsky.drawing.decoder import Decoder, Start
from engine.kandinsky.drawing.editing import Edit
from engine.kandinsky.drawing.upscaler import Upscaler
from engine.kandinsky.placing.device import Device, translated_errors
from engine.models.model import Drawing, Drawn, OnStep

D = TypeVar("D", bound=Decoder)
Mode = Callable[[Batch, OnStep], list[Drawn]]


class Family(ABC, Generic[D]):
    """Hold a decoder, and know each mode that it serves; `modes` are those of a family beside the shared ones."""

    def __init__(self, spec: ModelSpec, device: Device, decoder: D, modes: Mapping[str, Mode]) -> None:
        self._spec = spec
        self._upscaler = Upscaler(spec, device)
        shared: dict[str, Mode] = {
            "text2img": self._text2img,
            "img2img": self._img2img,
            "inpaint": self._edit,
            "outpaint": self._edit,
            "mix": self._text2img,
            "upscale": self._upscale,
        }
        self._decoder = decoder
        self._modes: Mapping[str, Mode] = MappingProxyType({**shared, **modes})

    @property
    @abstractmethod
    def caches(self) -> Mapping[str, Cache[Any]]:
        """Name the caches."""

    @abstractmethod
    def _draw(self, batch: Batch, on_step: OnStep, start: Start) -> list[Image.Image]:
        """Draw each picture of what its request says, beginning with `start`."""

    @abstractmethod
    def _upscale_one(self, batch: Batch, on_step: OnStep) -> Image.Image:
        """Draw the one picture of `batch` at twice its size."""

    @abstractmethod
    def _notes(self, drawing: Drawing) -> dict[str, object]:
        """Note what a person should know of how the words were read."""

    @translated_errors()
    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        """Draw the pictures of requests that share a `batch_key`; see `engine.models.model.Model`."""
        batch = Batch(drawings)
        drawn = self._modes[batch.request.mode](batch, on_step)
        return [replace(each, notes=self._notes(drawing)) for drawing, each in zip(drawings, drawn, strict=True)]

    def statistics(self) -> dict[str, tuple[int, int]]:
        """Tell for each cache how often a value was there, and how often not."""
        return {name: cache.statistics for name, cache in self.caches.items()}

    def _text2img(self, batch: Batch, on_step: OnStep) -> list[Drawn]:
        return batch.split(self._draw(batch, on_step, Start()))

    def _img2img(self, batch: Batch, on_step: OnStep) -> list[Drawn]:
        return self._draw_over(batch, on_step, batch.request.strength)

    def _draw_over(self, batch: Batch, on_step: OnStep, strength: float) -> list[Drawn]:
        clean = self._decoder.encode([_resized(drawing) for drawing, _ in batch.pictures])
        return batch.split(self._draw(batch, on_step, Start(clean=clean, strength=strength)))

    def _edit(self, batch: Batch, on_step: OnStep) -> list[Drawn]:
        """Repaint where the mask, or what is new of a canvas, is."""
        edits = [Edit.of(drawing, self._spec) for drawing, _ in batch.pictures]
        drawn = self._draw(batch, on_step, self._decoder.repaint(edits))
        return batch.split([edit.finish(image) for edit, image in zip(edits, drawn, strict=True)])

    def _upscale(self, batch: Batch, on_step: OnStep) -> list[Drawn]:
        """Draw the pictures one by one: each is large."""
        if self._upscaler.is_configured:
            return [self._upscaler.enlarge(drawing, on_step) for drawing in batch.drawings]
        return batch.split([self._upscale_one(single, on_step) for single in batch.singles()])


def _resized(drawing: Drawing) -> Image.Image:
    request = drawing.request
    size = (request.width or 0, request.height or 0)
    return drawing.picture(request.pictures()[0]).resize(size, Image.Resampling.LANCZOS)
