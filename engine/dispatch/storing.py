"""What became of jobs, on its way to the disk: beside whoever listens, so that nobody waits for a disk that refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeVar

import structlog

from engine.errors import StoreFailed
from engine.store.store import TransitionError

log = structlog.get_logger()

T = TypeVar("T")
# Nothing may be lost to a full disk: what it refuses is tried again.
STORE_RETRY_S = 5.0
# So much of pictures may wait for the disk in memory; beyond it no lane begins to draw.
UNSTORED_BYTES = 64 * 2**20
# How long an orderly end waits for what is on its way.
GRACE_S = 5.0


class Storing:
    """Hold what is on its way to the disk, each in a task of its own.

    A job's results are in order by themselves: it has one worker at a time, and another only after it was put back.
    """

    def __init__(self) -> None:
        self._sizes: dict[asyncio.Task[None], int] = {}

    def begin(self, work: Coroutine[None, None, None], size: int = 0) -> None:
        """Let something be stored that holds so many bytes in memory until then."""
        task = asyncio.create_task(work)
        self._sizes[task] = size
        task.add_done_callback(self._sizes.pop)

    async def room(self) -> None:
        """Wait while too much is in memory that the disk has not taken."""
        while sum(self._sizes.values()) >= UNSTORED_BYTES:
            await asyncio.wait(list(self._sizes), return_when=asyncio.FIRST_COMPLETED)

    async def close(self) -> None:
        """Wait some seconds for the disk; a job whose result it has not taken by then is drawn anew by the next run."""
        if not self._sizes:
            return
        _, late = await asyncio.wait(list(self._sizes), timeout=GRACE_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


async def until_stored(act: Callable[[], Awaitable[T]]) -> T | None:
    """Repeat a change until the store takes it, and return what it returned.

    Return nothing where a job was cancelled in the meantime: it stays as it is.
    """
    while True:
        try:
            return await act()
        except TransitionError:
            return None
        except (StoreFailed, OSError) as error:
            log.error("store_failed", error=str(error), again_in_s=STORE_RETRY_S)
            await asyncio.sleep(STORE_RETRY_S)
