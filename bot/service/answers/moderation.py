"""Answer /report, and /audit for moderators: what was changed, deleted, reported and refused on their server."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.commands.table import AUDIT, REPORT, Invocation
from bot.rules.visit import Visit
from bot.service.answers.desk import Answerer, Desk, for_moderators, job_named
from bot.service.answers.settings import shown_value
from bot.service.intake import find
from bot.surface import Answer
from bot.words.localisation import say
from engine.errors import RequestError
from engine.store.records import AuditEntry

ENTRIES_SHOWN = 20
LOOKED_THROUGH = 200
LONGEST_REASON = 300


async def _report(desk: Desk, visit: Visit, invocation: Invocation) -> Answer:
    """Tell the moderators of a job; once is enough."""
    if not visit.origin.is_moderated:
        raise RequestError("no_moderators_here")
    job, _ = await find(job_named(invocation), visit.origin, desk.store)
    if job.server != visit.origin.server:  # one's own of elsewhere, which nobody here can do anything about
        raise RequestError("job_unknown", value=job.id)
    reason = " ".join(str(invocation.options.get("reason") or "").split())[:LONGEST_REASON]
    known = await desk.store.audit.list(visit.origin.server, LOOKED_THROUGH)
    if not any((it.action, it.actor, it.facts.get("job")) == ("report", visit.origin.owner, job.id) for it in known):
        facts: dict[str, object] = {"job": job.id, "owner": job.owner, "reason": reason}
        await desk.store.audit.add(visit.origin.server, visit.origin.owner, "report", facts)
    return Answer(say("reported", job=job.id))


async def _audit(desk: Desk, visit: Visit, _: Invocation) -> Answer:
    for_moderators(visit.origin)
    if not visit.origin.server:
        raise RequestError("no_server_here")
    entries = await desk.store.audit.list(visit.origin.server, ENTRIES_SHOWN)
    return Answer("\n".join(_line(entry) for entry in entries) or say("audit-none"))


def _line(entry: AuditEntry) -> str:
    return f"{moment(entry.at)} {entry.actor}: {_what(entry)}"


def _what(entry: AuditEntry) -> str:
    """Say what was done."""
    facts = entry.facts
    match entry.action:
        case "setting":
            name, where = str(facts.get("name")), str(facts.get("scope")).partition(":")[2]
            if facts.get("value") is None:
                return say("audit-taken-back", name=name, where=where)
            return say("audit-setting", name=name, value=shown_value(name, facts["value"]), where=where)
        case "report":
            reason = facts.get("reason") or "-"
            return say("audit-report", job=facts.get("job"), owner=facts.get("owner"), reason=reason)
        case "delete":
            return say("audit-delete", job=facts.get("job"), owner=facts.get("owner"))
        case "cancel":
            return say("audit-cancel", job=facts.get("job"), owner=facts.get("owner"))
        case "blocked":
            again = {"times": facts["times"]} if "times" in facts else {}
            told = {"command": facts.get("command"), "word": facts.get("word") or "-"}
            return say("audit-blocked-again" if again else "audit-blocked", **told, **again)
    return entry.action


def moment(at: float) -> str:
    """Write a time as everybody reads it."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


BY_COMMAND: dict[str, Answerer] = {REPORT.name: _report, AUDIT.name: _audit}
