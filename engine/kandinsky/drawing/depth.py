"""Say how deep a picture is: by the map that came with the request, or by a model that estimates it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import transformers  # not its classes: each is imported with its models when it is first named
from PIL import Image
from torch import Tensor

from engine.catalog import ModelSpec
from engine.errors import RequestError
from engine.kandinsky.placing.device import Device, working_device
from engine.kandinsky.placing.loading import load_network, load_processor
from engine.models.model import Drawing


class Depth:
    """Make maps of depth: "L" images, the nearer the whiter; the model is loaded when it is first wanted."""

    def __init__(self, spec: ModelSpec, device: Device) -> None:
        self._repository = spec.repositories.get("depth")
        self._device = device
        self._loaded: tuple[Any, Any] | None = None

    def map(self, drawing: Drawing) -> Image.Image:
        """Make the map of a request's picture at the request's size.

        Raises `RequestError` where it must be estimated and no model is configured, `ModelMissing` where that is not
        usable.
        """
        request = drawing.request
        picture = drawing.picture(request.pictures()[0]).convert("RGB")
        depth = picture if getattr(request, "is_depth_map", False) else self._estimate(picture)
        return depth.convert("L").resize((request.width or 0, request.height or 0), Image.Resampling.BICUBIC)

    @torch.no_grad()
    def _estimate(self, picture: Image.Image) -> Image.Image:
        processor, network = self.load()
        pixels = processor(picture, return_tensors="pt").pixel_values
        depth = network(pixels.to(working_device(network), network.dtype)).predicted_depth[0].float().cpu()
        span = (depth.max() - depth.min()).clamp(min=1e-6)
        shades = ((depth - depth.min()) / span * 255).round().byte()
        return Image.fromarray(shades.numpy()).resize(picture.size, Image.Resampling.BICUBIC)

    @property
    def network(self) -> Any:
        """Return the network, `None` before it was first wanted."""
        return self._loaded[1] if self._loaded else None

    def load(self) -> tuple[Any, Any]:
        """Return the processor and the network; raise as `map` does."""
        if self._repository is None:
            raise RequestError("depth_missing")
        if self._loaded is None:
            processor = load_processor(transformers.AutoImageProcessor, self._repository)
            self._loaded = (
                processor,
                load_network(transformers.AutoModelForDepthEstimation, self._repository, self._device),
            )
        return self._loaded


def hint(depth: Image.Image) -> Tensor:
    """Turn a map of depth into what a ControlNet of Kandinsky 2.2 sees, float [3, height, width] within 0 and 1."""
    return torch.from_numpy(np.array(depth)).float().div(255).expand(3, -1, -1)
