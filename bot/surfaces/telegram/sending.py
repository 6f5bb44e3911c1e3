"""Post in the chat and topic that an address names, and read Telegram's refusals, which words alone tell apart."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import httpx
import structlog
from telegram import Message
from telegram.constants import MessageLimit
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError

from bot.service.service import Service
from bot.surface import Undeliverable
from bot.surfaces.telegram.address import Address
from engine.jobs import Job

UNCHANGED = ("message is not modified",)
GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
SHUT_OUT = (
    "chat not found",
    "not enough rights",
    "have no rights",
    "need administrator rights",
    "chat_write_forbidden",
    "chat_restricted",
    "peer_id_invalid",
    "message thread not found",
    "topic_closed",
    "topic_deleted",
)
# PTB wraps these: no connection, no request.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
# How long to wait before each further try.
WAITS_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0)
T = TypeVar("T")
log = structlog.get_logger()


async def send(address: Address, post: Callable[..., Awaitable[T]]) -> T:
    """Post at `address`, also where a group has become a supergroup since, as `insist` does."""
    try:
        return await insist(partial(post, **where(address)))
    except ChatMigrated as error:
        moved = replace(address, chat_id=error.new_chat_id, thread_id=None, reply_to=None)
        return await insist(partial(post, **where(moved)))


async def insist(call: Callable[[], Awaitable[T]]) -> T:
    """Call Telegram, again for a minute and a half while it cannot be reached; raise the last error then.

    What it may have done although it did not confirm it is done again: better an answer twice than none.
    """
    for wait_s in WAITS_S:
        try:
            return await call()
        except BadRequest:
            raise
        except NetworkError as error:
            log.warning("telegram_unreachable", error=type(error).__name__, reason=error.message, again_in_s=wait_s)
        await asyncio.sleep(wait_s)
    return await call()


def where(address: Address) -> dict[str, Any]:
    """Name the chat, the topic and the message that is answered, as every method that posts takes them."""
    return {
        "chat_id": address.chat_id,
        "message_thread_id": address.thread_id,
        "reply_parameters": address.reply,
    }


@contextmanager
def shut_out_is_undeliverable() -> Iterator[None]:
    """Turn the answers that no later attempt can change into `Undeliverable`."""
    try:
        yield
    except Forbidden as error:
        raise Undeliverable(reason=error.message) from error
    except BadRequest as error:
        if says(error, SHUT_OUT):
            raise Undeliverable(reason=error.message) from error
        raise


def may_have_arrived(error: NetworkError) -> bool:
    """Tell whether Telegram may have done what it did not confirm."""
    return not isinstance(error, BadRequest) and not isinstance(error.__cause__, NEVER_SENT)


def says(error: BadRequest | ChatMigrated, phrases: Sequence[str]) -> bool:
    """Tell whether Telegram's answer holds one of the phrases."""
    return any(phrase in error.message.lower() for phrase in phrases)


UTF_16 = codecs.lookup("utf-16-le").name  # read now: when it is first used there may be no descriptor left
TEXT_LENGTH = int(MessageLimit.MAX_TEXT_LENGTH)
CAPTION_LENGTH = int(MessageLimit.CAPTION_LENGTH)


def shorten(text: str, limit: int) -> str:
    """Cut `text` to `limit` UTF-16 units in front of its last line, which holds the seed or the sum."""
    if units(text) <= limit:
        return text
    head, newline, last = text.rpartition("\n")
    room = limit - units(newline + last) - 1
    return _cut(head, room) + "…" + newline + last if room > 0 and head else _cut(text, limit - 1) + "…"


def units(text: str) -> int:
    """Count the UTF-16 units of a text."""
    return len(text.encode(UTF_16)) // 2


def _cut(text: str, units: int) -> str:
    return text.encode(UTF_16)[: 2 * units].decode(UTF_16, "ignore").rstrip()


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
