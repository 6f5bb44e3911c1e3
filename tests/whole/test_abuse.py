"""The measurement of abuse works, in small: `tools/benchmark_abuse.py` makes the large one."""

import math

from tests.whole.abuse import ABUSES, Measure, Outcome, run
from tests.whole.abusers import OnDiscord, OnTelegram, Worst
from tools.benchmark_abuse import HEAD, row

SMALL = Measure(seconds=0.5, asks_per_s=8.0)


async def test_somebody_is_acknowledged_while_another_sends_the_worst(tmp_path):
    outcome = await run("presses", OnDiscord(Worst.of(64, 1_000)), SMALL, tmp_path)
    assert len(outcome.acknowledged_s) == 4
    assert all(map(math.isfinite, outcome.acknowledged_s))
    assert outcome.sent > 0


def test_each_abuse_can_be_sent_on_each_platform():
    worst = Worst.of(64, 1_000)
    assert [set(place(worst).abuses) for place in (OnDiscord, OnTelegram)] == [set(ABUSES) - {"nothing"}] * 2


def test_what_is_printed_is_a_row_of_the_table():
    outcome = Outcome(3, [n / 100 for n in range(1, 101)], [(0.05, "a.py:b"), (0.07, "c.py:d")])
    printed = row("Discord", "texts", outcome)
    assert printed == "| Discord | texts | 3 | 100 | 500 | 990 | 1000 | 70 | c.py:d |"
    assert printed.count("|") == len(HEAD) + 1
    assert row("Discord", "nothing", Outcome(0, [0.01])).endswith("| < 30 | – |")
