"""Turn words and pictures into the image embeddings that the decoders of Kandinsky 2.1 and 2.2 draw from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from diffusers import KandinskyV22PriorPipeline
from PIL import Image
from torch import Tensor

from engine.catalog import ModelSpec
from engine.kandinsky.drawing.caching import Cache, picture_key
from engine.kandinsky.drawing.denoising import StepCounter
from engine.kandinsky.drawing.latents import generator
from engine.kandinsky.drawing.schedulers import for_one_job
from engine.kandinsky.placing.device import Device, working_device
from engine.kandinsky.placing.loading import load

# The prior draws its noise from another stream than the decoder, so that the number of its steps, or an embedding that
# is already known, leaves the decoder's noise alone. Torch's CPU generator sees the low 32 bits of a seed: 2**32 / phi.
PRIOR_STREAM = 0x9E3779B9
# An embedding is a few KiB: these stay far below the smallest of the networks.
CACHED_EMBEDDINGS = 2048
# Texts embedded at once: more would need more memory than the decoder does.
MOST_TEXTS = 8


class Seeded(NamedTuple):
    """Name the embedding that the prior draws of a text with a seed; that of no words is the empty picture's."""

    text: str
    seed: int


class Pipeline(KandinskyV22PriorPipeline):  # type: ignore[misc]  # diffusers has no types
    """Embed the empty picture once, not in every call: the vision tower is the largest part of the model.

    The class of 2.1 has the same parts and computes the same, but tells nobody of its steps, and so cannot be stopped.
    """

    _zero: Tensor | None = None

    def get_zero_embed(self, batch_size: int = 1, **_options: object) -> Tensor:
        """Repeat the embedding of the empty picture, float [batch_size, embedding]."""
        if self._zero is None:
            self._zero = super().get_zero_embed()
        return self._zero.expand(batch_size, -1)


class Prior:
    """Embed texts as images, and images; what was embedded before is remembered."""

    def __init__(self, spec: ModelSpec, pipeline: Pipeline) -> None:
        self._spec = spec
        self.pipeline = pipeline
        self._scheduler = pipeline.scheduler
        self.texts: Cache[Tensor] = Cache(CACHED_EMBEDDINGS)
        self.images: Cache[Tensor] = Cache(CACHED_EMBEDDINGS)

    @classmethod
    def load(cls, spec: ModelSpec, device: Device) -> Prior:
        """Load the part of `spec` that is called "prior" onto `device`."""
        return cls(spec, load(Pipeline, spec.repositories["prior"], device))

    @property
    def caches(self) -> dict[str, Cache[Tensor]]:
        """Name the caches."""
        return {"texts": self.texts, "images": self.images}

    def steps(self, wanted: Iterable[Seeded]) -> int:
        """Count the steps that `embed` takes for `wanted`."""
        return self._spec.prior_steps * len(self._groups(wanted))

    def embed(self, wanted: Sequence[Seeded], steps: StepCounter) -> Tensor:
        """Embed each text as the prior draws it with its seed, float [texts, embedding]."""
        drawn: dict[Seeded, Tensor] = {}
        for group in self._groups(wanted):
            drawn |= dict(zip(group, self._draw(group, steps), strict=True))
        return torch.stack([self._known(each, drawn) if each.text else self._nothing() for each in wanted])

    def cut(self, text: str) -> str:
        """Return the end of `text` that the encoder does not read, often none of it."""
        tokenizer = self.pipeline.tokenizer
        offsets = tokenizer(text, return_offsets_mapping=True, truncation=False).offset_mapping
        read = tokenizer.model_max_length - 1  # and the token that ends a text
        return text[offsets[read][0] :] if len(offsets) > read + 1 else ""

    @torch.no_grad()
    def embed_image(self, image: Image.Image) -> Tensor:
        """Embed a picture, float [1, embedding]."""
        key = picture_key(image)
        known = self.images.get(key)
        return known if known is not None else self.images.put(key, self._look(image))

    def _look(self, image: Image.Image) -> Tensor:
        encoder = self.pipeline.image_encoder
        pixels = self.pipeline.image_processor(image.convert("RGB"), return_tensors="pt").pixel_values
        embedding: Tensor = encoder(pixels.to(working_device(encoder), encoder.dtype)).image_embeds
        return embedding

    def _nothing(self) -> Tensor:
        zero: Tensor = self.pipeline.get_zero_embed()[0]
        return zero

    def _groups(self, wanted: Iterable[Seeded]) -> list[list[Seeded]]:
        """Gather, without repetition, what is not known yet, in groups that are embedded at once."""
        new = [each for each in dict.fromkeys(wanted) if each.text and each not in self.texts]
        return [new[first : first + MOST_TEXTS] for first in range(0, len(new), MOST_TEXTS)]

    def _known(self, each: Seeded, drawn: dict[Seeded, Tensor]) -> Tensor:
        if each in drawn:  # also when there were more than the cache holds
            self.texts.misses += 1
            return self.texts.put(each, drawn[each])
        known = self.texts.get(each)
        assert known is not None, "only unknown texts are drawn"  # noqa: S101 - a programming error
        return known

    def _draw(self, group: list[Seeded], steps: StepCounter) -> Tensor:
        self.pipeline.scheduler = for_one_job(self._scheduler)
        embeds, _ = self.pipeline(
            [each.text for each in group],
            num_inference_steps=self._spec.prior_steps,
            guidance_scale=self._spec.prior_guidance_scale,
            generator=[generator(each.seed ^ PRIOR_STREAM) for each in group],
            callback_on_step_end=steps,
            return_dict=False,
        )
        drawn: Tensor = embeds
        return drawn
