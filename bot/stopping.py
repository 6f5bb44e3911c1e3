"""The stop, which is bounded whatever threads do: nobody waits long for one that computes or hangs."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager

import structlog

log = structlog.get_logger()

# For how long the program waits for threads once everything is closed.
PATIENCE_S = 5.0


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
