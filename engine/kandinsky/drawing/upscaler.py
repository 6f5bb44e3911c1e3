"""Enlarge pictures with a model file of its own, which the `spandrel` library reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from engine.catalog import ModelSpec
from engine.errors import EngineError
from engine.kandinsky.drawing.denoising import StepCounter
from engine.kandinsky.drawing.latents import picture
from engine.kandinsky.drawing.windows import Windows
from engine.kandinsky.placing.device import Device
from engine.models.model import Drawing, Drawn, OnStep

# The side of what is enlarged at once, in pixels.
WINDOW = 256
SUFFIX = ".safetensors"


class Upscaler:
    """Enlarge pictures; the model is loaded when it is first wanted."""

    def __init__(self, spec: ModelSpec, device: Device) -> None:
        self._repository = spec.repositories.get("upscaler")
        self._device = device
        self._model: Any = None

    @property
    def is_configured(self) -> bool:
        """Tell whether there is a file to use."""
        return self._repository is not None

    @torch.no_grad()
    def enlarge(self, drawing: Drawing, on_step: OnStep) -> Drawn:
        """Enlarge the picture of a request to the request's size; raise `EngineError` where the file is not usable."""
        request, model = drawing.request, self._load()
        image = drawing.picture(request.pictures()[0]).convert("RGB")
        windows = Windows.cover(image.height, image.width, (min(WINDOW, image.height), min(WINDOW, image.width)))
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
        steps, parts = StepCounter(len(windows), on_step), []
        for seen in windows.cut(pixels):
            parts.append(model(seen.to(self._device.name)).float().cpu())
            steps.count()
        enlarged = picture(_joined(windows, int(model.scale), parts) * 2 - 1)
        size = (request.width or 0, request.height or 0)
        return Drawn([enlarged.resize(size, Image.Resampling.LANCZOS)] * request.count)

    def _load(self) -> Any:
        if self._model is None:
            self._model = _read(self._repository.path if self._repository else "", self._device)
        return self._model


def _joined(windows: Windows, scale: int, parts: list[Tensor]) -> Tensor:
    joined: Tensor = windows.scaled(scale).join(parts)[0]
    return joined


def _read(path: str, device: Device) -> Any:
    if not path.endswith(SUFFIX):  # the other formats are pickles, which can hold any program
        raise EngineError("upscaler_unusable", file=path, reason=f"only {SUFFIX} files are read")
    try:
        import spandrel
    except ImportError:
        raise EngineError("spandrel_missing") from None
    try:
        return spandrel.ModelLoader().load_from_file(path).to(device.name).eval()
    except Exception as error:
        raise EngineError("upscaler_unusable", file=path, reason=type(error).__name__) from error
