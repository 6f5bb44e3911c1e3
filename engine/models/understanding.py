"""Give a model a request in words that it reads; the request itself stays as it was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from engine.models.company import aside
from engine.models.language import Understood
from engine.models.model import Drawing, Drawn, Model, OnStep, Wrapper
from engine.requests import AnyRequest


class Interpreter(Protocol):
    """Be what understands prompts, such as `engine.kandinsky.helpers.translation.Translator`."""

    def understand(self, prompt: str, reads: frozenset[str]) -> Understood:
        """Say `prompt` in a language that is in `reads`."""


class Interpreted(Wrapper):
    """Be a model that is spoken to in a language that it reads."""

    def __init__(self, model: Model, interpreter: Interpreter, reads: frozenset[str]) -> None:
        super().__init__(model)
        self._interpreter = interpreter
        self._reads = reads

    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        """Draw what the model makes of the requests in its own language, and note what it was given."""
        heard = aside(lambda: [understood(drawing.request, self._interpreter, self._reads) for drawing in drawings])
        spoken = [replace(drawing, request=request) for drawing, (request, _) in zip(drawings, heard, strict=True)]
        drawn = self._model.render(spoken, on_step)
        return [replace(each, notes={**each.notes, **notes}) for each, (_, notes) in zip(drawn, heard, strict=True)]


def understood(
    request: AnyRequest, interpreter: Interpreter, reads: frozenset[str]
) -> tuple[AnyRequest, dict[str, object]]:
    """Put every text of `request` into words that a model reads, and note what was changed and what was not possible.

    The words of its style are added to what is drawn, and are nobody's news. The notes hold "understood", the words
    that were given instead, and "problem", a code of `bot.words.replies`.
    """
    heard: list[Understood] = []

    def say(text: str) -> str:
        if not text:
            return text
        heard.append(interpreter.understand(text, reads))
        return heard[-1].text

    spoken = request.with_texts(say)
    notes: dict[str, object] = {}
    if any(each.translated for each in heard):
        notes["understood"] = " + ".join(spoken.texts())
    if problem := next((each.problem for each in heard if each.problem), None):
        notes["problem"] = problem
    return styled(spoken), notes


def styled(request: AnyRequest) -> AnyRequest:
    """Add the words of its style to all that a request says; what only finds something in a picture has no look."""
    style = request.style
    if not style or not request.draws:
        return request

    def add(text: str) -> str:
        return _joined(text, style.prompt)

    negative = _joined(request.negative_prompt, style.negative_prompt)
    return request.with_texts(add).model_copy(update={"negative_prompt": negative})


def _joined(*texts: str) -> str:
    return ", ".join(text for text in texts if text)
