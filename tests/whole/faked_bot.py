"""The bot as `kandinsky-bot run` starts it, with the fake worker, and a guard of its loop that logs every block."""

from __future__ import annotations

import sys
from functools import partial

import structlog

import bot.app
from bot import assembly
from bot.__main__ import main
from bot.lag import Block, LoopGuard
from engine.settings import WorkerSettings
from engine.workers.fake import FakeWorker

# Ten pictures of two steps a second.
STEP_S = 0.05
# What an eye does not see is none of the guard's business.
LATE_S = 0.03
log = structlog.get_logger("bot.lag")


def worker(settings: WorkerSettings) -> FakeWorker:
    """Be the fake worker that knows what the real one was to load."""
    return FakeWorker(tuple(spec.name for spec in settings.models), step_s=STEP_S)


def tell(block: Block) -> None:
    """Log a block, however many there are."""
    log.warning("loop_blocked", place=block.place, seconds=block.seconds)


if __name__ == "__main__":
    assembly.ProcessWorker = worker
    bot.app.LoopGuard = partial(LoopGuard, LATE_S, tell)
    sys.argv = ["kandinsky-bot", "run"]
    main()
