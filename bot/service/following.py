"""From the queue to the posted picture: show a job's progress, deliver it, and go on trying until its person knows."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Mapping
from functools import partial

import structlog

from bot.manner import Manner
from bot.rules import safety
from bot.rules.safety import NotShown
from bot.service.masking import INTERNAL, as_shown, drop_search, is_shown, overlay_of
from bot.surface import Remembered, Surface, Undeliverable
from bot.words import replies
from bot.words.localisation import speaking
from engine.dispatch.dispatcher import Dispatcher
from engine.errors import EngineError, PictureDamaged, StoreFailed
from engine.jobs import TO_DELIVER, Job, JobStatus
from engine.settings import Action
from engine.store.store import Store, TransitionError

log = structlog.get_logger()

RETRY_FIRST_S = 1.0
RETRY_LONGEST_S = 300.0
MAX_TRIES = 300
REFUSED_FOR_A_DAY = "it was refused for a day"


class Followers:
    """Keep a background task for each job until its person was told how it ended."""

    def __init__(
        self, dispatcher: Dispatcher, store: Store, surfaces: Mapping[str, Surface], action: Action = "blur"
    ) -> None:
        """Take `action`, which is what is done with flagged pictures."""
        self._dispatcher = dispatcher
        self._store = store
        self._surfaces = surfaces
        self._action = action
        self._tasks: set[asyncio.Task[None]] = set()
        self._latest: dict[str, asyncio.Task[None]] = {}  # by job: a decision on it begins another one
        self._commits: set[asyncio.Task[Job]] = set()

    def follow(self, job: Job) -> asyncio.Task[None]:
        """Follow a job, or show the mask of a held one; one task per job, however often."""
        return self._latest.get(job.id) or self._begin_task(job, self._speak(job))

    def follow_anew(self, job: Job, address: Mapping[str, object]) -> asyncio.Task[None]:
        """Follow a job on which its person decided, once its mask as it was is shown; `address` then answers it."""
        return self._begin_task(job, self._speak_anew(job, address, self._latest.get(job.id)))

    async def resume(self) -> None:
        """Follow every job of an earlier run whose person was not told how it ended, or was not shown its mask."""
        held = await self._store.jobs.with_status([JobStatus.HELD])
        for job in (*await self._store.jobs.untold(), *(job for job in held if not is_shown(job))):
            if job.surface in self._surfaces:  # a surface that is off now keeps its jobs until it is on again
                self.follow(job)
            elif job.surface == INTERNAL:
                await drop_search(job, self._dispatcher, self._store)

    async def close(self) -> None:
        """Stop following; the jobs are kept and followed again by the next `resume`."""
        for task in (tasks := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*tasks, *self._commits, return_exceptions=True)

    def _begin_task(self, job: Job, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = self._latest[job.id] = asyncio.create_task(work, name=f"follow {job.id}")
        self._tasks.add(task)
        task.add_done_callback(partial(self._end_task, job.id))
        return task

    def _end_task(self, job_id: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._latest.get(job_id) is task:
            del self._latest[job_id]

    async def _speak_anew(self, job: Job, address: Mapping[str, object], showing: asyncio.Task[None] | None) -> None:
        """Follow a job as it is now, once whoever followed it as it was has ended."""
        if showing:
            await asyncio.wait({showing})
        await self._speak(await self._answered_at(job, address))

    async def _answered_at(self, job: Job, address: Mapping[str, object]) -> Job:
        """Let `address` answer a job; where that cannot be committed, what answered it until now still does."""
        try:
            return await self._dispatcher.change_address(job.id, address)
        except (StoreFailed, KeyError) as error:
            log.warning("address_not_kept", job=job.id, error=repr(error))
            return job

    async def _speak(self, job: Job) -> None:
        """Follow in the language of the person who asked."""
        surface = self._surfaces[job.surface]
        with speaking(Manner.of(job).language):
            await (self._ask(job, surface) if job.status is JobStatus.HELD else self._follow(job, surface))

    async def _ask(self, job: Job, surface: Surface) -> None:
        """Show a held job's mask, trying as long as for a picture; end the job where it can never be shown."""
        refused: EngineError = Undeliverable(reason=REFUSED_FOR_A_DAY)
        for wait_s in waits():
            try:
                await self._show_mask(job.id, surface)
            except (Undeliverable, PictureDamaged) as error:
                refused = error
                break
            except Exception as error:  # noqa: BLE001 - whatever the platform throws, it is tried again
                log.warning("mask_not_shown", job=job.id, surface=surface.name, error=repr(error), again_in_s=wait_s)
                await asyncio.sleep(wait_s)
            else:
                return
        await self._end_held(job, surface, refused)

    async def _show_mask(self, job_id: str, surface: Surface) -> None:
        """Show what a job is about to repaint, unless that was decided, and commit that its person saw it."""
        job = await self._store.jobs.get(job_id)
        if job.status is not JobStatus.HELD:
            return
        overlay = await overlay_of(job.request, self._store)
        remembered = await surface.ask(job, overlay, replies.mask_question(job)) or {}
        await self._commit(self._dispatcher.change_address(job_id, {**remembered, **as_shown(job)}))

    async def _commit(self, seen: Coroutine[None, None, Job]) -> None:
        """Commit what a person has seen, whoever stops meanwhile: the next run would show it again."""
        committing = asyncio.create_task(seen)
        self._commits.add(committing)
        committing.add_done_callback(self._commits.discard)
        await asyncio.shield(committing)

    async def _end_held(self, job: Job, surface: Surface, error: EngineError) -> None:
        """End a job about which its person cannot be asked, so that it is in nobody's way, and tell them so."""
        try:
            await self._dispatcher.fail_held(job.id, error)
        except TransitionError:  # its person decided meanwhile
            return
        await self._finish(job.id, surface)

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
        for wait_s in waits():
            if await self._told(job_id, surface, wait_s):
                return
            await asyncio.sleep(wait_s)
        await self._give_up(job_id, Undeliverable(reason=REFUSED_FOR_A_DAY))

    async def _told(self, job_id: str, surface: Surface, wait_s: float) -> bool:
        """Tell whether there is nothing left to do for this job."""
        try:
            return await self._tried(job_id, surface)
        except Exception as error:  # noqa: BLE001 - whatever platform or disk throw, the picture stays and is tried again
            log.warning("delivery_failed", job=job_id, surface=surface.name, error=repr(error), again_in_s=wait_s)
            return False

    async def _tried(self, job_id: str, surface: Surface) -> bool:
        """Try once to tell how a job ended; what can never be told ends it."""
        try:
            if job := await self._kept_job(job_id):
                await self._tell(job, surface)
        except Undeliverable as error:
            await self._give_up(job_id, error)
        except (PictureDamaged, NotShown) as error:
            await self._fail(job_id, error)  # and tell that, next time
            return False
        return True

    async def _kept_job(self, job_id: str) -> Job | None:
        try:
            return await self._store.jobs.get(job_id)
        except KeyError:  # its person deleted it meanwhile
            return None

    async def _tell(self, job: Job, surface: Surface) -> None:
        if job.status in TO_DELIVER:
            job = await self._begin(job)
            remembered = await surface.deliver(job, partial(self._store.pictures, job.id), replies.caption(job))
            await self._commit(self._store.jobs.move(job.id, JobStatus.POSTED, told=True, **_address(job, remembered)))
            log.info("job_posted", job=job.id, surface=surface.name)
        elif not job.told:
            remembered = await surface.tell(job, replies.ended(job))
            await self._commit(self._store.jobs.set_told(job.id, **_address(job, remembered)))

    async def _begin(self, job: Job) -> Job:
        """Commit that the delivery begins, a flagged job covered; raise `NotShown` for one that is not shown."""
        job = await self._store.jobs.move(job.id, JobStatus.POSTING, **_address(job, safety.cover(job, self._action)))
        safety.check(job, self._action)
        return job

    async def _fail(self, job_id: str, error: EngineError) -> None:
        log.error("job_failed", job=job_id, error=str(error))
        await self._store.jobs.move(job_id, JobStatus.FAILED, error=error.code, facts=error.facts)

    async def _give_up(self, job_id: str, error: Undeliverable) -> None:
        if (await self._store.jobs.get(job_id)).status is JobStatus.POSTING:
            await self._fail(job_id, error)
        await self._store.jobs.set_told(job_id)


def _address(job: Job, remembered: Remembered | None) -> dict[str, dict[str, object]]:
    """Return the change to a job's address, if there is any."""
    return {"address": {**job.address, **remembered}} if remembered else {}


def waits() -> Iterator[float]:
    """Yield the seconds to wait before each further try: twice as long each time, and for about a day in all."""
    for tries in range(MAX_TRIES):
        yield min(RETRY_FIRST_S * 2**tries, RETRY_LONGEST_S)
