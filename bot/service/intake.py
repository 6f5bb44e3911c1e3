"""Take in what comes with a command: pictures are looked at and kept, and those of earlier jobs are found."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TypeVar

from bot.commands.table import Invocation, Kept, Upload
from bot.surface import Origin
from engine.errors import RequestError
from engine.jobs import SEEN, Job
from engine.pictures import inputs
from engine.request import InputPicture
from engine.store.store import Store

V = TypeVar("V")
# A list of prompts is text; everything else that is sent is a picture.
TEXT_OPTION = "list"
FIRST_PICTURE = "image1"


async def take_in(invocation: Invocation, origin: Origin, store: Store) -> Invocation:
    """Keep the pictures that were sent, and those that `of` names; raise `RequestError` for what is none."""
    options = {name: await _kept(name, value, store) for name, value in invocation.options.items()}
    pictures = [await _kept("", picture, store) for picture in invocation.pictures]
    if (named := options.get("of")) and invocation.command.request:
        del options["of"]
        kept = await kept_of(str(named), origin, store)
        takes = {option.name for option in invocation.command.options}
        if FIRST_PICTURE in takes - options.keys():
            options = {FIRST_PICTURE: kept, **options}  # what a mix's parts call it, whatever else is sent
        else:
            pictures.insert(0, kept)
    return replace(invocation, options=options, pictures=tuple(pictures))


async def kept_of(named: str, origin: Origin, store: Store) -> Kept:
    """Keep a picture of an earlier job as an input: "0123456789.2" is its second one, without a number its first."""
    job, number = await find(named, origin, store)
    if job.status not in SEEN:
        raise RequestError("job_without_pictures", value=job.id)
    picture = (await store.pictures(job.id))[number - 1]
    return await _keep(f"{named}.png", picture.data, store)


async def find(named: str, origin: Origin, store: Store) -> tuple[Job, int]:
    """Find an earlier job of this person or this place, and the number of the picture that is meant, from 1.

    Raises `RequestError` where there is none, in the same words whether it is somebody else's or nobody's.
    """
    job_id, _, number = named.strip().lower().lstrip("#").partition(".")
    try:
        job = await store.jobs.get(job_id)
    except KeyError:
        raise RequestError("job_unknown", value=named) from None
    count = len(job.request.seeds())
    if not _may_see(job, origin) or (number and not (number.isdecimal() and 1 <= int(number) <= count)):
        raise RequestError("job_unknown", value=named)
    return job, int(number or 1)


def _may_see(job: Job, origin: Origin) -> bool:
    """Let people at a place use what was posted there, and moderators what was on their server, but nothing private."""
    moderates = origin.is_moderator and bool(origin.server) and job.server == origin.server
    return job.owner == origin.owner or ((job.place == origin.place or moderates) and not job.address.get("private"))


async def _kept(name: str, value: V, store: Store) -> V | Kept:
    if not isinstance(value, Upload) or name == TEXT_OPTION:
        return value
    return await _keep(value.name, value.data, store)


async def _keep(name: str, data: bytes, store: Store) -> Kept:
    read = await asyncio.to_thread(inputs.read, data)
    checksum = await store.keep_input(read.data)
    return Kept(name, InputPicture(sha256=checksum, width=read.width, height=read.height))
