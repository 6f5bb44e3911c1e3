"""Break the bot for many rounds: `python -m tests.chaos --rounds 1000 --seed 1 [--only kills] [--round N]`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import tempfile
import time
from pathlib import Path

from tests.chaos.report import Report
from tests.chaos.rounds import GROUPS, draw, play
from tests.chaos.zygote import Zygote


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--round", type=int, help="repeat this one alone")
    parser.add_argument("--first", type=int, default=0, help="the number of the first round")
    parser.add_argument("--only", default="", help=f"faults of these groups: {', '.join(GROUPS)}")
    parser.add_argument("--beside", type=int, default=3, help="how many rounds are played at a time")
    parser.add_argument("--out", type=Path, default=Path("chaos"), help="where to write chaos.json and chaos.md")
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)  # clients that are killed cut their requests
    asyncio.run(_run(parser.parse_args()))


async def _run(wanted: argparse.Namespace) -> None:
    numbers = [wanted.round] if wanted.round is not None else range(wanted.first, wanted.first + wanted.rounds)
    groups = tuple(wanted.only.split(",")) if wanted.only else tuple(GROUPS)
    report, turn, began = Report(wanted.seed), asyncio.Semaphore(wanted.beside), time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    async with Zygote(folder / "zygote.log") as zygote:

        async def one(number: int) -> None:
            async with turn:
                report.add(await play(draw(wanted.seed, number, groups), zygote, folder / str(number)))
                report.write(wanted.out, time.monotonic() - began)

        async with asyncio.TaskGroup() as tasks:
            for number in numbers:
                tasks.create_task(one(number))
    print(report.table(time.monotonic() - began), f"\nbroken rounds: {folder}")
    raise SystemExit(1 if report.broken else 0)


if __name__ == "__main__":
    main()
