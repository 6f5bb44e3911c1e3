"""Draw latents from image embeddings: the decoders of Kandinsky 2.1 and 2.2, whatever the mode."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from engine.catalog import ModelSpec
from engine.kandinsky.drawing.batch import Batch
from engine.kandinsky.drawing.decoder import Decoder, Start
from engine.kandinsky.drawing.denoising import Predict, guided, learns_variance, unguided
from engine.kandinsky.drawing.editing import Edit, grown, kept_latents
from engine.kandinsky.drawing.levels import can_part
from engine.kandinsky.drawing.saving import Levels, Steps
from engine.kandinsky.placing.device import Device, working_device
from engine.kandinsky.placing.loading import load_network, load_scheduler


class Decoder2(Decoder):
    """Draw from image embeddings; the UNets of rarer modes are loaded when they are first wanted."""

    def __init__(self, spec: ModelSpec, device: Device, pipeline: Any) -> None:
        super().__init__(spec, pipeline)
        self._device = device
        self._levels: dict[str, Levels] = {}
        self._unets, self._schedulers = {"decoder": pipeline.unet}, {"decoder": pipeline.scheduler}

    @classmethod
    @abstractmethod
    def load(cls, spec: ModelSpec, device: Device) -> Self:
        """Load the part of `spec` that is called "decoder" onto `device`."""

    @abstractmethod
    def conditions(self, batch: Batch, embeds: Tensor, negative_embeds: Tensor | None) -> dict[str, Any]:
        """Name what the UNet is conditioned on, for each picture; with `negative_embeds`, those come first."""

    def unet(self, part: str) -> Any:
        """Return the UNet of "decoder", "inpaint" or "controlnet"; raise `ModelMissing` where its files are not had."""
        if part not in self._unets:
            repository = self.spec.repositories[part]
            self._schedulers[part] = load_scheduler(repository)
            self._unets[part] = load_network(UNet2DConditionModel, repository, self._device, subfolder="unet")
        return self._unets[part]

    def published_scheduler(self, part: str) -> Any:
        """Return the scheduler of "decoder", "inpaint" or "controlnet"; errors as of `unet`."""
        self.unet(part)
        return self._schedulers[part]

    @property
    def unets(self) -> Mapping[str, Any]:
        """Name the UNets that are loaded, by the part that they are of."""
        return MappingProxyType(self._unets)

    def repaint(self, edits: Sequence[Edit]) -> Start:
        """Begin to repaint the masked part of each picture."""
        clean = self.encode([edit.original for edit in edits])
        return Start("inpaint", clean, kept=grown(kept_latents(edits, self.factor)).to(clean))

    def predict(self, batch: Batch, embeds: Tensor, negative_embeds: Tensor | None, start: Start) -> Predict:
        """Prepare the UNet's part of a step; it is guided where there are `negative_embeds`, float as `embeds`."""
        unet, learned = self.unet(start.unet), learns_variance(self.scheduler(batch.request, start))
        is_guided, scale = negative_embeds is not None, batch.request.guidance_scale
        negative_embeds = None if negative_embeds is None else negative_embeds.to(working_device(unet), unet.dtype)
        conditions = self.conditions(batch, embeds.to(working_device(unet), unet.dtype), negative_embeds)
        if start.hint is not None:
            hint = start.hint.repeat(1 + is_guided, 1, 1, 1)
            conditions["added_cond_kwargs"]["hint"] = hint.to(working_device(unet), unet.dtype)
        levels, beside = self._levels_of(start.unet), start.beside()
        plan = self.work(batch.request, start, guided=is_guided, reuses=levels is not None)
        steps = Steps(unet, levels, conditions, plan)

        def predict(latents: Tensor, timestep: Tensor) -> Tensor:
            seen = latents if beside is None else torch.cat([latents, beside], dim=1)
            outputs, doubled = steps.predict(seen, timestep)
            return guided(outputs, scale, learned) if doubled else unguided(outputs, learned)

        return predict

    def _levels_of(self, part: str) -> Levels | None:
        """Part the UNet of "decoder", "inpaint" or "controlnet", where its outer level may run alone."""
        unet = self.unet(part)
        if not can_part(unet):
            return None
        if part not in self._levels:
            self._levels[part] = Levels(unet)
        return self._levels[part]
