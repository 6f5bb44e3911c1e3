"""What the answers look things up in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.commands.requesting import Styles
from bot.commands.table import Invocation
from bot.rules.policy import Rules
from bot.rules.visit import Visit
from bot.service.intake import find
from bot.surface import Answer, Origin, Surface
from engine.catalog import Catalog
from engine.dispatch.dispatcher import Dispatcher
from engine.errors import RequestError
from engine.events import Picture
from engine.jobs import SEEN, Job
from engine.store.store import Store


@dataclass(frozen=True, slots=True)
class Desk:
    """Hold what every answer may need."""

    dispatcher: Dispatcher
    store: Store
    catalog: Catalog
    styles: Styles
    surfaces: Mapping[str, Surface]
    rules: Rules

    async def posted(self, invocation: Invocation, origin: Origin) -> tuple[Job, list[Picture]]:
        """Find the job that is named, and its pictures; raise `RequestError` where it has none to show."""
        job, _ = await find(job_named(invocation), origin, self.store)
        if job.status not in SEEN:
            raise RequestError("job_without_pictures", value=job.id)
        return job, await self.store.pictures(job.id)


Answerer = Callable[[Desk, Visit, Invocation], Awaitable[Answer]]


def job_named(invocation: Invocation) -> str:
    """Return the job's number as a person wrote it, perhaps with that of a picture."""
    return str(invocation.options.get("job") or "").strip().lower().lstrip("#")


def for_moderators(origin: Origin) -> None:
    """Raise `RequestError` for everybody else."""
    if not origin.is_moderator:
        raise RequestError("moderators_only")
