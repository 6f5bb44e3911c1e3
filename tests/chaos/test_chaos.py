"""A few rounds of chaos with a fixed seed; `python -m tests.chaos` plays as many as are wanted."""

import asyncio

import pytest

from tests.chaos.report import Report
from tests.chaos.rounds import GROUPS, Outcome, draw, play

pytestmark = [pytest.mark.timeout(240), pytest.mark.chaos]
SEED, ROUNDS, BESIDE = 1, 8, 3


@pytest.mark.asyncio(loop_scope="module")
async def test_rounds_of_chaos_break_no_promise(zygote, tmp_path):
    turn, report = asyncio.Semaphore(BESIDE), Report(SEED)

    async def one(number: int) -> Outcome:
        async with turn:
            return await play(draw(SEED, number, ("kills", "aimed")), zygote, tmp_path / str(number))

    for outcome in await asyncio.gather(*map(one, range(ROUNDS))):
        report.add(outcome)
    assert [str(outcome.plan) for outcome in report.broken] == []


def test_the_same_seed_draws_the_same_round():
    assert draw(7, 3) == draw(7, 3)
    assert draw(7, 3) != draw(7, 4)
    assert draw(7, 3) != draw(8, 3)


def test_every_fault_is_drawn():
    drawn = {it.name for number in range(600) for it in draw(1, number).breaks}
    assert drawn == {name for group in GROUPS.values() for name in group}
