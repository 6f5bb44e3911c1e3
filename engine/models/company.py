"""Draw several requests side by side on one thread: each goes its own way, and what they ask for is computed together.

Nothing here knows what is computed. A request is a greenlet, so that its way reads as if it were alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

from greenlet import getcurrent, greenlet

from engine.errors import WorkerLost

T = TypeVar("T")
# How long nobody can join where all wait for what is done aside.
MOMENT_S = 0.02
_beside = ThreadPoolExecutor(1, "beside")


class Turn(Enum):
    """Say when a kind is computed: before all others, in its turn, or again and again while anybody asks for it.

    What is `KEPT` costs much to begin with, as what has to come into memory first. Only what is kept waits for it.
    """

    FIRST = auto()
    FAIR = auto()
    KEPT = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """Ask for what `compute` makes of `given`.

    Those who ask for one `kind` at the time are answered together: `compute` takes what each of them gave, and returns
    as many answers. The time that it takes is shared among them by `size`. Nobody is answered before `after` is done.
    """

    kind: Hashable
    given: Any
    compute: Callable[[Sequence[Any]], Sequence[Any]]
    turn: Turn = Turn.FAIR
    size: int = 1
    after: Future[Any] | None = None

    @property
    def is_due(self) -> bool:
        """Tell whether it can be answered now."""
        return self.after is None or self.after.done()


def ask(asked: Ask) -> Any:
    """Return the answer: in company after others may have gone first, else at once. Raises what computing raises."""
    member = getcurrent()
    return member.wait(asked) if isinstance(member, _Member) else asked.compute([asked.given])[0]


def give_way() -> None:
    """Let others in the company go first."""
    ask(Ask(object(), None, lambda given: given))


def aside(work: Callable[[], T]) -> T:
    """Do what takes long without the networks of the model on a thread beside the company, which goes on meanwhile.

    Raises what `work` raises. Without a company it is done at once.
    """
    if not isinstance(getcurrent(), _Member):
        return work()
    doing = _beside.submit(work)
    answer: T = ask(Ask(doing, doing, lambda given: [each.result() for each in given], after=doing))
    return answer


def seconds_spent() -> float:
    """Tell how many seconds who asks has cost in its company: what it did alone, and its part of what was computed."""
    member = getcurrent()
    return member.spent() if isinstance(member, _Member) else 0.0


class Company:
    """Hold those who are under way; who comes goes first, and then each kind of asking has its turn."""

    def __init__(self) -> None:
        self._waiting: list[_Member] = []
        self._kept: Hashable = None

    def __len__(self) -> int:
        """Count those who are under way."""
        return len(self._waiting)

    def admit(self, *ways: Callable[[], None]) -> None:
        """Begin with `ways`, up to what each asks for first. Raises what a way raises."""
        began = [member for member in map(_Member, ways) if member.goes()]
        self._waiting = [*began, *self._waiting]

    def advance(self) -> None:
        """Answer those who wait for one kind, together, and let them go on. Raises what a way raises.

        Where all wait for what is done aside, wait for it as well, for a moment.
        """
        if not any(member.asked.is_due for member in self._waiting):
            wait([member.asked.after for member in self._waiting if member.asked.after], MOMENT_S, FIRST_COMPLETED)
            return
        kind = self._next().kind
        group = [member for member in self._waiting if member.asked.kind == kind]
        self._waiting = [member for member in self._waiting if member.asked.kind != kind]
        for member, answer in zip(group, _answers(group), strict=True):
            if member.goes(answer):
                self._waiting.append(member)

    def _next(self) -> Ask:
        asked = [member.asked for member in self._waiting if member.asked.is_due]
        if any(each.kind == self._kept for each in asked):
            asked = [each for each in asked if each.turn is not Turn.KEPT or each.kind == self._kept]
        first = min(asked, key=lambda each: each.turn is not Turn.FIRST)
        if first.turn is Turn.KEPT:
            self._kept = first.kind
        return first


class _Member(greenlet):  # type: ignore[misc]  # it has no types
    """Go one way, and stop wherever it asks for something."""

    asked: Ask

    def __init__(self, way: Callable[[], None]) -> None:
        super().__init__(way)
        self.seconds = 0.0
        self._since = 0.0

    def goes(self, *answer: Any) -> bool:
        """Go on with the answer, if any was asked for, and tell whether something is asked for again."""
        self._since = time.monotonic()
        if answer and isinstance(answer[0], _Error):
            self.throw(answer[0].error)
        else:
            self.switch(*answer)
        return not self.dead

    def wait(self, asked: Ask) -> Any:
        """Stop until `asked` is answered."""
        self.asked, self.seconds = asked, self.spent()
        return self.parent.switch()

    def spent(self) -> float:
        """Count the seconds until now, while it goes."""
        return self.seconds + time.monotonic() - self._since


@dataclass(frozen=True, slots=True)
class _Error:
    """Be the answer to one who is to blame for an error, or who was alone with it."""

    error: Exception


def _answers(group: Sequence[_Member]) -> Sequence[Any]:
    """Answer a group; where that fails, halves of it, down to the one at whom it fails."""
    began, first = time.monotonic(), group[0].asked
    try:
        answers = first.compute([member.asked.given for member in group])
    except WorkerLost:  # everybody's
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where it was asked for
        return _parted(group, error)
    _share(group, time.monotonic() - began)
    return answers


def _parted(group: Sequence[_Member], error: Exception) -> Sequence[Any]:
    if len(group) == 1:
        return [_Error(error)]
    half = len(group) // 2
    return [*_answers(group[:half]), *_answers(group[half:])]


def _share(group: Sequence[_Member], seconds: float) -> None:
    """Charge each of a group with its part of what was computed together."""
    total = sum(member.asked.size for member in group)
    for member in group:
        member.seconds += seconds * member.asked.size / total
