"""From a command to the posted picture, once, for every platform: submit, follow, deliver."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from types import TracebackType
from typing import Protocol, Self, TypeVar

import structlog

from bot import replies
from bot.commands import CANCEL, HELP, QUEUE, Invocation, Kept, Upload
from bot.help import help_text
from bot.requesting import to_request
from engine import inputs
from engine.catalog import Catalog
from engine.dispatcher import Dispatcher
from engine.errors import EngineError, PictureDamaged, RequestError
from engine.events import Picture
from engine.jobs import TO_DELIVER, Job, JobStatus, Submission
from engine.requests import InputPicture
from engine.store import Store, TransitionError

log = structlog.get_logger()
V = TypeVar("V")

RETRY_FIRST_S = 1.0
RETRY_LONGEST_S = 300.0
MAX_TRIES = 300


class Undeliverable(Exception):
    """Say that a job can never reach its place: the bot was blocked there, or the place is gone."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Say who asked, where, and how to answer.

    `key` is the platform's id of the message or interaction, `address` whatever the surface needs to answer after a
    restart: plain JSON values.
    """

    surface: str
    owner: str
    place: str
    key: str
    address: dict[str, object] = field(default_factory=dict)


Load = Callable[[], Awaitable[list[Picture]]]


class Surface(Protocol):
    """Be one place where people ask: Discord, Telegram, the web page, the shell.

    `address` of the job says where to answer. All three calls may come after a restart, and more than once.
    """

    name: str
    progress_interval_s: float

    async def show(self, job: Job, text: str, preview: bytes | None) -> None:
        """Replace what the person sees of a waiting or running job; `preview` is a small JPEG, once there is one."""

    async def deliver(self, job: Job, load: Load, text: str) -> None:
        """Post the pictures so that repeating the call leaves one posted message.

        `load` reads them; it is called when the place can be reached, so that nobody's pictures fill the memory while
        they wait. Raises `Undeliverable` when trying again is useless; any other exception is tried again later.
        """

    async def tell(self, job: Job, text: str) -> None:
        """Say how a job ended that made no pictures; errors as in `deliver`."""


class Service:
    """Serve every surface: requests go into the queue, and each job has one follower until its person was told."""

    def __init__(self, dispatcher: Dispatcher, store: Store, catalog: Catalog) -> None:
        self._dispatcher = dispatcher
        self._store = store
        self._catalog = catalog
        self._surfaces: dict[str, Surface] = {}
        self._followers: dict[str, asyncio.Task[None]] = {}

    def add(self, surface: Surface) -> None:
        """Serve a surface; its jobs of an earlier run are followed by `resume`."""
        self._surfaces[surface.name] = surface

    async def submit(self, invocation: Invocation, origin: Origin) -> Job:
        """Commit a job to the queue; the surface then acknowledges it and calls `follow`.

        Raises `RequestError` for a bad request or a full queue. The same `origin.key` again returns the same job.
        """
        request = to_request(await self._take_in(invocation), self._catalog)
        address = {**origin.address, "as_file": bool(invocation.options.get("file"))}
        submission = Submission(request, origin.owner, origin.place, origin.surface, origin.key, address)
        return await self._dispatcher.submit(submission)

    async def answer(self, invocation: Invocation, origin: Origin) -> str:
        """Answer a command that makes no job; raise `RequestError` where it asks for the impossible."""
        if invocation.command is QUEUE:
            mine = self._dispatcher.owned(origin.owner)
            return replies.queue(mine, self._dispatcher.waiting, self._dispatcher.state)
        if invocation.command is CANCEL:
            return replies.cancelled(await self._cancel(origin.owner, str(invocation.options.get("job") or "")))
        if invocation.command is HELP:
            return help_text(origin.surface, str(invocation.options.get("command") or ""))
        return replies.START

    async def keep_address(self, job: Job, **changes: object) -> Job:
        """Commit what the surface must remember to answer this job, such as the message it edits."""
        return await self._dispatcher.keep_address(job.id, {**job.address, **changes})

    def follow(self, job: Job) -> asyncio.Task[None]:
        """Show the job's progress and deliver its pictures, in a background task; one task per job, however often."""
        if job.id not in self._followers:
            task = asyncio.create_task(self._follow(job, self._surfaces[job.surface]), name=f"follow {job.id}")
            self._followers[job.id] = task
            task.add_done_callback(lambda _: self._followers.pop(job.id, None))
        return self._followers[job.id]

    async def resume(self) -> None:
        """Follow every job of an earlier run whose person was not told how it ended."""
        for job in await self._store.untold():
            if job.surface in self._surfaces:  # a surface that is off now keeps its jobs until it is on again
                self.follow(job)

    async def __aenter__(self) -> Self:
        """Return the service."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop following; the jobs are kept and followed again by the next `resume`."""
        followers = list(self._followers.values())
        for task in followers:
            task.cancel()
        await asyncio.gather(*followers, return_exceptions=True)

    async def _take_in(self, invocation: Invocation) -> Invocation:
        """Look at the pictures that were sent, and keep them; raise `RequestError` for what is none."""
        options = {name: await self._kept(value) for name, value in invocation.options.items()}
        pictures = [await self._kept(picture) for picture in invocation.pictures]
        return replace(invocation, options=options, pictures=tuple(pictures))

    async def _kept(self, value: V) -> V | Kept:
        if not isinstance(value, Upload):
            return value
        read = await asyncio.to_thread(inputs.read, value.data)
        checksum = await self._store.keep_input(read.data)
        return Kept(value.name, InputPicture(sha256=checksum, width=read.width, height=read.height))

    async def _cancel(self, owner: str, which: str) -> list[Job]:
        """Stop the latest job, the one numbered `which`, or all of the owner's."""
        mine = [update.job for update in self._dispatcher.owned(owner)]
        if not mine:
            raise RequestError("no_job")
        chosen = mine if which == "all" else [job for job in mine if which in ("", job.id)][-1:]
        if not chosen:
            raise RequestError("not_your_job", value=which)
        stopped = [job for job in [await self._stop(job) for job in chosen] if job]
        if not stopped:
            raise RequestError("no_job")
        return stopped

    async def _stop(self, job: Job) -> Job | None:
        try:
            return await self._dispatcher.cancel(job.id)
        except TransitionError:  # it was rendered a moment ago
            return None

    async def _follow(self, job: Job, surface: Surface) -> None:
        shown = None
        async for update in self._dispatcher.updates(job.id, surface.progress_interval_s):
            text = replies.progress(update, self._dispatcher.state)
            if text != shown:
                await self._show(surface, update.job, text, update.preview)
            shown = text
        await self._finish(job.id, surface)

    async def _show(self, surface: Surface, job: Job, text: str, preview: bytes | None) -> None:
        try:
            await surface.show(job, text, preview)
        except Exception as error:  # noqa: BLE001 - a lost progress message must not cost the picture
            log.warning("progress_not_shown", job=job.id, surface=surface.name, error=type(error).__name__)

    async def _finish(self, job_id: str, surface: Surface) -> None:
        """Try until the person was told how the job ended; give up after about a day of refusals."""
        for wait_s in _waits():
            if await self._told(job_id, surface, wait_s):
                return
            await asyncio.sleep(wait_s)
        await self._give_up(job_id, "it was refused for a day")

    async def _told(self, job_id: str, surface: Surface, wait_s: float) -> bool:
        """Tell whether there is nothing left to do for this job."""
        try:
            if not (job := await self._kept_job(job_id)):
                return True
            await self._tell(job, surface)
        except Undeliverable as error:
            await self._give_up(job_id, str(error))
        except PictureDamaged as error:
            await self._fail(job_id, error)  # and tell that, next time
            return False
        except Exception as error:  # noqa: BLE001 - whatever the platform throws, the picture stays and is tried again
            log.warning("delivery_failed", job=job_id, surface=surface.name, error=repr(error), again_in_s=wait_s)
            return False
        return True

    async def _kept_job(self, job_id: str) -> Job | None:
        try:
            return await self._store.get(job_id)
        except KeyError:  # its person deleted it meanwhile
            return None

    async def _tell(self, job: Job, surface: Surface) -> None:
        if job.status in TO_DELIVER:
            job = await self._store.move(job.id, JobStatus.POSTING)
            await surface.deliver(job, partial(self._store.pictures, job.id), replies.caption(job))
            await self._store.move(job.id, JobStatus.POSTED, told=True)
            log.info("job_posted", job=job.id, surface=surface.name)
        elif not job.told:
            await surface.tell(job, replies.ended(job))
            await self._store.set_told(job.id)

    async def _fail(self, job_id: str, error: EngineError) -> None:
        log.error("job_failed", job=job_id, error=str(error))
        await self._store.move(job_id, JobStatus.FAILED, error=error.code, facts=error.facts)

    async def _give_up(self, job_id: str, reason: str) -> None:
        if (await self._store.get(job_id)).status is JobStatus.POSTING:
            await self._fail(job_id, EngineError("undeliverable", reason=reason))
        await self._store.set_told(job_id)


def _waits() -> Iterator[float]:
    """Yield the seconds to wait before each further try: twice as long each time, and for about a day in all."""
    for tries in range(MAX_TRIES):
        yield min(RETRY_FIRST_S * 2**tries, RETRY_LONGEST_S)
