"""Draw a request of several prompts with a model that knows requests of one: a group of them at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.models.model import Drawing, Drawn, Model, OnStep, Step, Wrapper
from engine.pictures import images
from engine.request import Request
from engine.requests import Batch, Text2Image

# What each prompt of a batch has for itself.
OWN = frozenset({"mode", "prompt", "seed", "count"})


class ManyPrompts(Wrapper):
    """Be a model that draws `Batch` too: as one picture of each prompt, at most `group_size` of them together."""

    def __init__(self, model: Model, group_size: int) -> None:
        super().__init__(model)
        self._group_size = group_size

    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        """Draw the requests; a `Batch` is alone, for it shares no denoising loop with others."""
        request = drawings[0].request
        if not isinstance(request, Batch):
            return self._model.render(drawings, on_step)
        drawn = self._draw([Drawing(single) for single in expanded(request)], request.exact, on_step)
        pictures = [picture for each in drawn for picture in each.images]
        return [Drawn(pictures, joined(request.prompts, [each.notes for each in drawn]))]

    def _draw(self, prompts: Sequence[Drawing], alone: bool, on_step: OnStep) -> list[Drawn]:
        """Draw group after group."""
        size = 1 if alone else self._group_size
        drawn: list[Drawn] = []
        for first in range(0, len(prompts), size):
            group = prompts[first : first + size]
            drawn += self._model.render(group, _counted(on_step, first, len(group), len(prompts)))
        return drawn


def expanded(request: Batch) -> list[Text2Image]:
    """Make a request of each prompt, with its own seed."""
    shared: dict[str, Any] = {name: getattr(request, name) for name in Request.model_fields.keys() - OWN}
    pairs = zip(request.prompts, request.seeds(), strict=True)
    return [Text2Image(**shared, prompt=prompt, seed=seed) for prompt, seed in pairs]


def joined(prompts: Sequence[str], notes: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Make the notes of one request from those of its prompts: what was understood is told of all or of none.

    Of what was not read every piece is told, of anything else that it was noted at all.
    """
    merged: dict[str, object] = {}
    for note in notes:
        merged = {**note, **merged}
    if "understood" in merged:
        pairs = zip(prompts, notes, strict=True)
        merged["understood"] = " + ".join(str(note.get("understood", prompt)) for prompt, note in pairs)
    if "cut" in merged:
        merged["cut"] = " … ".join(str(note["cut"]) for note in notes if "cut" in note)
    return merged


def _counted(on_step: OnStep, before: int, together: int, total: int) -> OnStep:
    """Count the steps of a group among those of all pictures; its preview is a sheet of what is drawn now."""

    def on_group_step(step: Step) -> None:
        previews = step.previews
        done = before * step.total + together * step.done
        sheet = (lambda: [images.sheet(previews())]) if previews else None
        on_step(replace(step, done=done, total=total * step.total, previews=sheet))

    return on_group_step
