"""Answer what only looks things up: the queue, earlier jobs, models, styles, statistics, help."""

from __future__ import annotations

import time

from bot.commands.table import CANCEL, HELP, HISTORY, MODELS, QUEUE, START, STATS, STYLES, Invocation
from bot.rules.policy import may_use_model
from bot.rules.settings import settings_of
from bot.service.answers.desk import Answerer, Desk, job_named
from bot.service.answers.help import help_text
from bot.service.answers.statistics import table
from bot.service.intake import find
from bot.surface import Answer, Origin
from bot.words import replies
from bot.words.localisation import say
from engine.errors import RequestError
from engine.jobs import DAY_S, Job
from engine.store.store import TransitionError

HISTORY_SHOWN = 10
# The times that statistics are told for, in days; nothing is since ever.
SPANS = (1, 7, None)


async def _start(_desk: Desk, _: Invocation, _origin: Origin) -> Answer:
    return Answer(say("start"))


async def _help(_: Desk, invocation: Invocation, origin: Origin) -> Answer:
    return Answer(help_text(origin.surface, str(invocation.options.get("command") or "")))


async def _queue(desk: Desk, _: Invocation, origin: Origin) -> Answer:
    mine = desk.dispatcher.owned(origin.owner)
    return Answer(replies.queue(mine, desk.dispatcher.waiting, desk.dispatcher.state))


async def _cancel(desk: Desk, invocation: Invocation, origin: Origin) -> Answer:
    """Stop the latest job, the one that is named, or all of the owner's; a moderator may stop anybody's."""
    which = job_named(invocation)
    held = desk.dispatcher.held(origin.owner)
    mine = [*held, *(update.job for update in desk.dispatcher.owned(origin.owner))]
    if which not in ("", "all") and origin.is_moderator:
        mine = [(await find(which, origin, desk.store))[0]]
    if not mine:
        raise RequestError("no_job")
    chosen = mine if which == "all" else [job for job in mine if which in ("", job.id)][-1:]
    if not chosen:
        raise RequestError("not_your_job", value=which)
    stopped = [job for job in [await _stop(desk, job, origin) for job in chosen] if job]
    if not stopped:
        raise RequestError("no_job")
    return Answer(replies.cancelled(stopped))


async def _stop(desk: Desk, job: Job, origin: Origin) -> Job | None:
    try:
        stopped = await desk.dispatcher.cancel(job.id)
    except TransitionError:  # it was rendered a moment ago
        return None
    if job.owner != origin.owner:
        await desk.store.audit.add(origin.server, origin.owner, "cancel", {"job": job.id, "owner": job.owner})
    return stopped


async def _history(desk: Desk, _: Invocation, origin: Origin) -> Answer:
    return Answer(replies.history(await desk.store.history.latest(origin.owner, HISTORY_SHOWN)))


async def _styles(desk: Desk, _: Invocation, _origin: Origin) -> Answer:
    return Answer(replies.styles(desk.styles.values()))


async def _models(desk: Desk, _: Invocation, origin: Origin) -> Answer:
    """List the models that this person may use."""
    bounds = (await settings_of(origin, desk.store, desk.rules)).bounds
    return Answer(replies.models([it for it in desk.catalog.models() if may_use_model(it.name, origin, bounds)]))


async def _stats(desk: Desk, _: Invocation, origin: Origin) -> Answer:
    """Tell the numbers of the server, or, in a person's own chat, the person's."""
    now = time.time()
    whose = {"server": origin.server} if origin.server else {"owner": origin.owner}
    spans = [(days, await desk.store.history.statistics(now - days * DAY_S if days else 0, **whose)) for days in SPANS]
    return Answer(table(spans, is_server=bool(origin.server), rules=desk.rules))


BY_COMMAND: dict[str, Answerer] = {
    START.name: _start,
    HELP.name: _help,
    QUEUE.name: _queue,
    CANCEL.name: _cancel,
    HISTORY.name: _history,
    STYLES.name: _styles,
    MODELS.name: _models,
    STATS.name: _stats,
}
