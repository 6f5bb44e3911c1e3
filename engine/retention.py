"""How long jobs are kept: what is older is deleted, by the rule of its server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import structlog

from engine.dispatch.dispatcher import Dispatcher
from engine.errors import StoreFailed
from engine.jobs import DAY_S
from engine.store.store import Store

log = structlog.get_logger()

SWEEP_S = 3_600.0
SETTING = "retention_days"
_SERVER = "server:"


async def sweep(store: Store, days_of: Mapping[str, float], default_days: float | None) -> int:
    """Delete the ended jobs that are older than their server's days, and files that no job names; count the jobs.

    `default_days` is for servers without days of their own; 0 or `None` keeps jobs for ever.
    """
    count = 0
    for server in await store.jobs.servers():
        if days := days_of.get(server, default_days):
            count += await store.expire(time.time() - days * DAY_S, server)
    files = await store.remove_abandoned()
    if count or files:
        log.info("swept", jobs=count, abandoned_files=files)
    return count


async def days_by_server(store: Store) -> dict[str, float]:
    """Read the days that servers have set for themselves."""
    scopes = await store.settings.scopes(_SERVER)
    values = {scope: (await store.settings.get(scope)).get(SETTING) for scope in scopes}
    return {
        scope.removeprefix(_SERVER): value
        for scope, value in values.items()
        if isinstance(value, int | float) and value >= 0
    }


async def sweep_forever(store: Store, dispatcher: Dispatcher, default_days: float | None) -> None:
    """Sweep now and then every hour; whatever goes wrong is told to the operator and tried again an hour later."""
    while True:
        try:
            await dispatcher.drop_forgotten()
            await sweep(store, await days_by_server(store), default_days)
        except (StoreFailed, OSError) as error:
            log.warning("sweep_failed", error=str(error), again_in_s=SWEEP_S)
        except Exception:  # one thing that cannot be read must not keep all others for ever
            log.exception("sweep_failed", again_in_s=SWEEP_S)
        await asyncio.sleep(SWEEP_S)
