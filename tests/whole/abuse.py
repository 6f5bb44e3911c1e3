"""Let one person send the worst, and measure how soon another one's `/imagine` is acknowledged meanwhile.

The bot runs in a process of its own; the servers, and all that people send, are in this one.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from tests.whole.abusers import Place
from tests.whole.whole_bot import WholeBot, environment

ROOT = Path(__file__).parents[2]
# How many of each are sent in a second.
ABUSES: Mapping[str, float] = MappingProxyType({"nothing": 0, "pictures": 4, "texts": 10, "presses": 300, "mixes": 10})


class FakedBot(WholeBot):
    """Run the bot with the fake worker."""

    command = ("-m", "tests.whole.faked_bot")


@dataclass(frozen=True, slots=True)
class Measure:
    """Say for how many seconds somebody asks for pictures, and how many in each."""

    seconds: float
    asks_per_s: float


@dataclass(slots=True)
class Outcome:
    """Hold how often the worst was sent, after how many seconds each request was acknowledged, and what blocked.

    `blocks` are the seconds for which the bot's loop did nothing else, and the function that it was in.
    """

    sent: int = 0
    acknowledged_s: list[float] = field(default_factory=list)
    blocks: list[tuple[float, str]] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Return the seconds in which such a share of the requests was acknowledged."""
        return sorted(self.acknowledged_s)[math.ceil(share * len(self.acknowledged_s)) - 1]


async def run(abuse: str, place: Place, measure: Measure, folder: Path) -> Outcome:
    """Start a bot on one platform, and measure there."""
    log, outcome = folder / "bot.log", Outcome()
    async with place:
        settings = environment(folder, folder, web__enabled="false", log__json_lines="true", **place.settings)
        settings["PYTHONPATH"] = str(ROOT)
        async with FakedBot((), settings, log):
            await place.prepare()
            begun = len(log.read_bytes())
            async with asyncio.TaskGroup() as tasks:
                flood = tasks.create_task(_flood(place.abuses.get(abuse), ABUSES[abuse], outcome))
                outcome.acknowledged_s = await _asked(place, measure)
                flood.cancel()
            outcome.blocks = list(_blocks(log.read_bytes()[begun:]))
    return outcome


async def _flood(send: Callable[[], Coroutine[None, None, object]] | None, per_s: float, outcome: Outcome) -> None:
    """Send without waiting for any answer."""
    now = asyncio.get_running_loop().time
    began = now()
    for outcome.sent in itertools.count() if send else ():
        await asyncio.sleep(began + outcome.sent / per_s - now())
        await send()


async def _asked(place: Place, measure: Measure) -> list[float]:
    """Ask whether or not what was asked before was acknowledged."""
    asked = round(measure.seconds * measure.asks_per_s)
    return list(await asyncio.gather(*(_later(number / measure.asks_per_s, place) for number in range(asked))))


async def _later(seconds: float, place: Place) -> float:
    await asyncio.sleep(seconds)
    return await place.ask()


def _blocks(log: bytes) -> Iterator[tuple[float, str]]:
    for line in log.splitlines():
        told = json.loads(line)
        if told["event"] == "loop_blocked":
            yield told["seconds"], told["place"]
