"""The decoder of Kandinsky 3: it draws from texts."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from engine.kandinsky.drawing.batch import Batch
from engine.kandinsky.drawing.decoder import Decoder, Start
from engine.kandinsky.drawing.denoising import Keep, Predict, combined
from engine.kandinsky.drawing.editing import Edit, kept_latents
from engine.kandinsky.drawing.saving import Steps
from engine.kandinsky.families.kandinsky_3.pipeline import Text
from engine.kandinsky.families.kandinsky_3.texts import stack
from engine.kandinsky.placing.device import working_device


class Decoder3(Decoder):
    """Draw from texts."""

    def predict(
        self, batch: Batch, condition: Sequence[Text], negative: Sequence[Text] | None, start: Start
    ) -> Predict:
        """Prepare the UNet's part of a step: by a text for each picture, away from its `negative`, if any.

        Guidance is the conventional one; the scale of diffusers' pipeline is by 1 less.
        """
        unet, scale = self.pipeline.unet, batch.request.guidance_scale
        embeds, weights = stack([*(negative or []), *condition], working_device(unet))
        conditions = {"encoder_hidden_states": embeds, "encoder_attention_mask": weights}

        plan = self.work(batch.request, start, guided=negative is not None, reuses=False)
        steps = Steps(unet, None, conditions, plan)

        def predict(latents: Tensor, timestep: Tensor) -> Tensor:
            outputs, doubled = steps.predict(latents, timestep)
            return combined(outputs, scale) if doubled else outputs

        return predict

    def repaint(self, edits: Sequence[Edit]) -> Start:
        """Begin to repaint the masked part of each picture; what is kept is blended in at each step."""
        clean = self.encode([edit.original for edit in edits])
        return Start(clean=clean, kept=kept_latents(edits, self.factor).to(clean))

    def begun(self, first: Tensor, keep: Keep, timestep: Tensor) -> Tensor:
        """Begin with what is kept, under the noise of the first step: the UNet sees it nowhere else."""
        return keep(first, timestep)
