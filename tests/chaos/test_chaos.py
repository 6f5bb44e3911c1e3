"""A few rounds of chaos with a fixed seed; `python -m tests.chaos` plays as many as are wanted."""

import asyncio

import pytest

from tests.chaos.report import Report
from tests.chaos.rounds import GROUPS, Outcome, draw, play

pytestmark = pytest.mark.timeout(240)
SEED, BESIDE = 1, 3
# The first three kill the bot while it posts, while it takes a job in, and at any moment.
SUITE, LONG = range(3, 6), range(6, 30)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("rounds", [SUITE, pytest.param(LONG, marks=pytest.mark.chaos)], ids=["suite", "long"])
async def test_rounds_of_chaos_break_no_promise(rounds, zygote, tmp_path):
    turn, report = asyncio.Semaphore(BESIDE), Report(SEED)

    async def one(number: int) -> Outcome:
        async with turn:
            return await play(draw(SEED, number, ("kills", "aimed")), zygote, tmp_path / str(number))

    for outcome in await asyncio.gather(*map(one, rounds)):
        report.add(outcome)
    assert [str(outcome.plan) for outcome in report.broken] == []


def test_the_same_seed_draws_the_same_round():
    assert draw(7, 3) == draw(7, 3)
    assert draw(7, 3) != draw(7, 4)
    assert draw(7, 3) != draw(8, 3)


def test_every_fault_is_drawn():
    drawn = {it.name for number in range(600) for it in draw(1, number).breaks}
    assert drawn == {name for group in GROUPS.values() for name in group}
