"""Whether the bot can serve, and its pulse: a file that the event loop touches while it is alive."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


class CannotServe(Exception):
    """Say in a sentence for the operator why the bot, or a part of it, cannot serve."""


BEAT_S = 5.0
DEAD_AFTER_S = 30.0


@asynccontextmanager
async def heartbeat(folder: Path) -> AsyncIterator[None]:
    """Touch `folder`/heartbeat every few seconds until the end of the block, then take it away."""
    file = folder / "heartbeat"
    beating = asyncio.create_task(_beat(file), name="heartbeat")
    try:
        yield
    finally:
        beating.cancel()
        file.unlink(missing_ok=True)


def is_alive(folder: Path) -> bool:
    """Tell whether the loop of the bot that works on `folder` was alive a moment ago."""
    try:
        return time.time() - (folder / "heartbeat").stat().st_mtime < DEAD_AFTER_S
    except FileNotFoundError:
        return False


async def _beat(file: Path) -> None:
    while True:
        await asyncio.to_thread(file.touch)
        await asyncio.sleep(BEAT_S)
