"""What is shown as accepted before it is a job: noted on the disk first, so that a kill leaves nobody waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol, runtime_checkable

import structlog

from bot.manner import Manner
from bot.rules.visit import Visit
from bot.service.following import waits
from bot.surface import Surface, Undeliverable
from bot.words.localisation import say, speaking
from engine.errors import StoreFailed
from engine.jobs import Promise
from engine.store.store import Store

log = structlog.get_logger()


@runtime_checkable
class PromisingSurface(Protocol):
    """Be a surface on which people see that an answer comes before there is a job."""

    name: str

    async def break_promise(self, promise: Promise, text: str) -> None:
        """Say `text` where the answer was promised, unless one stands there; errors as in `Surface.deliver`."""


class Promises:
    """Note what is promised until it is a job or an answer; tell people of what an earlier run could not keep."""

    def __init__(self, store: Store, surfaces: Mapping[str, Surface]) -> None:
        self._store, self._surfaces = store, surfaces
        self._open: set[str] = set()  # those that this run made and has not ended
        self._breaking: set[asyncio.Task[None]] = set()

    async def make(self, visit: Visit, *, private: bool) -> None:
        """Commit that somebody is about to be promised an answer; `private` says that only they see it."""
        origin = visit.origin
        address = {**visit.manner().beside(origin.address), "private": private}
        await self._store.promises.add(Promise(origin.key, origin.owner, origin.surface, address, time.time()))
        self._open.add(origin.key)

    def became_job(self, key: str) -> None:
        """Note that the promise was ended by the commit of its job."""
        self._open.discard(key)

    async def end(self, key: str) -> None:
        """End the promise of a visit that is over, if there was one and no job came of it."""
        if key in self._open:
            self._open.discard(key)
            with suppress(StoreFailed):  # the next start finds the answer in its place, and leaves it there
                await self._store.promises.end(key)

    async def resume(self) -> None:
        """Tell those to whom an earlier run promised something that it did not come to."""
        for promise in await self._store.promises.all():
            surface: object = self._surfaces.get(promise.surface)
            if isinstance(surface, PromisingSurface):
                task = asyncio.create_task(self._break(promise, surface), name=f"break {promise.key}")
                self._breaking.add(task)
                task.add_done_callback(self._breaking.discard)

    async def close(self) -> None:
        """Stop telling; who was not told is told by the next run."""
        for task in (tasks := list(self._breaking)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _break(self, promise: Promise, surface: PromisingSurface) -> None:
        if not await self._store.jobs.by_key(promise.key):
            with speaking(Manner.of(promise).language):
                await self._tell(promise, surface, say("promise-broken"))
        await self._store.promises.end(promise.key)

    async def _tell(self, promise: Promise, surface: PromisingSurface, text: str) -> None:
        """Try until the person was told, or for about a day."""
        for wait_s in waits():
            if await self._is_told(promise, surface, text):
                return
            await asyncio.sleep(wait_s)

    async def _is_told(self, promise: Promise, surface: PromisingSurface, text: str) -> bool:
        """Tell a person, and whether there is nothing left to tell."""
        try:
            await surface.break_promise(promise, text)
        except Undeliverable as error:
            log.warning("promise_not_broken", key=promise.key, error=str(error))
        except Exception as error:  # noqa: BLE001 - whatever the platform throws, it is tried again
            log.warning("promise_not_broken", key=promise.key, error=repr(error), again=True)
            return False
        return True
