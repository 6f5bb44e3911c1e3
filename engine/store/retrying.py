"""Keep on trying what the disk refuses: nothing may be lost to a full one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from engine.errors import StoreFailed
from engine.store.job_table import TransitionError

log = structlog.get_logger()

STORE_RETRY_S = 5.0


async def until_stored(act: Callable[[], Awaitable[None]]) -> bool:
    """Repeat a change until the store takes it.

    Tell whether it was made: a job that was cancelled in the meantime stays as it is.
    """
    while True:
        try:
            await act()
        except TransitionError:
            return False
        except (StoreFailed, OSError) as error:
            log.error("store_failed", error=str(error), again_in_s=STORE_RETRY_S)
            await asyncio.sleep(STORE_RETRY_S)
        else:
            return True
