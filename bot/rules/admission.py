"""Let a request in, or say why not: the limits, checked against what a person has and had."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from bot.commands.table import Invocation
from bot.rules import policy
from bot.rules.limits import Limits
from bot.rules.policy import Use
from bot.rules.settings import Settings
from bot.surface import Origin
from engine.catalog import Catalog
from engine.dispatch.dispatcher import Dispatcher
from engine.errors import RequestError
from engine.jobs import JobStatus
from engine.requests import AnyRequest
from engine.store.store import Store


class Admission:
    """Check requests; what is refused for its words goes into the server's record, without the words."""

    def __init__(self, dispatcher: Dispatcher, store: Store, catalog: Catalog) -> None:
        self._dispatcher, self._store, self._catalog = dispatcher, store, catalog
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def check_command(self, invocation: Invocation, origin: Origin, settings: Settings) -> None:
        """Raise `RequestError` for what can be refused before any picture is looked at."""
        policy.check_access(invocation.command.name, origin, settings.bounds)
        try:
            await asyncio.to_thread(policy.check_words, [*policy.words_of(invocation)], settings.bounds)
        except RequestError as error:
            await self._record(error, invocation.command.name, origin)
            raise

    async def check_request(
        self, request: AnyRequest, given: Collection[str], origin: Origin, settings: Settings
    ) -> AnyRequest:
        """Lower what the person did not name, and raise `RequestError` for what is beyond a limit."""
        request = policy.lowered(request, given, self._catalog[request.model], settings.bounds)
        try:
            # A batch and hundreds of words take a tenth of a second, in which nobody else is to wait.
            await asyncio.to_thread(policy.check_request, request, origin, settings.bounds, self._catalog.names())
        except RequestError as error:
            await self._record(error, request.mode, origin)
            raise
        return request

    @asynccontextmanager
    async def turn(self, request: AnyRequest, origin: Origin, settings: Settings) -> AsyncIterator[None]:
        """Check what a person has in the queue and had today; nothing else of theirs gets in during the block."""
        lock = self._turns.setdefault(origin.owner, asyncio.Lock())
        async with lock:
            for limits in settings.bounds:
                if limits.queued or limits.running or limits.counts_for(origin):
                    now = time.time()
                    policy.check_use(request, origin, limits, await self._use(origin, limits, now), now)
            yield

    async def _use(self, origin: Origin, limits: Limits, now: float) -> Use:
        """Count on this server, or, for the operator's limits, on all."""
        server = None if limits.is_operators else origin.server or None
        owned = [update.job for update in self._dispatcher.owned(origin.owner)]
        mine = [job for job in [*owned, *self._dispatcher.held(origin.owner)] if server in (None, job.server)]
        running = sum(job.status is JobStatus.LEASED for job in mine)
        counts = limits.counts_for(origin)
        used = await self._store.history.used_since(origin.owner, policy.midnight(now), server) if counts else 0
        return Use(len(mine) - running, running, used)

    async def _record(self, error: RequestError, command: str, origin: Origin) -> None:
        """Write down that somebody was refused for a word: which of the server's own, and nothing of the prompt."""
        if error.code == "prompt_blocked" and origin.server:
            facts = {"command": command, "word": error.facts.get("word")}
            await self._store.audit.add(origin.server, origin.owner, "blocked", facts)
