"""Take in what comes with a command: pictures are looked at, those of earlier jobs are found, and all are kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from bot.commands.table import Invocation, Taken, Upload
from bot.surface import Origin
from engine.errors import RequestError
from engine.jobs import SEEN, Job
from engine.pictures import inputs
from engine.pictures.reading import ReadingPool
from engine.request import InputPicture
from engine.store.store import Store

V = TypeVar("V")
# A list of prompts is text; everything else that is sent is a picture.
TEXT_OPTION = "list"
FIRST_PICTURE = "image1"
# Of a picture, in digits: Python itself refuses to read thousands of them.
LONGEST_NUMBER = 4
# Of a file, as it is named in a sentence.
LONGEST_NAME = 60


async def take_in(invocation: Invocation, origin: Origin, store: Store, pool: ReadingPool) -> Invocation:
    """Look at the pictures that were sent, and at those that `of` names; raise `RequestError` for what is none."""
    look = partial(_look_at, pool, origin.owner)
    sent = {name: value for name, value in invocation.options.items() if isinstance(value, Upload)}
    options = {**invocation.options, **{name: await _taken(name, value, look) for name, value in sent.items()}}
    pictures = [await _taken("", picture, look) for picture in invocation.pictures]
    if (named := options.get("of")) and invocation.command.request:
        del options["of"]
        taken = await look(*await _picture_of(str(named), origin, store))
        takes = {option.name for option in invocation.command.options}
        if FIRST_PICTURE in takes - options.keys():
            options = {FIRST_PICTURE: taken, **options}  # what a mix's parts call it, whatever else is sent
        else:
            pictures.insert(0, taken)
    return replace(invocation, options=options, pictures=tuple(pictures))


def arriving(invocation: Invocation) -> int:
    """Count what there is to look at: pictures that were sent, one of an earlier job, and a search in one of them."""
    takes = [option.name for option in invocation.command.pictures if option.name != TEXT_OPTION]
    looked_at = [name for name in (*takes, "of", "where") if invocation.options.get(name)]
    return len(invocation.pictures) + (len(looked_at) if invocation.command.request else 0)


async def keep(pictures: Iterable[object], store: Store) -> None:
    """Write those of `pictures` that were taken in to the disk."""
    for picture in pictures:
        if isinstance(picture, Taken) and picture.data:
            await store.keep_input(picture.data)


async def _picture_of(named: str, origin: Origin, store: Store) -> tuple[str, bytes]:
    """Find a picture of an earlier job: "0123456789.2" is its second one, without a number its first."""
    job, number = await find(named, origin, store)
    if job.status not in SEEN:
        raise RequestError("job_without_pictures", value=job.id)
    picture = (await store.pictures(job.id))[number - 1]
    return f"{named}.png", picture.data


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
    counts = number.isdecimal() and len(number) <= LONGEST_NUMBER and 1 <= int(number) <= count
    if not _may_see(job, origin) or (number and not counts):
        raise RequestError("job_unknown", value=named)
    return job, int(number or 1)


def _may_see(job: Job, origin: Origin) -> bool:
    """Let people at a place use what was posted there, and moderators what was on their server, but nothing private."""
    moderates = origin.is_moderator and bool(origin.server) and job.server == origin.server
    return job.owner == origin.owner or ((job.place == origin.place or moderates) and not job.address.get("private"))


async def _taken(name: str, value: V, look: Callable[[str, bytes], Awaitable[Taken]]) -> V | Taken:
    if not isinstance(value, Upload) or name == TEXT_OPTION:
        return value
    return await look(value.name, value.data)


async def _look_at(pool: ReadingPool, owner: str, name: str, data: bytes) -> Taken:
    read = await pool.read(owner, data)
    return Taken(name, InputPicture(sha256=read.sha256, width=read.width, height=read.height), read.data)


def check_size(size_bytes: int) -> None:
    """Refuse by its declared size what `engine.pictures.inputs` would refuse; raise `RequestError`."""
    inputs.check_bytes(size_bytes)


def not_fetched(name: str) -> RequestError:
    """Say that the file called `name` could not be downloaded."""
    return RequestError("download_failed", file=name if len(name) <= LONGEST_NAME else f"…{name[1 - LONGEST_NAME :]}")
