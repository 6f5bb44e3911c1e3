"""Draw with a model, as the worker does."""

from collections.abc import Callable, Mapping, Sequence

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


def each(model: Model, requests: Sequence[Request]) -> list[Image.Image]:
    """Draw requests for one picture each, in one batch."""
    return [drawn.images[0] for drawn in model.render([Drawing(request, {}) for request in requests], ignore)]


def pixels(*pictures: Image.Image) -> list[np.ndarray]:
    return [np.asarray(picture).astype(int) for picture in pictures]
