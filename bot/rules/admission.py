"""Let a request in, or say why not: the limits, checked against what a person has and had."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from functools import partial
from weakref import WeakValueDictionary

from bot.rules import policy
from bot.rules.arrivals import Arrivals
from bot.rules.limits import Limits
from bot.rules.policy import Use
from bot.rules.visit import Visit
from engine.catalog import Catalog
from engine.dispatch.dispatcher import Dispatcher
from engine.errors import RequestError
from engine.jobs import JobStatus
from engine.request import MAX_PROMPT
from engine.requests import AnyRequest
from engine.store.store import Store

# Whatever a command asks for, it is a picture or more.
LEAST = 1
# For how long what a person is refused for stands in one line of the record.
TOGETHER_S = 600.0


class Admission:
    """Check requests; what is refused for its words goes into the server's record, without the words."""

    def __init__(self, dispatcher: Dispatcher, store: Store, catalog: Catalog) -> None:
        self._dispatcher, self._store, self._catalog = dispatcher, store, catalog
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._searches: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._arrivals = Arrivals()

    async def expect(self, command: str, pictures: int, visit: Visit) -> None:
        """Raise `RequestError` where a person may send nothing now, whatever it is.

        That is known before anything of it is fetched or looked at: who may, what waits, what is left of the day, and
        how many pictures came in the last minute.
        """
        origin, bounds = visit.origin, visit.settings.bounds
        policy.check_access(command, origin, bounds)
        self._arrivals.check(pictures, origin, bounds)
        self._dispatcher.check(origin)
        await self._check_use(LEAST, visit)

    async def arrive(self, command: str, pictures: int, visit: Visit) -> None:
        """Count pictures that came, whatever becomes of them; errors as in `expect`."""
        await self.expect(command, pictures, visit)
        self._arrivals.check(pictures, visit.origin, visit.settings.bounds)  # others may have come in the meantime
        self._arrivals.add(pictures, visit.origin)

    async def admit(self, request: AnyRequest, given: Collection[str], visit: Visit, command: str) -> AnyRequest:
        """Lower what the person did not name, `given` being what they did; raise `RequestError` beyond a limit."""
        bounds = visit.settings.bounds
        request = policy.lowered(request, given, self._catalog[request.model], bounds)
        check = partial(policy.check_request, request, visit.origin, bounds, self._catalog.names())
        await self._checked(check, visit, command)
        return request

    async def admit_words(self, words: str, visit: Visit, command: str) -> None:
        """Raise `RequestError` for a blocked word in what is to be looked for in a picture, or for too many words."""
        if len(words) > MAX_PROMPT:
            raise RequestError("too_long", field="where", length=len(words), limit=MAX_PROMPT)
        await self._checked(partial(policy.check_words, [words], visit.settings.bounds), visit, command)

    @asynccontextmanager
    async def turn(self, request: AnyRequest, visit: Visit) -> AsyncIterator[None]:
        """Check what a person has in the queue and had today; nothing else of theirs gets in during the block."""
        async with self._turns.setdefault(visit.origin.owner, asyncio.Lock()):
            await self._check_use(request.pictures_counted(), visit)
            yield

    @asynccontextmanager
    async def search(self, visit: Visit) -> AsyncIterator[None]:
        """Let a person search one picture at a time, and only while a picture may come of it."""
        async with self._searches.setdefault(visit.origin.owner, asyncio.Lock()):
            await self._check_use(LEAST, visit)
            yield

    async def _check_use(self, pictures: int, visit: Visit) -> None:
        origin = visit.origin
        for limits in visit.settings.bounds:
            if limits.queued or limits.running or limits.counts_for(origin):
                now = time.time()
                policy.check_use(pictures, origin, limits, await self._use(visit, limits, now), now)

    async def _use(self, visit: Visit, limits: Limits, now: float) -> Use:
        """Count on this server, or, for the operator's limits, on all."""
        origin = visit.origin
        server = None if limits.is_operators else origin.server or None
        owned = [update.job for update in self._dispatcher.owned(origin.owner)]
        mine = [job for job in [*owned, *self._dispatcher.held(origin.owner)] if server in (None, job.server)]
        running = sum(job.status is JobStatus.LEASED for job in mine)
        counts = limits.counts_for(origin)
        used = await self._store.history.used_since(origin.owner, policy.midnight(now), server) if counts else 0
        return Use(len(mine) - running, running, used)

    async def _checked(self, check: Callable[[], None], visit: Visit, command: str) -> None:
        """Make a check: beside the event loop where there are words to look for."""
        has_words = any(limits.blocked_words for limits in visit.settings.bounds)
        try:
            # A batch and hundreds of words take a tenth of a second, in which nobody else is to wait.
            await asyncio.to_thread(check) if has_words else check()
        except RequestError as error:
            await self._record(error, command, visit)
            raise

    async def _record(self, error: RequestError, command: str, visit: Visit) -> None:
        """Write down that somebody was refused for a word: which of the server's own, and nothing of the prompt."""
        if error.code == "prompt_blocked" and visit.origin.server:
            facts = {"command": command, "word": error.facts.get("word")}
            await self._store.audit.count(visit.origin.server, visit.origin.owner, "blocked", facts, TOGETHER_S)
