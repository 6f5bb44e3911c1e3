"""Draw with a model, as the worker does."""

from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image

from engine.models.model import Drawing, Model, Step
from engine.request import Request


def ignore(step: Step) -> None:
    pass


def images(
    model: Model,
    request: Request,
    on_step: Callable[[Step], None] = ignore,
    inputs: Mapping[str, Image.Image] | None = None,
) -> list[Image.Image]:
    """Draw one request alone."""
    return list(model.render([Drawing(request, inputs or {})], on_step)[0].images)


def pixels(*pictures: Image.Image) -> list[np.ndarray]:
    return [np.asarray(picture).astype(int) for picture in pictures]
