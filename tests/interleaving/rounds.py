"""Draw requests side by side in an order of chance: they come, leave and are cancelled between any two steps.

The witness of each picture is the same request drawn alone, before anybody else was there.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

import numpy as np

from engine.events import Done, Failed, WorkerEvent
from engine.models.model import Drawing, Drawn, OnStep, Step
from engine.request import Request
from engine.workers.base import Task
from engine.workers.render import Renderer, Work
from tests.engine.kandinsky.drawings import ignore, pixels

MOST = 6  # requests of a round
LATEST = 20  # turns after which all have come


class AtOnce:
    """Be an executor that does at once what it is given."""

    def submit(self, work: Any, *args: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(work(*args))
        return done


class Watched:
    """Be a model that keeps what it drew, by request, and counts the steps that were told."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench
        self.drawn: dict[str, list[np.ndarray]] = {}
        self.wrong: list[str] = []

    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        [drawing], told = drawings, []

        def counted(step: Step) -> None:
            told.append(step.done)
            on_step(step)

        drawn = self.bench.model.render([Drawing(drawing.request, self.bench.sent)], counted)
        if told != [*range(1, len(told) + 1)]:
            self.wrong.append(f"{drawing.request.mode} told of the steps {told}")
        self.drawn[drawing.request.caption] = pixels(*drawn[0].images)
        return drawn


@dataclass
class Guest:
    """Hold a request of a round: in which turn it comes, and in which it is cancelled, if it is."""

    name: str
    request: Request
    comes: int
    leaves: int | None
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def work(self) -> Work:
        request = self.request.model_copy(update={"caption": self.name})
        return Work(Task(self.name, 1, request), self.cancelled)


class Rounds:
    """Hold a bench with a model, and the `requests` that may meet."""

    def __init__(self, bench: Any, requests: Sequence[Request]) -> None:
        self._model = Watched(bench)
        self._bench, self._requests = bench, requests
        self.counted: Counter[str] = Counter()
        self.alone = cache(self._alone)

    def play(self, chance: Random) -> list[str]:
        """Play one round, and say what went wrong in it."""
        guests = [self._guest(chance, str(number)) for number in range(chance.randint(2, MOST))]
        said: list[WorkerEvent] = []
        self._forget()
        renderer = Renderer({self._bench.spec.name: self._model}, 1, said.append, AtOnce())
        self._run(renderer, guests)
        wrong = [*self._model.wrong, *(text for guest in guests for text in self._check(guest, said))]
        self._model.wrong.clear()
        return wrong

    def _guest(self, chance: Random, name: str) -> Guest:
        comes = chance.randrange(LATEST)
        leaves = comes + chance.randrange(LATEST) if chance.random() < 0.25 else None
        return Guest(name, self._requests[chance.randrange(len(self._requests))], comes, leaves)

    def _run(self, renderer: Renderer, guests: Iterable[Guest]) -> None:
        turn, together = 0, 0
        while renderer.is_busy or turn < LATEST:
            renderer.begin([guest.work for guest in guests if guest.comes == turn])
            for guest in guests:
                if guest.leaves == turn:
                    guest.cancelled.set()
            together = max(together, len(renderer._company))
            if renderer.is_busy:
                renderer.advance()
            turn += 1
        self.counted.update(rounds=1, turns=turn, together=together)

    def _check(self, guest: Guest, said: Sequence[WorkerEvent]) -> Iterable[str]:
        [last] = [event for event in said if isinstance(event, Done | Failed) and event.job_id == guest.name]
        self.counted[type(last).__name__] += 1
        if isinstance(last, Failed):
            if guest.leaves is None or last.code != "cancelled":
                yield f"{guest.request.mode} ended with {last.code} {last.facts}"
            return
        alone, together = self.alone(guest.request), self._model.drawn[guest.name]
        off = max(int(np.abs(one - other).max()) for one, other in zip(alone, together, strict=True))
        self.counted["pictures"] += len(together)
        self.counted["off by one"] += off == 1
        if off > 1:
            yield f"{guest.request.mode} of {guest.request.steps} steps is off by {off} of 255"

    def _alone(self, request: Request) -> list[np.ndarray]:
        self._forget()
        [drawn] = self._bench.render([request], ignore)
        return pixels(*drawn.images)

    def _forget(self) -> None:
        """Let every request make all of its steps, those of the prior too."""
        for each in self._bench.model.caches.values():
            each._values.clear()
