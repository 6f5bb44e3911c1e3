"""The end of the program, which is bounded: a thread that never ends is left behind."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# For how long the program waits for threads once everything is closed.
PATIENCE_S = 5.0


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
    import structlog  # here: most programs end in time, and `--help` need not wait for it

    busy = [thread.name for thread in threading.enumerate() if not thread.daemon and thread.is_alive()]
    structlog.get_logger().warning("threads_left_behind", threads=busy, waited_s=patience_s)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
