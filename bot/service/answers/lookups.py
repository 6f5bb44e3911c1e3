"""Answer what only looks things up: the queue, earlier jobs, models, styles, statistics, help."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import partial

from bot.commands.table import (
    CANCEL,
    COMMANDS,
    HELP,
    HISTORY,
    MODELS,
    QUEUE,
    START,
    STATS,
    STYLES,
    Command,
    Invocation,
)
from bot.commands.table import find as find_command
from bot.rules.policy import Rules, may_use_model
from bot.rules.visit import Visit
from bot.service.answers.desk import Answerer, Desk, job_named
from bot.service.intake import find
from bot.surface import Answer, Origin
from bot.words import replies
from bot.words.localisation import say
from bot.words.replies import command_help, option_help
from engine.errors import RequestError
from engine.jobs import DAY_S, Job
from engine.store.store import Statistics, TransitionError

HISTORY_SHOWN = 10
# The times that statistics are told for, in days; nothing is since ever.
SPANS = (1, 7, None)


async def _start(_desk: Desk, _visit: Visit, _: Invocation) -> Answer:
    return Answer(say("start"))


async def _help(_: Desk, visit: Visit, invocation: Invocation) -> Answer:
    return Answer(help_text(visit.origin.surface, str(invocation.options.get("command") or "")))


async def _queue(desk: Desk, visit: Visit, _: Invocation) -> Answer:
    mine = desk.dispatcher.owned(visit.origin.owner)
    return Answer(replies.queue(mine, desk.dispatcher.waiting, desk.dispatcher.state))


async def _cancel(desk: Desk, visit: Visit, invocation: Invocation) -> Answer:
    """Stop the latest job, the one that is named, or all of the owner's; a moderator may stop anybody's."""
    which = job_named(invocation)
    held = desk.dispatcher.held(visit.origin.owner)
    mine = [*held, *(update.job for update in desk.dispatcher.owned(visit.origin.owner))]
    if which not in ("", "all") and visit.origin.is_moderator:
        mine = [(await find(which, visit.origin, desk.store))[0]]
    if not mine:
        raise RequestError("no_job")
    chosen = mine if which == "all" else [job for job in mine if which in ("", job.id)][-1:]
    if not chosen:
        raise RequestError("not_your_job", value=which)
    stopped = [job for job in [await _stop(desk, job, visit.origin) for job in chosen] if job]
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


async def _history(desk: Desk, visit: Visit, _: Invocation) -> Answer:
    return Answer(replies.history(await desk.store.history.latest(visit.origin.owner, HISTORY_SHOWN)))


async def _styles(desk: Desk, _visit: Visit, _: Invocation) -> Answer:
    return Answer(replies.styles(desk.styles.values()))


async def _models(desk: Desk, visit: Visit, _: Invocation) -> Answer:
    """List the models that this person may use."""
    may = partial(may_use_model, origin=visit.origin, bounds=visit.settings.bounds)
    return Answer(replies.models([model for model in desk.catalog.models() if may(model.name)]))


async def _stats(desk: Desk, visit: Visit, _: Invocation) -> Answer:
    """Tell the numbers of the server, or, in a person's own chat, the person's."""
    now = time.time()
    whose = {"server": visit.origin.server} if visit.origin.server else {"owner": visit.origin.owner}
    spans = [(days, await desk.store.history.statistics(now - days * DAY_S if days else 0, **whose)) for days in SPANS]
    return Answer(table(spans, is_server=bool(visit.origin.server), rules=desk.rules))


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


def help_text(surface: str, name: str = "") -> str:
    """List the commands of a surface, or the options of the one called `name`; raise `RequestError` for none."""
    if name:
        return _command_help(find_command(name.strip().lower().removeprefix("/"), surface), surface)
    lines = [f"/{it.name}: {command_help(it)}" for it in COMMANDS if surface in it.surfaces]
    return "\n".join([*lines, say("help-hint")])


def _command_help(command: Command, surface: str) -> str:
    """Describe a command; pictures are options of their own only on Discord."""
    typed = surface != "discord"
    lines = [f"/{command.name}: {command_help(command)}"]
    for option in command.on(surface):
        if not (typed and option.is_picture):
            flag = "--" if typed and option.name != command.main else ""
            lines.append(f"   {flag}{option.name}: {option_help(command, option)}")
    return "\n".join([*lines, *([say("pictures-help")] if typed and command.pictures else [])])


def table(spans: Iterable[tuple[int | None, Statistics]], is_server: bool, rules: Rules) -> str:
    """Say the numbers of each span of days, a paragraph each; `None` is since ever."""
    head = say("stats-server") if is_server else say("stats-own")
    told = [f"{_span(days)} {_numbers(numbers, rules)}" for days, numbers in spans]
    return "\n".join([head, *told, *([say("stats-hint")] if rules.hourly_rate else [])])


def _span(days: int | None) -> str:
    if days is None:
        return say("stats-all")
    return say("stats-day") if days == 1 else say("stats-days", days=days)


def _numbers(numbers: Statistics, rules: Rules) -> str:
    if not numbers.jobs:
        return say("stats-nothing")
    parts = [say("stats-pictures", pictures=numbers.pictures), say("stats-failed", failed=numbers.failed)]
    if numbers.wait_s is not None and numbers.wait_p90_s is not None:
        parts.append(say("stats-wait", median=duration(numbers.wait_s), most=duration(numbers.wait_p90_s)))
    parts.append(say("stats-device", time=duration(numbers.seconds)))
    if rules.hourly_rate and numbers.pictures:
        cost = numbers.seconds / 3600 * rules.hourly_rate
        each = money(cost / numbers.pictures)
        parts.append(say("stats-cost", cost=money(cost), each=each, currency=rules.currency))
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """Say a time in the unit that suits it."""
    if seconds < 10:
        return say("seconds-exact", seconds=round(seconds, 1))
    if seconds < 120:
        return say("seconds", seconds=round(seconds))
    return say("minutes", minutes=round(seconds / 60)) if seconds < 7200 else say("hours", hours=round(seconds / 3600))


def money(amount: float) -> str:
    """Write an amount to the hundredth, and what is less than one to its second figure: 0.0034."""
    return f"{amount:.2f}" if amount >= 1 or not amount else f"{amount:.2g}" if amount >= 1e-4 else f"{amount:.6f}"
