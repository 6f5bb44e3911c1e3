"""How fast one person may go on, and that they are told where it is too fast, but not each time."""

from bot.rules.pace import PER_S, TELL_EVERY_S, Pace, Verdict


class Clock:
    """Be a clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_so_many_things_are_done_at_once_and_then_so_many_a_second():
    clock = Clock()
    pace = Pace(20, clock)
    assert [pace.judge("ada") for _ in range(21)] == [Verdict.DO] * 20 + [Verdict.TELL]
    clock.now += 1.0
    assert [pace.judge("ada") for _ in range(6)] == [Verdict.DO] * int(PER_S) + [Verdict.LEAVE]


def test_a_person_is_told_now_and_then():
    clock = Clock()
    pace = Pace(1, clock)
    told = []
    for clock.now in (0.0, TELL_EVERY_S / 2, TELL_EVERY_S + 1):
        told.append([pace.judge("ada") for _ in range(300)].count(Verdict.TELL))
    assert told == [1, 0, 1]


def test_nobody_pays_for_another():
    pace = Pace(1, Clock())
    assert [pace.judge(person) for person in ("ada", "ada", "bob")] == [Verdict.DO, Verdict.TELL, Verdict.DO]
