"""Measure how soon people are answered while one sends the worst: python -m tools.benchmark_abuse [--seconds S].

In one run, on each platform: nobody sends anything, then one person pictures of 64 megapixels, texts of 1 MB, 300
presses a second, or mixes of 1 MB; somebody else asks for three pictures a second. The bot runs in a process of its own
against the test servers, with the fake worker, which draws ten a second. Discord's time is that of the interaction's
callback, Telegram's that of the bot's first words; what the test servers take is in them.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import tempfile
from pathlib import Path

from tests.whole.abuse import ABUSES, Measure, Outcome, run
from tests.whole.abusers import OnDiscord, OnTelegram, Worst
from tests.whole.faked_bot import LATE_S

SIDE_PX, LENGTH = 8_000, 1_000_000
# With their progress and pictures, well below the 30 messages a second that Telegram allows a bot.
ASKS_PER_S = 3.0
HEAD = ("platform", "sent meanwhile", "sent", "n", "p50, ms", "p99, ms", "max, ms", "loop blocked at most, ms", "in")


def row(where: str, abuse: str, outcome: Outcome) -> str:
    """Write what came of one measurement."""
    longest_s, place = max(outcome.blocks, default=(0.0, "–"))
    measured = (outcome.percentile(0.5), outcome.percentile(0.99), max(outcome.acknowledged_s))
    cells = (where, abuse, f"{outcome.sent:,}", str(len(outcome.acknowledged_s)), *map(_ms, measured))
    return f"| {' | '.join((*cells, _ms(longest_s) if outcome.blocks else f'< {_ms(LATE_S)}', place))} |"


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.0f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tools.benchmark_abuse", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--only", choices=ABUSES, nargs="*", default=list(ABUSES))
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}", flush=True)
    worst, measure = Worst.of(SIDE_PX, LENGTH), Measure(options.seconds, ASKS_PER_S)
    for place in (OnDiscord, OnTelegram):
        for abuse in options.only:
            with tempfile.TemporaryDirectory() as folder:
                outcome = asyncio.run(run(abuse, place(worst), measure, Path(folder)))
            print(row(place.name, abuse, outcome), flush=True)


if __name__ == "__main__":
    main()
