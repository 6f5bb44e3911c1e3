"""Keep the bot's own messages about each job: their ids are committed before anything is edited into them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from telegram import Message
from telegram.error import BadRequest, ChatMigrated

from bot.service.service import Service
from bot.surfaces.telegram.address import Address
from bot.surfaces.telegram.sending import GONE, UNCHANGED, says, where
from engine.jobs import Job

Edit = Callable[..., Awaitable[object]]
Post = Callable[..., Awaitable[Message]]

# A group may have moved, and the message may be gone: both at once is possible, more is a reason to come back later.
MENDS = 2


class Posts:
    """Post and edit what belongs to a job, so that repeating it posts nothing twice.

    A job has one follower, so nothing here runs twice at a time for one job.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def put(self, job: Job, name: str, post: Post, edit: Edit, mends: int = MENDS) -> Job:
        """Edit the message called `name`; post it first where there is none."""
        try:
            job = await self.posted(job, name, post)
            address = Address.read(job)
            await edit(chat_id=address.chat_id, message_id=address.messages[name])
        except (BadRequest, ChatMigrated) as error:
            if says(error, UNCHANGED):
                return job
            if not mends:
                raise
            return await self.put(await self.mend(job, name, error), name, post, edit, mends - 1)
        return job

    async def posted(self, job: Job, name: str, post: Post) -> Job:
        """Return the job once it has a message called `name`."""
        address = Address.read(job)
        if name in address.messages:
            return job
        message = await post(**where(address))
        return await self.keep(job, messages={**address.messages, name: message.message_id})

    async def mend(self, job: Job, name: str, error: BadRequest | ChatMigrated) -> Job:
        """Commit the new place of a group that moved, or that a message is gone; raise any other error again."""
        if isinstance(error, ChatMigrated):
            return await self.keep(job, chat_id=error.new_chat_id, thread_id=None, reply_to=None, messages={})
        if not says(error, GONE):
            raise error
        messages = Address.read(job).messages
        return await self.keep(job, messages={key: number for key, number in messages.items() if key != name})

    async def keep(self, job: Job, **changes: object) -> Job:
        """Commit what must be remembered of a job's messages."""
        return await self._service.keep_address(job, **changes)
