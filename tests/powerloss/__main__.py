"""`python -m tests.powerloss --rounds N`: cut the power at every synchronised point of N stores at work."""

import argparse
import asyncio
import logging
import time
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import structlog

from tests.powerloss.checking import check, cuts
from tests.powerloss.disk import DISKS
from tests.powerloss.recording import build, record


async def main(rounds: int, seed: int, steps: int, number: int | None) -> int:
    """Run the rounds; print what each found, and return how many things were wrong."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    counted: Counter[str] = Counter()
    began = time.monotonic()
    with TemporaryDirectory() as name:
        folder = Path(name)
        library = build(folder)
        for each in range(seed, seed + rounds):
            base, chance = folder / str(each), Random(each)
            records = record(library, base, "tests.powerloss.work", str(each), str(steps))
            places = cuts(records, chance, number)
            wrong = await check(records, base, folder / "left", places, chance)
            counted.update(rounds=1, records=len(records), cuts=len(places) * len(DISKS), wrong=len(wrong))
            print(f"seed {each}: {len(records)} records, {len(places)} places, {len(wrong)} wrong", *wrong, sep="\n  ")
    print({**counted, "seconds": round(time.monotonic() - began)})
    return counted["wrong"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--cuts", type=int, default=None, help="so many places of each round; all by default")
    asked = parser.parse_args()
    raise SystemExit(bool(asyncio.run(main(asked.rounds, asked.seed, asked.steps, asked.cuts))))
