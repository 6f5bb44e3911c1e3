"""Run the long soak: write a table, draw it, and say whether anything grew."""

from __future__ import annotations

import argparse
import asyncio
import csv
import tempfile
from pathlib import Path

from bot import logs, memory
from bot.config import Config
from tests.soak.chart import chart
from tests.soak.holdings import Sample, grown, growth
from tests.soak.soak import soak

ALLOWED = 200
MEASURED = ("memory_mb", "descriptors", "threads", "tasks", "entries")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--csv", type=Path, default=Path("soak.csv"))
    parser.add_argument("--svg", type=Path, default=Path("soak.svg"))
    options = parser.parse_args()
    logs.configure(Config(), "error")
    memory.bound()
    samples = asyncio.run(_run(options.jobs, options.samples, options.csv))
    options.svg.write_text(chart(samples), encoding="utf-8")
    for name in MEASURED:
        print(f"{name}: {growth(samples, name):+.1f} between the first and the last third once warm")
    print("grown:", grown(samples, ALLOWED) or "nothing")


async def _run(jobs: int, count: int, file: Path) -> list[Sample]:
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory() as folder, file.open("w", newline="", encoding="utf-8") as table:
        async for each in soak(Path(folder), jobs, count):
            samples.append(each)
            writer = csv.DictWriter(table, each.row())
            if len(samples) == 1:
                writer.writeheader()
            writer.writerow(each.row())
            table.flush()
    return samples


if __name__ == "__main__":
    main()
