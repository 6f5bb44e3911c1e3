"""Answer the commands that make no job."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from bot import replies
from bot.buttons import FILES, FULL, PARAMETERS, on_picture, on_result
from bot.commands import CANCEL, DELETE, HELP, HISTORY, MODELS, QUEUE, SHOW, START, STYLES, Invocation, Upload
from bot.help import help_text
from bot.intake import find
from bot.localisation import say
from bot.surface import Answer, Origin, Surface
from engine import images
from engine.catalog import Catalog
from engine.dispatcher import Dispatcher
from engine.errors import RequestError
from engine.events import Picture
from engine.jobs import Job, JobStatus
from engine.requests import Style
from engine.store import Store, TransitionError

HISTORY_SHOWN = 10
Answerer = Callable[[Invocation, Origin], Awaitable[Answer]]


class Answers:
    """Hold one answerer for each command that makes no job, by the command's name."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        store: Store,
        catalog: Catalog,
        styles: Mapping[str, Style],
        surfaces: Mapping[str, Surface],
    ) -> None:
        self._dispatcher, self._store, self._catalog = dispatcher, store, catalog
        self._styles, self._surfaces = styles, surfaces
        self._by_command: dict[str, Answerer] = {
            START.name: partial(_say, "start"),
            HELP.name: _help,
            QUEUE.name: self._queue,
            CANCEL.name: self._cancel,
            HISTORY.name: self._history,
            SHOW.name: self._show,
            FULL.name: self._full,
            FILES.name: self._files,
            PARAMETERS.name: self._parameters,
            DELETE.name: self._delete,
            STYLES.name: self._list_styles,
            MODELS.name: self._list_models,
        }

    async def answer(self, invocation: Invocation, origin: Origin) -> Answer:
        """Answer a command; raise `RequestError` where it asks for the impossible."""
        return await self._by_command[invocation.command.name](invocation, origin)

    async def _queue(self, _: Invocation, origin: Origin) -> Answer:
        mine = self._dispatcher.owned(origin.owner)
        return Answer(replies.queue(mine, self._dispatcher.waiting, self._dispatcher.state))

    async def _cancel(self, invocation: Invocation, origin: Origin) -> Answer:
        """Stop the latest job, the one that is named, or all of the owner's; a moderator may stop anybody's."""
        which = _named(invocation)
        mine = [update.job for update in self._dispatcher.owned(origin.owner)]
        if which not in ("", "all") and origin.is_moderator:
            mine = [(await find(which, origin, self._store))[0]]
        if not mine:
            raise RequestError("no_job")
        chosen = mine if which == "all" else [job for job in mine if which in ("", job.id)][-1:]
        if not chosen:
            raise RequestError("not_your_job", value=which)
        stopped = [job for job in [await self._stop(job) for job in chosen] if job]
        if not stopped:
            raise RequestError("no_job")
        return Answer(replies.cancelled(stopped))

    async def _stop(self, job: Job) -> Job | None:
        try:
            return await self._dispatcher.cancel(job.id)
        except TransitionError:  # it was rendered a moment ago
            return None

    async def _history(self, _: Invocation, origin: Origin) -> Answer:
        return Answer(replies.history(await self._store.history(origin.owner, HISTORY_SHOWN)))

    async def _show(self, invocation: Invocation, origin: Origin) -> Answer:
        """Show a job by its number, or what a picture's file says about how it was made."""
        sent = [it for it in (*invocation.options.values(), *invocation.pictures) if isinstance(it, Upload)]
        if sent:
            return Answer(replies.read_back(images.read_parameters(sent[0].data)))
        if not _named(invocation):
            raise RequestError("show_what")
        if "." in _named(invocation):
            return await self._full(invocation, origin)
        job, pictures = await self._posted(invocation, origin)
        return Answer(replies.shown(job), tuple(pictures), (), on_result(job), bool(job.address.get("private")))

    async def _full(self, invocation: Invocation, origin: Origin) -> Answer:
        job, pictures = await self._posted(invocation, origin)
        _, number = await find(_named(invocation), origin, self._store)
        private = bool(job.address.get("private"))
        return Answer(replies.shown(job, number), (pictures[number - 1],), (), on_picture(job, number), private)

    async def _files(self, invocation: Invocation, origin: Origin) -> Answer:
        job, pictures = await self._posted(invocation, origin)
        files = [
            Upload(f"kandinsky-{job.id}-{number}.{picture.media_type.partition('/')[2]}", picture.data)
            for number, picture in enumerate(pictures, 1)
        ]
        return Answer(replies.shown(job), files=tuple(files))

    async def _parameters(self, invocation: Invocation, origin: Origin) -> Answer:
        job, _ = await find(_named(invocation), origin, self._store)
        return Answer(replies.shown(job))

    async def _delete(self, invocation: Invocation, origin: Origin) -> Answer:
        """Delete a job and its pictures, here and where they were posted: its owner's, or by a moderator."""
        job, _ = await find(_named(invocation), origin, self._store)
        if job.owner != origin.owner and not origin.is_moderator:
            raise RequestError("not_yours_to_delete", value=job.id)
        try:
            await self._store.delete(job.id)
        except TransitionError:
            raise RequestError("job_not_ended", value=job.id) from None
        if surface := self._surfaces.get(job.surface):
            await surface.remove(job)
        return Answer(say("deleted", job=job.id))

    async def _posted(self, invocation: Invocation, origin: Origin) -> tuple[Job, list[Picture]]:
        job, _ = await find(_named(invocation), origin, self._store)
        if job.status is not JobStatus.POSTED:
            raise RequestError("job_without_pictures", value=job.id)
        return job, await self._store.pictures(job.id)

    async def _list_styles(self, _: Invocation, origin: Origin) -> Answer:
        return Answer(replies.styles(self._styles.values()))

    async def _list_models(self, _: Invocation, origin: Origin) -> Answer:
        return Answer(replies.models(self._catalog.models()))


def _named(invocation: Invocation) -> str:
    return str(invocation.options.get("job") or "").strip().lower().lstrip("#")


async def _say(key: str, *_: object) -> Answer:
    return Answer(say(key))


async def _help(invocation: Invocation, origin: Origin) -> Answer:
    return Answer(help_text(origin.surface, str(invocation.options.get("command") or "")))
