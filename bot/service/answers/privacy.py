"""Answer /privacy: show, export and delete what is kept about a person."""

from __future__ import annotations

import hashlib
from contextlib import suppress

from bot.commands.table import PRIVACY, Invocation, Upload
from bot.service.answers.desk import Answerer, Desk
from bot.service.answers.export import Export, Part, written
from bot.service.answers.moderation import moment
from bot.surface import Answer, Origin
from bot.words.localisation import say
from engine.errors import PictureDamaged, RequestError
from engine.events import Picture
from engine.jobs import ENDED, Job, JobStatus
from engine.store.store import TransitionError

# What every platform takes as a file, with room for the archive's own words.
MOST_BYTES = 8_000_000
ACTIONS = ("show", "export", "delete")


async def _privacy(desk: Desk, invocation: Invocation, origin: Origin) -> Answer:
    """Take "/privacy export 0123456789" as well as "--action export --code 0123456789"."""
    action, _, rest = str(invocation.options.get("action") or "show").strip().lower().partition(" ")
    code = str(invocation.options.get("code") or rest).strip().lower()
    if action not in ACTIONS:
        raise RequestError("setting_choice", name="action", value=action, known=list(ACTIONS))
    if action == "export":
        return await _export(desk, origin, code)
    return await (_delete(desk, origin, code) if action == "delete" else _show(desk, origin))


async def _show(desk: Desk, origin: Origin) -> Answer:
    jobs = await desk.store.jobs.owned_by(origin.owner)
    inputs = {picture.sha256 for job in jobs for picture in job.request.pictures()}
    pictures = sum(len(job.request.seeds()) for job in jobs if job.status is JobStatus.POSTED)
    settings = await desk.store.settings.get(f"owner:{origin.owner}")
    since = [say("privacy-since", when=moment(jobs[0].created_at))] if jobs else []
    counts = say("privacy-kept", jobs=len(jobs), pictures=pictures, inputs=len(inputs), settings=len(settings))
    return Answer("\n".join([counts, *since, await _retention(desk, origin), say("privacy-hint")]))


async def _retention(desk: Desk, origin: Origin) -> str:
    own = (await desk.store.settings.get(f"server:{origin.server}")).get("retention_days") if origin.server else None
    days = own or desk.rules.retention_days
    return say("privacy-retention", days=round(float(str(days)))) if days else say("privacy-for-ever")


async def _export(desk: Desk, origin: Origin, begin: str) -> Answer:
    """Pack everything into an archive, as far as one file may go; `begin` is the job where the last one ended."""
    jobs = await desk.store.jobs.owned_by(origin.owner)
    if begin and begin not in {job.id for job in jobs}:
        raise RequestError("job_unknown", value=begin)
    first = next((number for number, job in enumerate(jobs) if job.id == begin), 0)
    export = Export(origin.owner, await desk.store.settings.get(f"owner:{origin.owner}"))
    going_on = ""
    for job in jobs[first:]:
        part = await _part(desk, job)
        if export.parts and export.size + part.size > MOST_BYTES:
            going_on = job.id
            break
        export.add(part if part.size <= MOST_BYTES else part.without_files())
    data = await written(export)
    file = Upload(f"kandinsky-{begin or 'export'}.zip", data)
    return Answer(_exported(export, len(jobs), first, going_on), files=(file,))


def _exported(export: Export, total: int, first: int, going_on: str) -> str:
    """Say what the archive holds, and what it does not."""
    lines = [say("exported", first=first + bool(export.parts), last=first + len(export.parts), total=total)]
    if left := [part.job.id for part in export.parts if part.too_large]:
        lines.append(say("export-too-large", jobs=", ".join(left)))
    if going_on:
        lines.append(say("export-goes-on", job=going_on))
    return "\n".join(lines)


async def _part(desk: Desk, job: Job) -> Part:
    """Read a job's pictures and inputs; a file that is gone is left out."""
    pictures, inputs = list[Picture](), dict[str, bytes]()
    with suppress(PictureDamaged):
        inputs = await desk.store.inputs(job.request)
    if job.status is JobStatus.POSTED:
        with suppress(PictureDamaged):
            pictures = await desk.store.pictures(job.id)
    return Part(job, tuple(pictures), inputs)


async def _delete(desk: Desk, origin: Origin, code: str) -> Answer:
    """Ask first: the code holds for what is there now, and for nothing that comes later."""
    jobs = await desk.store.jobs.owned_by(origin.owner)
    settings = await desk.store.settings.get(f"owner:{origin.owner}")
    needed = _code(origin.owner, jobs)
    if not jobs and not settings:
        return Answer(say("privacy-nothing"))
    if code != needed:
        return Answer(say("privacy-confirm", jobs=len(jobs), settings=len(settings), code=needed))
    for job in [*desk.dispatcher.held(origin.owner), *(it.job for it in desk.dispatcher.owned(origin.owner))]:
        with suppress(TransitionError):  # it was rendered a moment ago
            await desk.dispatcher.cancel(job.id)
    count = await desk.store.forget(origin.owner)
    left = await desk.store.jobs.owned_by(origin.owner)
    return Answer("\n".join([say("privacy-deleted", jobs=count), *([say("privacy-left")] if left else [])]))


def _code(owner: str, jobs: list[Job]) -> str:
    """Make the word that confirms a deletion: another one as soon as there is another job."""
    ended = ",".join(job.id for job in jobs if job.status in ENDED)
    return hashlib.sha256(f"{owner} {len(jobs)} {ended}".encode()).hexdigest()[:6]


BY_COMMAND: dict[str, Answerer] = {PRIVACY.name: _privacy}
