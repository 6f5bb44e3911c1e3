"""Check the pictures that enter and leave a model; only the classifier itself needs a network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

from PIL.Image import Image

from engine.errors import RequestError
from engine.models.company import aside
from engine.models.model import Drawing, Drawn, Model, OnStep, Step, Wrapper


@dataclass(frozen=True, slots=True)
class Verdict:
    """Say that a picture counts as unsafe: the likeliest of the unsafe labels, and how likely they are, 0 to 1."""

    label: str
    score: float


class Judge(Protocol):
    """Be what looks at pictures, such as `engine.kandinsky.helpers.classifying.Classifier`."""

    def judge(self, pictures: Sequence[Image]) -> list[Verdict | None]:
        """Say of each picture whether it is unsafe: `None` where it is not."""


# What was seen of one request's pictures: its note, or nothing.
Flag = dict[str, object] | None


class Checked(Wrapper):
    """Be a model whose inputs and pictures are looked at: before they are drawn from, and before anybody sees them.

    What is unsafe is noted as "flagged_input" or "flagged", with its `label`, its `score` and the numbers of the
    `pictures`, from 1; with `refuses` it is a `RequestError` instead. Previews, at which nobody can look, are left out.
    """

    def __init__(self, model: Model, judge: Judge, *, refuses: bool) -> None:
        super().__init__(model)
        self._judge = judge
        self._refuses = refuses

    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        """Draw what is safe, or note what is not.

        With `refuses`, one unsafe picture fails the whole batch: raises `RequestError`, "input_refused" before anything
        is drawn, or "output_refused".
        """
        entered = self._look([_inputs(drawing) for drawing in drawings], "input_refused")
        drawn = self._model.render(drawings, _without_previews(on_step))
        left = self._look([_shown(*pair) for pair in zip(drawings, drawn, strict=True)], "output_refused")
        left = [_posted(*pair) for pair in zip(drawings, left, strict=True)]
        return [_noted(*each) for each in zip(drawn, entered, left, strict=True)]

    def _look(self, groups: Sequence[Sequence[Image]], refusal: str) -> list[Flag]:
        """Look at the pictures of each request, all at once."""
        pictures = [picture for group in groups for picture in group]
        verdicts = iter(aside(lambda: self._judge.judge(pictures)) if pictures else [])
        flags = [_flag(islice(verdicts, len(group))) for group in groups]
        for flag in flags:
            if flag and self._refuses:
                raise RequestError(refusal, **flag)
        return flags


def _without_previews(on_step: OnStep) -> OnStep:
    def on_step_unseen(step: Step) -> None:
        on_step(replace(step, previews=None))

    return on_step_unseen


def _inputs(drawing: Drawing) -> Sequence[Image]:
    return [drawing.picture(named) for named in drawing.request.pictures()]


def _shown(drawing: Drawing, drawn: Drawn) -> Sequence[Image]:
    """List what there is to look at: a mask shows nothing."""
    return drawn.images if drawing.request.draws else ()


def _posted(drawing: Drawing, flag: Flag) -> Flag:
    """Number the pictures as they are posted: each frame of a morph is in its animation and on its sheet."""
    return {**flag, "pictures": [1, 2]} if flag and drawing.request.is_animation else flag


def _flag(verdicts: Iterable[Verdict | None]) -> Flag:
    """Make one note of what is unsafe among a request's pictures, by the worst of them."""
    unsafe = {number: verdict for number, verdict in enumerate(verdicts, 1) if verdict}
    if not unsafe:
        return None
    worst = max(unsafe.values(), key=lambda verdict: verdict.score)
    return {"label": worst.label, "score": round(worst.score, 3), "pictures": list(unsafe)}


def _noted(drawn: Drawn, entered: Flag, left: Flag) -> Drawn:
    flags = {name: flag for name, flag in (("flagged_input", entered), ("flagged", left)) if flag}
    return replace(drawn, notes={**drawn.notes, **flags})
