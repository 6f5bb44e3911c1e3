"""Answer what is about the pictures of earlier jobs: show, send, delete."""

from __future__ import annotations

import asyncio

from bot.commands.buttons import FILES, FULL, PARAMETERS, on_picture, on_result
from bot.commands.repeating import line_for
from bot.commands.table import DELETE, SHOW, Invocation, Upload
from bot.manner import Manner
from bot.rules.visit import Visit
from bot.service.answers.desk import Answerer, Desk, job_named
from bot.service.intake import find
from bot.surface import Answer
from bot.words import replies
from bot.words.file_names import file_name
from bot.words.localisation import say
from engine.errors import RequestError
from engine.jobs import Job
from engine.pictures import images
from engine.store.store import TransitionError


async def _show(desk: Desk, visit: Visit, invocation: Invocation) -> Answer:
    """Show a job by its number, or what a picture's file says about how it was made."""
    sent = [it for it in invocation.all_pictures if isinstance(it, Upload)]
    if sent:
        return await _read_back(desk, visit, sent[0])
    if not job_named(invocation):
        raise RequestError("show_what")
    if "." in job_named(invocation):
        return await _full(desk, visit, invocation)
    job, pictures = await desk.posted(invocation, visit.origin)
    return Answer(replies.shown(job), tuple(pictures), (), on_result(job), _is_private(job))


async def _read_back(desk: Desk, visit: Visit, sent: Upload) -> Answer:
    """Tell what stands in a file, and how to draw its picture again where that can be typed."""
    told = await asyncio.to_thread(images.read_parameters, sent.data)
    request, picture = await asyncio.to_thread(images.read_request, sent.data) or (None, 0)
    line = line_for(request, picture, visit.origin.surface, desk.catalog, desk.styles) if request else None
    return Answer(replies.read_back(told, line))


async def _full(desk: Desk, visit: Visit, invocation: Invocation) -> Answer:
    job, pictures = await desk.posted(invocation, visit.origin)
    _, number = await find(job_named(invocation), visit.origin, desk.store)
    picture = pictures[number - 1]
    return Answer(replies.shown(job, number), (picture,), (), on_picture(job, number), _is_private(job))


def _is_private(job: Job) -> bool:
    """Show what was covered to the person alone: an answer has no cover."""
    manner = Manner.of(job)
    return manner.private or manner.spoiler


async def _files(desk: Desk, visit: Visit, invocation: Invocation) -> Answer:
    job, pictures = await desk.posted(invocation, visit.origin)
    files = [Upload(file_name(job.id, number, picture), picture.data) for number, picture in enumerate(pictures, 1)]
    return Answer(replies.shown(job), files=tuple(files))


async def _parameters(desk: Desk, visit: Visit, invocation: Invocation) -> Answer:
    job, _ = await find(job_named(invocation), visit.origin, desk.store)
    return Answer(replies.shown(job))


async def _delete(desk: Desk, visit: Visit, invocation: Invocation) -> Answer:
    """Delete a job and its pictures, here and where they were posted: its owner's, or by a moderator."""
    job, _ = await find(job_named(invocation), visit.origin, desk.store)
    if job.owner != visit.origin.owner and not visit.origin.is_moderator:
        raise RequestError("not_yours_to_delete", value=job.id)
    try:
        await desk.store.delete(job.id)
    except TransitionError:
        raise RequestError("job_not_ended", value=job.id) from None
    if job.owner != visit.origin.owner:
        await desk.store.audit.add(
            visit.origin.server, visit.origin.owner, "delete", {"job": job.id, "owner": job.owner}
        )
    if surface := desk.surfaces.get(job.surface):
        await surface.remove(job)
    return Answer(say("deleted", job=job.id))


BY_COMMAND: dict[str, Answerer] = {
    SHOW.name: _show,
    FULL.name: _full,
    FILES.name: _files,
    PARAMETERS.name: _parameters,
    DELETE.name: _delete,
}
