"""What a model offers to the worker that holds it, whatever its family."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from PIL.Image import Image

from engine.request import InputPicture
from engine.requests import AnyRequest


@dataclass(frozen=True, slots=True)
class Drawing:
    """Hold one request and, by their checksums, the pictures that it is about: RGB, or RGBA where transparent."""

    request: AnyRequest
    inputs: Mapping[str, Image] = field(default_factory=dict)

    def picture(self, named: InputPicture) -> Image:
        """Return a picture that the request names."""
        return self.inputs[named.sha256]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Hold the pictures of one request, and what its person should know about them, by codes."""

    images: Sequence[Image]
    notes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """Say that `done` of `total` steps are over; `previews`, if any, makes one small picture per request."""

    done: int
    total: int
    previews: Callable[[], Sequence[Image]] | None = None


# Called after each denoising step; it ends the render by raising.
OnStep = Callable[[Step], None]


class Model(Protocol):
    """Draw pictures with one set of weights."""

    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        """Draw the pictures of requests that share a `batch_key`, one for each of their `seeds()`.

        Raises `RequestError` for what the model cannot draw, `OutOfMemory`, and `WorkerLost` after an error that only
        a new process recovers from. What `on_step` raises passes through.
        """

    def statistics(self) -> Mapping[str, tuple[int, int]]:
        """Tell for each cache how often a value was there, and how often it was not."""


class Wrapper(ABC):
    """Be a model around another one; `engine.models.wrappers` says which stand around which."""

    def __init__(self, model: Model) -> None:
        self._model = model

    @abstractmethod
    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        """Draw with the model within, or instead of it; see `Model`."""

    def statistics(self) -> Mapping[str, tuple[int, int]]:
        """Tell of the caches of the model within."""
        return self._model.statistics()


class Models(dict[str, Model]):
    """Hold models by name; `swap_s` is how many seconds another one takes to come into memory, if not all are there."""

    def __init__(self, models: Mapping[str, Model], swap_s: float = 0.0) -> None:
        super().__init__(models)
        self.swap_s = swap_s
