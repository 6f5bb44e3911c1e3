"""The bot is killed in the midst of each thing that it does: nothing is lost, swallowed, doubled or stuck."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.chaos.rounds import Act, Outcome, Plan, play
from tests.chaos.traps import IN_WORKER, PLACES, Trap
from tests.chaos.zygote import Zygote

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240), pytest.mark.chaos]
EVERYBODY = (
    Act(0.0, "telegram", "imagine"),
    Act(0.0, "discord", "imagine"),
    Act(0.1, "telegram", "batch"),
    Act(0.1, "telegram", "inpaint"),
    Act(0.1, "discord", "inpaint"),
    Act(0.2, "discord", "several"),
    Act(0.2, "discord", "say", "queue"),
    Act(0.2, "telegram", "say", "/queue"),
)
BESIDE = 3


async def fall(zygote: Zygote, folder: Path, traps: Iterable[Trap]) -> list[Outcome]:
    """Play a round for each trap, some at a time."""
    turn = asyncio.Semaphore(BESIDE)

    async def one(number: int, trap: Trap) -> Outcome:
        async with turn:
            return await play(Plan(0, number, EVERYBODY, trap=trap), zygote, folder / str(number))

    return await asyncio.gather(*(one(number, trap) for number, trap in enumerate(traps)))


def broken(outcomes: Iterable[Outcome]) -> list[str]:
    return [
        f"{outcome.plan}: {finding.kind}: {finding.what}" for outcome in outcomes for finding in outcome.verdict.broken
    ]


def of(doing: str, calls: Iterable[int] = (1,)) -> list[Trap]:
    return [Trap(place, call, after) for place in PLACES[doing] for call in calls for after in (False, True)]


TRAPS = {doing: of(doing) for doing in PLACES} | {
    "encoding": [Trap(IN_WORKER, in_worker=True), *of("encoding")],
    "committing": of("committing", (1, 4, 9, 16)),
    "migrating": of("migrating", (1, 6, 14, 25)),
}


@pytest.mark.parametrize("doing", TRAPS)
async def test_who_is_killed_in_the_midst_of(doing, zygote, tmp_path):
    outcomes = await fall(zygote, tmp_path, TRAPS[doing])
    assert broken(outcomes) == []
    fell = sum(outcome.deaths for outcome in outcomes)
    assert fell >= len(outcomes) / 2, "the traps lie where nobody goes"
