"""Draw with Kandinsky 2: a prior makes image embeddings of words, a decoder draws from those; each mode in a method.

What 2.1 and 2.2 do not share stands in the modules named after them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from engine.catalog import ModelSpec
from engine.kandinsky.drawing.batch import Batch
from engine.kandinsky.drawing.caching import Cache
from engine.kandinsky.drawing.decoder import Start
from engine.kandinsky.drawing.denoising import StepCounter
from engine.kandinsky.drawing.depth import Depth, hint
from engine.kandinsky.drawing.latents import slerp, weighted
from engine.kandinsky.drawing.upscaling import Canvas
from engine.kandinsky.families.family import Family
from engine.kandinsky.families.kandinsky_2.decoder import Decoder2
from engine.kandinsky.families.kandinsky_2.prior import Prior, Seeded
from engine.kandinsky.placing.device import Device
from engine.kandinsky.placing.placing import networks_of
from engine.models.model import Drawing, Drawn, OnStep
from engine.request import Part
from engine.requests import AnyRequest, ControlNet

# The UNets of modes that have their own, with a scheduler, by the part of the model that they are of.
UNETS: Mapping[str, str] = MappingProxyType({"inpaint": "inpaint", "outpaint": "inpaint", "controlnet": "controlnet"})


class Kandinsky2(Family[Decoder2]):
    """Hold the prior and the decoder, and know each mode that they serve."""

    def __init__(self, spec: ModelSpec, device: Device, prior: Prior, decoder: Decoder2) -> None:
        modes = {"variations": self._text2img, "morph": self._morph, "controlnet": self._controlnet}
        super().__init__(spec, device, decoder, modes)
        self._prior = prior
        self._depth = Depth(spec, device)

    @property
    def caches(self) -> Mapping[str, Cache[Any]]:
        """Name the caches."""
        return {**self._prior.caches, **self._decoder.caches}

    @property
    def pipelines(self) -> list[Any]:
        """List the pipelines that hold its networks."""
        return [self._prior.pipeline, self._decoder.pipeline]

    @property
    def networks(self) -> dict[str, nn.Module]:
        """Name the networks that are loaded, as the components of its family are."""
        return {
            **networks_of(self._prior.pipeline, "prior"),
            **networks_of(self._decoder.pipeline, "decoder"),
            **{f"{part}.unet": unet for part, unet in self._decoder.unets.items()},
            **({"depth.estimator": self._depth.network} if self._depth.network else {}),
        }

    def prepare(self, request: AnyRequest) -> None:
        """Load what only some modes need, where `request` is of one of them; raise `ModelMissing`, `RequestError`."""
        if part := UNETS.get(request.mode):
            self._decoder.unet(part)
        if isinstance(request, ControlNet) and not request.is_depth_map:
            self._depth.load()

    def _controlnet(self, batch: Batch, on_step: OnStep) -> list[Drawn]:
        hints = [hint(self._depth.map(drawing)) for drawing, _ in batch.pictures]
        return batch.split(self._draw(batch, on_step, Start("controlnet", hint=torch.stack(hints))))

    def _morph(self, batch: Batch, on_step: OnStep) -> list[Drawn]:
        (drawing, seed), request = batch.pictures[0], batch.request
        ends = [request.start, request.end]
        steps = self._steps(batch, _seeded(ends, seed), self._decoder.planned(request) * request.frames, on_step)
        negative = self._embed_all(batch, _seeded(ends, seed), steps)
        start, end = (self._mix(drawing, [part], seed, steps) for part in ends)
        frames = [slerp(start, end, number / (request.frames - 1)) for number in range(request.frames)]
        return [Drawn([image for frame in frames for image in self._paint(batch, frame, negative, Start(), steps)])]

    def _upscale_one(self, batch: Batch, on_step: OnStep) -> Image.Image:
        """Draw tiles, each from its own picture and the words, if any."""
        (drawing, seed), canvas = batch.pictures[0], Canvas.of(batch, self._decoder)
        words = _seeded([Part(text=drawing.request.prompt)] if drawing.request.prompt else [], seed)
        steps = self._steps(batch, words, canvas.steps(), on_step)
        negative = self._embed_all(batch, words, steps)
        said = [self._prior.embed([each], steps) for each in words]
        tiles = [[self._prior.embed_image(tile), *said] for tile in canvas.tiles()]
        return canvas.draw([weighted(parts, [1.0] * len(parts)) for parts in tiles], negative, steps)

    def _draw(self, batch: Batch, on_step: OnStep, start: Start) -> list[Image.Image]:
        """Draw each picture from the mix of its parts."""
        words = [each for drawing, seed in batch.pictures for each in _seeded(drawing.request.parts_drawn(), seed)]
        steps = self._steps(batch, words, self._decoder.planned(batch.request, start), on_step)
        negative = self._embed_all(batch, words, steps)
        embeds = [self._mix(drawing, drawing.request.parts_drawn(), seed, steps) for drawing, seed in batch.pictures]
        return self._paint(batch, torch.cat(embeds), negative, start, steps)

    def _paint(
        self, batch: Batch, embeds: Tensor, negative: Tensor | None, start: Start, steps: StepCounter
    ) -> list[Image.Image]:
        predict = self._decoder.predict(batch, embeds, negative, start)
        return self._decoder.pictures(self._decoder.draw(batch, predict, start, steps))

    def _embed_all(self, batch: Batch, words: Sequence[Seeded], steps: StepCounter) -> Tensor | None:
        """Embed words and negative prompts at once, so that the words are known; return what guides away, if any."""
        negatives = _negatives(batch)
        if not words and not negatives:
            return None
        embeds = self._prior.embed([*words, *negatives], steps)
        return embeds[len(words) :] if negatives else None

    def _mix(self, drawing: Drawing, parts: Sequence[Part], seed: int, steps: StepCounter) -> Tensor:
        """Embed the parts and average them by their weights, float [1, embedding]."""
        embeds = [self._embed(drawing, part, seed, steps) for part in parts]
        return weighted(embeds, [part.weight for part in parts])

    def _embed(self, drawing: Drawing, part: Part, seed: int, steps: StepCounter) -> Tensor:
        if part.picture:
            return self._prior.embed_image(drawing.picture(part.picture))
        return self._prior.embed([Seeded(part.text, seed)], steps)

    def _steps(self, batch: Batch, words: Sequence[Seeded], decoder_steps: int, on_step: OnStep) -> StepCounter:
        prior_steps = self._prior.steps([*words, *_negatives(batch)])
        return StepCounter(prior_steps + decoder_steps, on_step, self._decoder.previews.maker(batch))

    def _notes(self, drawing: Drawing) -> dict[str, object]:
        """Quote what the text encoder did not read."""
        texts = (*drawing.request.texts(), drawing.request.negative_prompt)
        cut = [end for end in (self._prior.cut(text) for text in texts if text) if end]
        return {"cut": " … ".join(cut)} if cut else {}


def _seeded(parts: Sequence[Part], seed: int) -> list[Seeded]:
    return [Seeded(part.text, seed) for part in parts if part.text]


def _negatives(batch: Batch) -> list[Seeded]:
    """List what each picture is guided away from, the empty picture where nobody says; without guidance, none."""
    if (batch.request.guidance_scale or 0) <= 1:
        return []
    return [Seeded(drawing.request.negative_prompt, seed) for drawing, seed in batch.pictures]
