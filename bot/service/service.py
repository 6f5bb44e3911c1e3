"""From a command to the queue, once, for every platform: one door in, and followers who do the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from bot.commands.bounds import check_texts
from bot.commands.buttons import VERBS, Button
from bot.commands.characters import cleaned
from bot.commands.requesting import again, to_request
from bot.commands.table import AGAIN, INPAINT, Invocation, Option, Taken
from bot.rules.admission import Admission
from bot.rules.policy import Rules, check_access
from bot.rules.visit import Visit, begin_visit
from bot.service import masking
from bot.service.answers import Answers, Desk
from bot.service.following import Followers
from bot.service.intake import arriving, find, keep, take_in
from bot.service.promising import Promises
from bot.surface import Answer, Origin, Surface
from bot.words.apology import apology
from bot.words.localisation import speaking
from engine.catalog import Catalog
from engine.dispatch.dispatcher import Dispatcher
from engine.errors import RequestError
from engine.jobs import Job, JobStatus, Submission
from engine.pictures.inputs import Input
from engine.pictures.reading import ReadingPool
from engine.request import Style
from engine.requests import AnyRequest
from engine.store.store import Store

# What is done in a visit, and what says a sentence to its person.
Work = Callable[[Visit], Awaitable[None]]
Say = Callable[[str], Awaitable[None]]
DEFAULT_RULES = Rules()
# How many of a person's jobs are suggested while they type.
RECENT = 25
# How long the end of the bot waits for what people did a moment ago to be committed, or answered.
VISIT_ENDS_S = 3.0


class Service:
    """Serve every surface: requests go into the queue, and each job has one follower until its person was told."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        store: Store,
        catalog: Catalog,
        styles: Mapping[str, Style] | None = None,
        rules: Rules = DEFAULT_RULES,
    ) -> None:
        self._dispatcher = dispatcher
        self._store = store
        self._catalog = catalog
        self._styles = styles or {}
        self._rules = rules
        self._surfaces: dict[str, Surface] = {}
        self._followers = Followers(dispatcher, store, self._surfaces, rules.action)
        self._promises = Promises(store, self._surfaces)
        self._visits: set[asyncio.Task[object]] = set()
        self._answers = Answers(Desk(dispatcher, store, catalog, self._styles, self._surfaces, rules))
        self._admission = Admission(dispatcher, store, catalog)
        self._pool = ReadingPool()

    @property
    def styles(self) -> tuple[str, ...]:
        """List the names of the styles that are set up."""
        return tuple(self._styles)

    def add(self, surface: Surface) -> None:
        """Serve a surface; its jobs of an earlier run are followed by `resume`."""
        self._surfaces[surface.name] = surface

    async def recent_prompts(self, origin: Origin) -> list[str]:
        """List the distinct prompts that a person gave lately, newest first."""
        return await self._store.history.prompts(origin.owner)

    async def recent_jobs(self, origin: Origin) -> list[Job]:
        """List the jobs that a person asked for lately, newest first."""
        return await self._store.history.latest(origin.owner, RECENT)

    async def visit(self, origin: Origin) -> Visit:
        """Begin whatever somebody does: once for each thing."""
        return await begin_visit(origin, self._store, self._rules)

    async def attend(self, origin: Origin, work: Work, say: Say) -> None:
        """Do `work` in the language of whoever asks; whatever goes wrong is a sentence for them."""
        with self._under_way():
            await self._attend(origin, work, say)

    async def _attend(self, origin: Origin, work: Work, say: Say) -> None:
        language = origin.locale
        try:
            visit = await self.visit(origin)
            language = visit.settings.language
            with speaking(language):
                await work(visit)
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody is left without an answer
            with speaking(language):
                await say(apology(error, origin.surface))
        await self._promises.end(origin.key)

    async def promise(self, visit: Visit, *, private: bool) -> None:
        """Commit that an answer is about to be promised before there is a job, to its person alone where `private`.

        A visit that neither makes a job nor ends, since the bot was killed, is told of by `resume` in the next run.
        """
        await self._promises.make(visit, private=private)

    async def obey(self, visit: Visit, invocation: Invocation) -> Job | Answer:
        """Commit a job to the queue, or answer a command that makes none; raise `RequestError` for what is wrong.

        Of a job the surface then acknowledges that it was taken, and calls `follow`. A repaint whose mask is to be
        confirmed is held until `decide`. The same `origin.key` again returns the same job.
        """
        check_texts(invocation)
        invocation = cleaned(invocation)
        if invocation.command.makes_job:
            return await self._submit(visit, invocation)
        return await self._answers.answer(visit, invocation)

    async def expect(self, visit: Visit, invocation: Invocation, pictures: int = 0) -> None:
        """Raise `RequestError` where nothing that comes with a command, and `pictures` beside it, is to be fetched.

        `obey` would refuse it all the same; the surface calls this first to save itself the way.
        """
        coming = arriving(invocation) + pictures
        if coming and invocation.command.makes_job and not await self._store.jobs.by_key(visit.origin.key):
            await self._admission.expect(invocation.command.name, coming, visit)

    async def look_at(self, visit: Visit, data: bytes) -> Input:
        """Read a picture that is not yet one of a command, in its turn; raise `RequestError` for what is none."""
        return await self._pool.read(visit.origin.owner, data)

    async def form(self, visit: Visit, button: Button) -> tuple[tuple[Option, ...], dict[str, str]]:
        """List the options that a button asks for before it gives its command, and what they hold to begin with.

        Raises `RequestError` where the job is not to be found, or is none of this place.
        """
        job, _ = await find(button.job_id, visit.origin, self._store)
        verb = VERBS[button.verb]
        assert verb.command  # noqa: S101 - only commands ask for options
        offered = {option.name: option for option in verb.command.options}
        prompt = getattr(job.request, "prompt", "")
        return tuple(offered[name] for name in verb.asks), {"prompt": prompt} if "prompt" in verb.asks else {}

    async def decide(self, visit: Visit, button: Button) -> Job:
        """Commit a press of Go, Invert, Grow or Stop below a mask: its owner's alone.

        The surface then acknowledges that it was taken, and calls `follow_anew`. Raises `RequestError` where the job is
        no longer held.
        """
        job, _ = await find(button.job_id, visit.origin, self._store)
        if job.owner != visit.origin.owner:
            raise RequestError("not_your_mask")
        if job.status is not JobStatus.HELD:
            raise RequestError("mask_decided")
        if button.verb != "stop":
            await self._check_still(job, visit)
        return await self._decided(job, button.verb)

    async def keep_address(self, job: Job, **changes: object) -> Job:
        """Commit what the surface must remember to answer this job, such as the message it edits."""
        return await self._dispatcher.change_address(job.id, changes)

    def follow(self, job: Job) -> asyncio.Task[None]:
        """Show the job's progress and deliver its pictures, in a background task; one task per job, however often."""
        return self._followers.follow(job)

    def follow_anew(self, job: Job, **address: object) -> asyncio.Task[None]:
        """Follow a job on which its person decided: its mask is shown again, or it goes on its way.

        What `address` holds answers the job from then on; it is committed once nothing is shown of the job as it was.
        """
        return self._followers.follow_anew(job, address)

    async def resume(self) -> None:
        """Follow every job of an earlier run whose person was not told how it ended, and tell of broken promises."""
        await self._followers.resume()
        await self._promises.resume()

    async def __aenter__(self) -> Self:
        """Return the service."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let visits come to their commit, then stop following; the next `resume` follows what is kept."""
        await self._end_visits()
        await self._followers.close()
        await self._promises.close()
        self._pool.close()

    async def _end_visits(self) -> None:
        """Wait a moment for the visits that are under way; one that takes longer would outlive what it uses."""
        if self._visits:
            _, late = await asyncio.wait(self._visits, timeout=VISIT_ENDS_S)
            for visit in late:
                visit.cancel()
            if late:
                await asyncio.wait(late, timeout=VISIT_ENDS_S)

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        """Count a visit among those that are under way."""
        task = asyncio.current_task()
        assert task  # noqa: S101 - a coroutine runs in a task
        self._visits.add(task)
        try:
            yield
        finally:
            self._visits.discard(task)

    async def _submit(self, visit: Visit, invocation: Invocation) -> Job:
        """Take a command on its way into the queue: who may, what is wanted, how much of it, and the commit."""
        origin, settings = visit.origin, visit.settings
        if known := await self._store.jobs.by_key(origin.key):
            return known
        check_access(invocation.command.name, origin, settings.bounds)
        if coming := arriving(invocation):
            await self._admission.arrive(invocation.command.name, coming, visit)
        filled = settings.fill(invocation, self._catalog, self._styles, origin)
        taken = await self._with_mask(visit, await take_in(filled, origin, self._store, self._pool))
        request = await self._request(visit, taken)
        request = await self._admission.admit(request, filled.given, visit, invocation.command.name)
        await keep(taken.all_pictures, self._store)
        hold = request.confirms_mask and self._confirms(origin)
        if hold:
            request = await masking.draft(request, self._store)
        address = visit.manner(as_file=bool(invocation.options.get("file"))).beside(origin.address)
        submission = Submission(request, origin.owner, origin.place, origin.surface, origin.key, address)
        async with self._admission.turn(request, visit):
            job = await self._dispatcher.submit(submission, hold)
        self._promises.became_job(origin.key)
        return job

    async def _request(self, visit: Visit, invocation: Invocation) -> AnyRequest:
        """Make the request: of the command's own words and pictures, or of an earlier job with some of it anew."""
        if invocation.command is AGAIN:
            job, _ = await find(str(invocation.options.get("of", "")), visit.origin, self._store)
            return again(job.request, invocation, self._catalog, self._styles)
        return to_request(invocation, self._catalog, self._styles)

    async def _with_mask(self, visit: Visit, invocation: Invocation) -> Invocation:
        """Find what `where` names, as the mask."""
        words = str(invocation.options.get("where") or "")
        picture = next((it for it in (invocation.options.get("image"), *invocation.pictures) if it), None)
        if not words or not isinstance(picture, Taken):
            return invocation
        await self._admission.admit_words(words, visit, invocation.command.name)
        await keep([picture], self._store)
        async with self._admission.search(visit):
            mask = await masking.by_words(
                words, picture, visit.origin, self._dispatcher, self._store, self._catalog.default
            )
        return invocation.having(where=None, mask=mask)

    async def _check_still(self, job: Job, visit: Visit) -> None:
        """Raise `RequestError` where a held job has come to be beyond a limit; it was counted when it came."""
        check_access(INPAINT.name, visit.origin, visit.settings.bounds)
        await self._admission.admit(job.request, {"size", "steps"}, visit, INPAINT.name)

    def _confirms(self, origin: Origin) -> bool:
        """Tell whether a mask is shown first; whoever brushes in a form sees it all along."""
        surface = self._surfaces.get(origin.surface)
        return surface is not None and surface.confirms_masks and not origin.address.get("form")

    async def _decided(self, job: Job, verb: str) -> Job:
        if verb == "go":
            return await self._dispatcher.release(job.id)
        if verb == "stop":
            return await self._dispatcher.cancel(job.id)
        return await self._dispatcher.change_request(job.id, await masking.change(job.request, verb, self._store))
