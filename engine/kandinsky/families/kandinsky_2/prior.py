"""Turn words and pictures into the image embeddings that the decoders of Kandinsky 2.1 and 2.2 draw from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from diffusers import KandinskyV22PriorPipeline
from PIL import Image
from torch import Generator, Tensor

from engine.catalog import ModelSpec
from engine.kandinsky.drawing.caching import Cache, picture_key
from engine.kandinsky.drawing.denoising import Predict, StepCounter, combined
from engine.kandinsky.drawing.forwards import forward
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


class Read(NamedTuple):
    """Hold what the text encoder made of texts: as a whole, float [texts, width], by tokens, and which there are."""

    whole: Tensor
    tokens: Tensor
    mask: Tensor

    def joined(self, other: Read) -> Read:
        """Put other texts behind these."""
        return Read(*(torch.cat(pair) for pair in zip(self, other, strict=True)))


class Prior:
    """Embed texts as images, and images; what was embedded before is remembered."""

    def __init__(self, spec: ModelSpec, pipeline: KandinskyV22PriorPipeline) -> None:
        self._spec = spec
        self.pipeline = pipeline
        self._zero: Tensor | None = None
        self.texts: Cache[Tensor] = Cache(CACHED_EMBEDDINGS)
        self.images: Cache[Tensor] = Cache(CACHED_EMBEDDINGS)

    @classmethod
    def load(cls, spec: ModelSpec, device: Device) -> Prior:
        """Load the part of `spec` that is called "prior" onto `device`; that of 2.1 has the same networks."""
        return cls(spec, load(KandinskyV22PriorPipeline, spec.repositories["prior"], device))

    @property
    def caches(self) -> dict[str, Cache[Tensor]]:
        """Name the caches."""
        return {"texts": self.texts, "images": self.images}

    def steps(self, wanted: Iterable[Seeded]) -> int:
        """Count the steps that `embed` takes for `wanted`."""
        return self._spec.prior_steps * len(self._groups(wanted))

    def embed(self, wanted: Sequence[Seeded], steps: StepCounter) -> Tensor:
        """Embed each text as the prior draws it with its seed, float [texts, embedding]."""
        groups = self._groups(wanted)
        # Taken now: while the others are drawn, somebody else's may push it out of the cache.
        asked = {each: self.texts.get(each) for each in wanted if each.text}
        known = {each: embedding for each, embedding in asked.items() if embedding is not None}
        for group in groups:
            drawn = zip(group, self._draw(group, steps), strict=True)
            known |= {each: self.texts.put(each, embedding) for each, embedding in drawn}
        return torch.stack([known[each] if each.text else self._nothing() for each in wanted])

    def cut(self, text: str) -> str:
        """Return the end of `text` that the encoder does not read, often none of it."""
        tokenizer = self.pipeline.tokenizer
        offsets = tokenizer(text, return_offsets_mapping=True, truncation=False).offset_mapping
        read = tokenizer.model_max_length - 1  # and the token that ends a text
        return text[offsets[read][0] :] if len(offsets) > read + 1 else ""

    def embed_image(self, image: Image.Image) -> Tensor:
        """Embed a picture, float [1, embedding]."""
        key = picture_key(image)
        known = self.images.get(key)
        return known if known is not None else self.images.put(key, self._look(image))

    def _look(self, image: Image.Image) -> Tensor:
        return self._see(self.pipeline.image_processor(image.convert("RGB"), return_tensors="pt").pixel_values)

    @torch.inference_mode()
    def _see(self, pixels: Tensor) -> Tensor:
        encoder = self.pipeline.image_encoder
        embedding: Tensor = encoder(pixels.to(working_device(encoder), encoder.dtype)).image_embeds
        return embedding

    def _nothing(self) -> Tensor:
        """Embed the empty picture, once: the vision tower is the largest part of the model."""
        if self._zero is None:
            side = self.pipeline.image_encoder.config.image_size
            self._zero = self._see(torch.zeros(1, 3, side, side))[0]
        return self._zero

    def _groups(self, wanted: Iterable[Seeded]) -> list[list[Seeded]]:
        """Gather, without repetition, what is not known yet, in groups that are embedded at once."""
        new = [each for each in dict.fromkeys(wanted) if each.text and each not in self.texts]
        return [new[first : first + MOST_TEXTS] for first in range(0, len(new), MOST_TEXTS)]

    def _draw(self, group: list[Seeded], steps: StepCounter) -> Tensor:
        """Draw the embeddings of a group from noise, as `KandinskyV22PriorPipeline` does, which nobody could join.

        The scheduler looks its time steps up on the CPU: on a GPU it would wait for each four times. The network has
        its own on the GPU, for it would wait for each to come.
        """
        prior, scheduler = self.pipeline.prior, for_one_job(self.pipeline.scheduler)
        generators = [generator(each.seed ^ PRIOR_STREAM) for each in group]
        predict = self._predict([each.text for each in group])
        scheduler.set_timesteps(self._spec.prior_steps)
        latents = self._noise(generators)
        there, following = scheduler.timesteps.to(latents.device), [*scheduler.timesteps[1:], None]
        for timestep, seen, after in zip(scheduler.timesteps, there, following, strict=True):
            predicted = predict(latents, seen)
            step = scheduler.step(predicted, timestep, latents, prev_timestep=after, generator=generators)
            latents = step.prev_sample
            steps.count()
        drawn: Tensor = prior.post_process_latents(latents)
        return drawn

    def _noise(self, generators: Sequence[Generator]) -> Tensor:
        """Draw the first latents, float [texts, embedding], in fp32 on the CPU, as those of pictures."""
        prior = self.pipeline.prior
        shape = (1, prior.config.embedding_dim)
        drawn = torch.cat([torch.randn(shape, generator=generator) for generator in generators])
        return drawn.to(working_device(prior), prior.dtype)

    def _predict(self, texts: Sequence[str]) -> Predict:
        """Prepare the network's part of a step: guided by the texts, away from no words at all."""
        network, scale = self.pipeline.prior, self._spec.prior_guidance_scale
        read, copies = self._read(texts), 1
        if scale > 1:
            read, copies = self._read([""] * len(texts)).joined(read), 2
        conditions = {"proj_embedding": read.whole, "encoder_hidden_states": read.tokens, "attention_mask": read.mask}

        def predict(latents: Tensor, timestep: Tensor) -> Tensor:
            outputs = forward(network, latents.repeat(copies, 1), timestep, conditions, first=True)
            return outputs if copies == 1 else combined(outputs, scale)

        return predict

    def _read(self, texts: Sequence[str]) -> Read:
        """Read each text once, and repeat what was read."""
        known = list(dict.fromkeys(texts))
        encoder, tokenizer = self.pipeline.text_encoder, self.pipeline.tokenizer
        length = tokenizer.model_max_length
        tokens = tokenizer(known, padding="max_length", max_length=length, truncation=True, return_tensors="pt")
        device = working_device(encoder)
        read = encoder(tokens.input_ids.to(device))
        places = torch.tensor([known.index(text) for text in texts], device=device)
        mask = tokens.attention_mask.bool().to(device)
        return Read(*(each[places] for each in (read.text_embeds, read.last_hidden_state, mask)))
