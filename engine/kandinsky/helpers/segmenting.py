"""Find what words name in a picture, with CLIPSeg (https://arxiv.org/abs/2112.10003)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import transformers  # not its classes: each is imported with its models when it is first named
from PIL import Image

from engine.catalog import Repository
from engine.kandinsky.placing.device import Device, translated_errors
from engine.kandinsky.placing.loading import load_network, load_processor
from engine.models.model import Drawing, Drawn, OnStep, Step


class Segmenter:
    """Draw the masks of `Segment`; it reads English.

    The model is loaded when it is first wanted, from a folder or from the hub's cache; while its files are missing,
    each request looks for them again. It belongs to one thread.
    """

    def __init__(self, repository: Repository, device: Device) -> None:
        self._repository = repository
        self._device = device
        self._loaded: tuple[Any, Any] | None = None

    @translated_errors()
    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        """Draw one mask for each request: "L", of its picture's size, white where the words apply, else black.

        Raises `ModelMissing` where the files are absent or unusable.
        """
        drawn = []
        for number, drawing in enumerate(drawings, 1):
            drawn.append(Drawn([self._mask(drawing)]))
            on_step(Step(number, len(drawings)))
        return drawn

    def statistics(self) -> Mapping[str, tuple[int, int]]:
        """Tell of no caches."""
        return {}

    def _mask(self, drawing: Drawing) -> Image.Image:
        request: Any = drawing.request
        picture = drawing.picture(request.picture).convert("RGB")
        # The network sees a square; scaled back before the threshold, the edges are smooth.
        likely = Image.fromarray(self._likelihood(picture, request.prompt)).resize(
            picture.size, Image.Resampling.BILINEAR
        )
        return Image.fromarray(np.where(np.asarray(likely) >= request.threshold, 255, 0).astype(np.uint8))

    @torch.no_grad()
    def _likelihood(self, picture: Image.Image, words: str) -> Any:
        """Tell for each pixel of the network's square how likely `words` apply, float32 within 0 and 1."""
        processor, network = self._load()
        given = processor(text=words, images=picture, return_tensors="pt", truncation=True).to(network.device)
        given["pixel_values"] = given["pixel_values"].to(network.dtype)
        return network(**given).logits[0].float().sigmoid().cpu().numpy()

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            processor = load_processor(transformers.CLIPSegProcessor, self._repository)
            self._loaded = (
                processor,
                load_network(transformers.CLIPSegForImageSegmentation, self._repository, self._device),
            )
        return self._loaded
