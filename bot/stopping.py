"""The stop, which is bounded whatever goes on: nobody waits long for a thread, or for a part that does not close."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import TypeVar

import structlog

T = TypeVar("T")
log = structlog.get_logger()

# For how long the program waits for threads once everything is closed.
PATIENCE_S = 5.0
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


@contextmanager
def leaving_in_time(patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Run the program in the block; a thread that outlasts it by `patience_s` is left behind, the exit code kept."""
    code = 1
    try:
        yield
        code = 0
    except SystemExit as end:
        code = int(end.code or 0) if isinstance(end.code, int | None) else 1
        raise
    finally:
        threading.Thread(target=_leave, args=(code, patience_s), name="leaving", daemon=True).start()


def _leave(code: int, patience_s: float) -> None:
    """End the process, unless it ends by itself: Python waits for its threads without a limit."""
    time.sleep(patience_s)
    busy = [thread.name for thread in threading.enumerate() if not thread.daemon and thread.is_alive()]
    log.warning("threads_left_behind", threads=busy, waited_s=patience_s)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
