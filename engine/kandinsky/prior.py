"""Turn a text into the image embedding that the decoders of Kandinsky 2.1 and 2.2 draw from."""

from __future__ import annotations

from diffusers import KandinskyV22PriorPipeline
from torch import Tensor

from engine.catalog import ModelSpec
from engine.kandinsky.device import Device
from engine.kandinsky.latents import generator
from engine.kandinsky.loading import load
from engine.kandinsky.schedulers import for_one_job
from engine.kandinsky.steps import StepCounter
from engine.requests import Text2Image

# The prior draws its noise from another stream than the decoder, so that the number of its steps, or an embedding that
# is already known, leaves the decoder's noise alone. Torch's CPU generator sees the low 32 bits of a seed: 2**32 / phi.
PRIOR_STREAM = 0x9E3779B9


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
    """Embed texts as images."""

    def __init__(self, spec: ModelSpec, pipeline: Pipeline) -> None:
        self._spec = spec
        self._pipeline = pipeline
        self._scheduler = pipeline.scheduler

    @classmethod
    def load(cls, spec: ModelSpec, device: Device) -> Prior:
        """Load the part of `spec` that is called "prior" onto `device`."""
        return cls(spec, load(Pipeline, spec.repositories["prior"], device))

    def steps(self, request: Text2Image) -> int:
        """Count the steps that `embed` takes."""
        return self._spec.prior_steps * (2 if request.negative_prompt else 1)

    def embed(self, request: Text2Image, steps: StepCounter) -> tuple[Tensor, Tensor]:
        """Embed the prompt, and what the pictures shall be unlike, for each seed; both float [pictures, embedding]."""
        embeds, negative_embeds = self._embed(request.prompt, request.seeds(), steps)
        if request.negative_prompt:
            # A call of its own: given both, the pipeline would change the positive embedding of the same seed.
            negative_embeds, _ = self._embed(request.negative_prompt, request.seeds(), steps)
        return embeds, negative_embeds

    def _embed(self, text: str, seeds: list[int], steps: StepCounter) -> tuple[Tensor, Tensor]:
        """Embed `text` as an image for each seed, and the empty picture; both float [seeds, embedding]."""
        self._pipeline.scheduler = for_one_job(self._scheduler)
        return self._pipeline(  # type: ignore[no-any-return]
            [text] * len(seeds),
            num_inference_steps=self._spec.prior_steps,
            guidance_scale=self._spec.prior_guidance_scale,
            generator=[generator(seed ^ PRIOR_STREAM) for seed in seeds],
            callback_on_step_end=steps,
            return_dict=False,
        )
