"""Draw with Kandinsky 3: a T5 encoder reads the words, and a UNet draws from what it read, without a prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from PIL import Image
from torch import nn

from engine.catalog import ModelSpec
from engine.kandinsky.drawing.batch import Batch
from engine.kandinsky.drawing.caching import Cache
from engine.kandinsky.drawing.decoder import Start
from engine.kandinsky.drawing.denoising import StepCounter
from engine.kandinsky.drawing.upscaling import Canvas
from engine.kandinsky.families.family import Family
from engine.kandinsky.families.kandinsky_3.decoder import Decoder3
from engine.kandinsky.families.kandinsky_3.pipeline import Pipeline, Text
from engine.kandinsky.families.kandinsky_3.texts import Texts
from engine.kandinsky.placing.device import Device
from engine.kandinsky.placing.loading import load
from engine.kandinsky.placing.placing import networks_of, quantised_text_encoder
from engine.models.model import Drawing, Drawn, OnStep
from engine.request import Request
from engine.requests import AnyRequest
from engine.settings import AUTO, Keeping

# Without a prior there is no embedding of a picture to draw from, so a variation is the picture drawn over, as far as
# img2img does where nobody says how far: what it shows stays, how it is done changes.
VARIATION_STRENGTH = 0.6


class Kandinsky3(Family[Decoder3]):
    """Hold the texts and the decoder, and know each mode that they serve."""

    def __init__(self, spec: ModelSpec, device: Device, pipeline: Pipeline) -> None:
        modes = {"variations": self._variations, "morph": self._morph}
        super().__init__(spec, device, Decoder3(spec, pipeline), modes)
        self._texts = Texts(pipeline)

    @property
    def caches(self) -> Mapping[str, Cache[Any]]:
        """Name the caches."""
        return {"texts": self._texts.cache, **self._decoder.caches}

    @classmethod
    def load(cls, spec: ModelSpec, device: Device, _cache_dir: Path, keeping: Keeping = AUTO) -> Self:
        """Load `spec` onto `device`, its text encoder as `keeping` says.

        Raises `EngineError("quantisation_missing")` where it cannot be quantised.
        """
        how = keeping.quantise
        options = {} if how == "off" else {"quantization_config": quantised_text_encoder(how, device)}
        return cls(spec, device, load(Pipeline, spec.repositories["decoder"], device, **options))

    @property
    def pipelines(self) -> list[Any]:
        """List the pipelines that hold its networks."""
        return [self._decoder.pipeline]

    @property
    def networks(self) -> dict[str, nn.Module]:
        """Name the networks, as the components of its family are."""
        return networks_of(self._decoder.pipeline, "decoder")

    def prepare(self, request: AnyRequest) -> None:
        """Load nothing: all modes share the networks."""

    def _variations(self, batch: Batch, on_step: OnStep) -> list[Drawn]:
        return self._draw_over(batch, on_step, VARIATION_STRENGTH)

    def _morph(self, batch: Batch, on_step: OnStep) -> list[Drawn]:
        request, first = batch.request, batch.singles()[0]
        steps = self._steps(batch, self._decoder.planned(request) * request.frames, on_step)
        shares = [number / (request.frames - 1) for number in range(request.frames)]
        texts = [self._texts.between(request.start, request.end, share) for share in shares]
        return [Drawn([image for text in texts for image in self._paint(first, [text], Start(), steps)])]

    def _upscale_one(self, batch: Batch, on_step: OnStep) -> Image.Image:
        """Draw tiles, all from the words, or from none."""
        canvas, text = Canvas.of(batch, self._decoder), self._read(batch.request)
        steps = self._steps(batch, canvas.steps(), on_step)
        return canvas.draw([[text]] * len(canvas.windows), self._negatives(batch), steps)

    def _draw(self, batch: Batch, on_step: OnStep, start: Start) -> list[Image.Image]:
        texts = [self._read(drawing.request) for drawing, _ in batch.pictures]
        return self._paint(batch, texts, start, self._steps(batch, self._planned(batch, start), on_step))

    def _paint(self, batch: Batch, texts: Sequence[Text], start: Start, steps: StepCounter) -> list[Image.Image]:
        predict = self._decoder.predict(batch, texts, self._negatives(batch), start)
        return self._decoder.pictures(self._decoder.draw(batch, predict, start, steps))

    def _read(self, request: Request) -> Text:
        return self._texts.mix(request.parts_drawn()) if request.is_average else self._texts.read(request.prompt)

    def _negatives(self, batch: Batch) -> list[Text] | None:
        """Encode what each picture is guided away from, nothing at all where nobody says; without guidance, no text."""
        if (batch.request.guidance_scale or 0) <= 1:
            return None
        return [self._texts.read(drawing.request.negative_prompt) for drawing, _ in batch.pictures]

    def _planned(self, batch: Batch, start: Start) -> int:
        return self._decoder.planned(batch.request, start)

    def _steps(self, batch: Batch, planned: int, on_step: OnStep) -> StepCounter:
        return StepCounter(planned, on_step, self._decoder.previews.maker(batch))

    def _notes(self, drawing: Drawing) -> dict[str, Any]:
        """Say what could not be read, and that pictures had no part in a mix."""
        mixed = {"text_mix": True} if drawing.request.is_average else {}
        return {**mixed, **self._texts.notes(drawing.request)}
