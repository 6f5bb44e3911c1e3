"""Stand around every model what makes it the bot's: in one order, for a reason at each place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.catalog import ModelSpec
from engine.models.model import Model
from engine.models.picture_check import Checked, Judge
from engine.models.prompts import ManyPrompts
from engine.models.segmentation import Segmenting
from engine.models.understanding import Interpreted, Interpreter


@dataclass(frozen=True, slots=True)
class Helpers:
    """Hold what the wrappers of every model share; without a `segmenter` or a `judge` there is nothing of the kind.

    With `refuses` unsafe pictures are refused. At most `group_size` prompts of a request are drawn at once.
    """

    interpreter: Interpreter
    group_size: int
    segmenter: Model | None = None
    judge: Judge | None = None
    refuses: bool = False


def _interpreted(model: Model, spec: ModelSpec, helpers: Helpers) -> Model:
    return Interpreted(model, helpers.interpreter, spec.reads)


def _many_prompts(model: Model, _spec: ModelSpec, helpers: Helpers) -> Model:
    return ManyPrompts(model, helpers.group_size)


def _segmenting(model: Model, _spec: ModelSpec, helpers: Helpers) -> Model:
    return Segmenting(model, helpers.segmenter)


def _checked(model: Model, _spec: ModelSpec, helpers: Helpers) -> Model:
    return Checked(model, helpers.judge, refuses=helpers.refuses) if helpers.judge else model


Wrap = Callable[[Model, ModelSpec, Helpers], Model]

# From the model outwards: a request passes them from the last to the first, its pictures from the first to the last.
WRAPPERS: tuple[Wrap, ...] = (
    # Next to the model, whose languages it knows.
    _interpreted,
    # Within the check, which numbers the pictures of a request as they are posted. With either neighbour it may change
    # places: a request of several prompts says all of them anew, and what is sought is never several.
    _many_prompts,
    # What finds something in a picture draws nothing: it passes the model by, and with it the languages that the model
    # reads and the words of a style.
    _segmenting,
    # Around all: nothing comes in or goes out that was not looked at, also what only the segmenter is shown.
    _checked,
)


def wrapped(model: Model, spec: ModelSpec, helpers: Helpers, wrappers: Sequence[Wrap] = WRAPPERS) -> Model:
    """Put `wrappers` around `model`, the first next to it."""
    for wrap in wrappers:
        model = wrap(model, spec, helpers)
    return model
