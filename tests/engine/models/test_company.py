"""Several ways on one thread: each as if it were alone, and what they ask for at the time computed together."""

import threading
from collections.abc import Callable, Sequence

import pytest

from engine.errors import WorkerLost
from engine.models.company import Ask, Company, Turn, aside, ask, give_way, seconds_spent

Way = Callable[[], None]


class Adder:
    """Add one to what is given, note what was computed together, and fail where it is told to."""

    def __init__(self, fails_at: int | None = None, error: Exception | None = None) -> None:
        self.together: list[list[int]] = []
        self._fails_at, self._error = fails_at, error or ValueError("no")

    def __call__(self, kind: str, number: int, size: int = 1) -> int:
        return int(ask(Ask(kind, number, self._compute, size=size)))

    def _compute(self, given: Sequence[int]) -> Sequence[int]:
        self.together.append(list(given))
        if self._fails_at in given:
            raise self._error
        return [number + 1 for number in given]


def way(adder: Adder, kind: str, first: int, steps: int, left: list[object]) -> Way:
    """Ask `steps` times, and leave with the last answer or the error."""

    def go() -> None:
        number = first
        try:
            for _ in range(steps):
                number = adder(kind, number)
        except ValueError as error:
            left.append(str(error))
        else:
            left.append(number)

    return go


def finish(company: Company) -> None:
    while company:
        company.advance()


def test_alone_an_answer_comes_at_once() -> None:
    adder = Adder()
    give_way()
    assert (adder("a", 4), adder.together, seconds_spent()) == (5, [[4]], 0.0)


def test_those_who_ask_for_one_kind_are_answered_together_and_leave_when_they_are_done() -> None:
    adder, left, company = Adder(), [], Company()
    company.admit(way(adder, "a", 0, 3, left), way(adder, "a", 100, 1, left))
    finish(company)
    assert left == [101, 3]
    assert adder.together == [[0, 100], [1], [2]]


def test_who_comes_later_joins_at_the_next_step() -> None:
    adder, left, company = Adder(), [], Company()
    company.admit(way(adder, "a", 0, 3, left))
    company.advance()
    company.admit(way(adder, "a", 100, 2, left))
    finish(company)
    assert adder.together == [[0], [100, 1], [101, 2]]


def test_who_comes_goes_first_and_then_the_kinds_take_turns() -> None:
    adder, left, company = Adder(), [], Company()
    company.admit(way(adder, "a", 0, 3, left))
    company.advance()
    company.admit(way(adder, "b", 100, 3, left))
    finish(company)
    assert adder.together == [[0], [100], [1], [101], [2], [102]]


@pytest.mark.parametrize(
    ("turn", "order"),
    [
        (Turn.FAIR, ["a", "b", "a", "b", "a", "b"]),
        (Turn.KEPT, ["a", "a", "a", "b", "b", "b"]),
        (Turn.FIRST, ["a", "b", "a", "b", "a", "b"]),
    ],
)
def test_kinds_take_turns_but_what_is_kept_goes_on_while_anybody_asks_for_it(turn: Turn, order: list[str]) -> None:
    assert turns_of({"a": turn, "b": turn}) == order


def test_what_comes_first_goes_before_the_others_also_where_those_are_kept() -> None:
    assert turns_of({"a": Turn.KEPT, "b": Turn.FIRST}) == ["b", "b", "b", "a", "a", "a"]
    assert turns_of({"a": Turn.FAIR, "b": Turn.FIRST}) == ["b", "b", "b", "a", "a", "a"]


def test_who_gives_way_does_not_wait_for_what_is_kept() -> None:
    assert turns_of({"a": Turn.KEPT, "b": Turn.FAIR}) == ["a", "b", "a", "b", "a", "b"]


def turns_of(kinds: dict[str, Turn]) -> list[str]:
    """Let one ask for each kind three times, in its turn, and list what is computed."""
    order: list[str] = []

    def compute(given: Sequence[str]) -> Sequence[str]:
        order.extend(given)
        return given

    def way(kind: str) -> None:
        for _ in range(3):
            ask(Ask(kind, kind, compute, kinds[kind]))

    company = Company()
    company.admit(*(lambda kind=kind: way(kind) for kind in kinds))
    finish(company)
    return order


def test_what_is_done_aside_stops_nobody_and_its_own_way_goes_on_with_what_it_returned() -> None:
    adder, left, company, let_go = Adder(), [], Company(), threading.Event()

    def translates() -> None:
        left.append(aside(lambda: let_go.wait(10)))
        adder("a", 50)

    company.admit(translates, way(adder, "a", 0, 3, left))
    for _ in range(5):
        company.advance()
    assert (left, len(company)) == ([3], 1)
    let_go.set()
    finish(company)
    assert (left, adder.together) == ([3, True], [[0], [1], [2], [50]])


def test_an_error_aside_is_raised_where_it_was_asked_for() -> None:
    left, company = [], Company()

    def fails() -> None:
        try:
            aside(lambda: 1 / 0)
        except ZeroDivisionError as error:
            left.append(str(error))

    company.admit(fails)
    finish(company)
    assert left == ["division by zero"]
    assert aside(lambda: 5) == 5


def test_an_error_meets_only_who_is_to_blame() -> None:
    adder, left, company = Adder(fails_at=2), [], Company()
    company.admit(*(way(adder, "a", number, 2, left) for number in (0, 10, 20, 2)))
    finish(company)
    assert sorted(left, key=str) == [12, 2, 22, "no"]


def test_a_lost_device_is_everybodys() -> None:
    adder, company = Adder(fails_at=2, error=WorkerLost("device_fault")), Company()
    company.admit(*(way(adder, "a", number, 2, []) for number in (0, 2)))
    with pytest.raises(WorkerLost):
        company.advance()


def test_what_is_computed_together_is_shared_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr("engine.models.company.time.monotonic", lambda: float(next(clock)))
    adder, spent, company = Adder(), {}, Company()

    def asks(size: int) -> None:
        adder("a", 0, size)
        spent[size] = seconds_spent()

    company.admit(lambda: asks(1), lambda: asks(3))
    finish(company)
    alone = 2  # a tick to the first asking, and one from the answer to the end
    assert spent == {1: alone + 0.25, 3: alone + 0.75}
