"""Let 200 people on 20 servers send 1,000 requests in a minute: python -m tools.benchmark_load [--quick].

The whole bot runs against the test servers of both platforms, which refuse what the platforms refuse: Telegram more
than 20 messages a minute in a group and 30 a second in all, Discord one request in fifty. The fake worker draws ten
pictures a second.
"""

from __future__ import annotations

import asyncio
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path

import structlog

from tests.whole.load import Load, Outcome, run

FULL = Load(discord_servers=10, telegram_servers=10, spread_s=60, step_s=0.05)
QUICK = Load(discord_servers=2, telegram_servers=2, spread_s=6, step_s=0.02)


def table(load: Load, outcome: Outcome) -> str:
    """Write what came of it."""
    single, busy = outcome.waits_s(1), outcome.waits_s(100, least=15)
    rows = (
        ("people", f"{len(load.requests) * (load.discord_servers + load.telegram_servers)}"),
        ("servers on Discord, on Telegram", f"{load.discord_servers}, {load.telegram_servers}"),
        ("requests", f"{len(outcome.asked):,} within {load.spread_s:.0f} s"),
        ("delivered exactly once", f"{len(outcome.asked) - len(outcome.not_once()):,}"),
        ("other messages left in the chats", f"{len(outcome.other_words):,}"),
        ("answers 429 met on the way", f"{outcome.refusals:,}"),
        ("one request, while somebody's tenth was begun before it", f"{len(outcome.overtaken()):,}"),
        ("people with one request waited for the worker, median and longest",
         f"{statistics.median(single):.1f} s, {single[-1]:.1f} s"),
        ("people with 15 and more, median and longest", f"{statistics.median(busy):.1f} s, {busy[-1]:.1f} s"),
        ("until the last one had their picture", f"{outcome.seconds:.0f} s"),
    )  # fmt: skip
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def main() -> None:
    """Print the table; end with 1 where a promise was broken."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("error"))
    load = QUICK if "--quick" in sys.argv else FULL
    with tempfile.TemporaryDirectory() as folder:
        outcome = asyncio.run(run(load, Path(folder)))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print(table(load, outcome))
    for words in outcome.other_words[:5]:
        print(f"left over: {words!r}", file=sys.stderr)
    sys.exit(bool(outcome.not_once() or outcome.overtaken()))


if __name__ == "__main__":
    main()
