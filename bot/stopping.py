"""The stop, which is bounded whatever goes on: nobody waits long for a thread, or for a part that does not close."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

import structlog

T = TypeVar("T")
log = structlog.get_logger()

# A worker's process is killed after a few seconds, and what it drew has five to come to the disk.
CLOSES_S = 15.0


class _Threads(ThreadPoolExecutor):
    """Be the threads of a loop, which does not wait for them when it is closed; whoever leaves the program does."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more work, and forget what was not begun."""
        super().shutdown(wait=False, cancel_futures=True)


@asynccontextmanager
async def own_threads() -> AsyncIterator[None]:
    """Give the block threads of its own: what is closed after it has free ones, whatever those of the block do."""
    loop, serving = asyncio.get_running_loop(), _Threads(thread_name_prefix="serving")
    loop.set_default_executor(serving)
    try:
        yield
    finally:
        loop.set_default_executor(_Threads(thread_name_prefix="closing"))
        serving.shutdown()


@asynccontextmanager
async def closed_in_time(part: AbstractAsyncContextManager[T]) -> AsyncIterator[T]:
    """Open `part` for the block; one that is not closed `CLOSES_S` after it is left behind, for the others to close."""
    opened = await part.__aenter__()
    try:
        yield opened
    except BaseException as error:
        await _close(part, error)
        raise
    await _close(part, None)


async def _close(part: AbstractAsyncContextManager[object], error: BaseException | None) -> None:
    try:
        async with asyncio.timeout(CLOSES_S) as limit:
            await part.__aexit__(type(error) if error else None, error, error.__traceback__ if error else None)
    except TimeoutError:
        if not limit.expired():
            raise
        log.warning("engine_left_behind", part=type(part).__name__, waited_s=CLOSES_S)
