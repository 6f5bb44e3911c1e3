"""Say everything about a job by editing the messages that belong to it: repeating an edit posts nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import httpx
from telegram import Bot, ReplyParameters
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError

from bot.service import Service
from bot.surface import Undeliverable
from bot.telegram_app.address import Address
from bot.telegram_app.media import media
from bot.telegram_app.texts import TEXT_LENGTH, shorten
from engine.events import Picture
from engine.jobs import Job, JobStatus

Edit = Callable[..., Awaitable[object]]

# The Bot API tells its 400s apart by words only.
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
# A group may have moved, and the message may be gone: both at once is possible, more is a reason to come back later.
MENDS = 2


class Delivery:
    """Keep the messages about each job; their ids are committed before anything is edited into them.

    A job has one follower, so nothing here runs twice at a time for one job.
    """

    def __init__(self, bot: Bot, service: Service) -> None:
        self._bot = bot
        self._service = service

    async def show(self, job: Job, text: str) -> None:
        """Post the job's message, or edit it; a message that its person deleted stays away until the picture comes."""
        address = Address.read(job)
        if "0" in address.messages:
            await self._edit_progress(address, text)
        elif not address.unconfirmed:
            await self._post_progress(job, text)
        if job.status is JobStatus.LEASED:
            await self._show_action(address)

    async def deliver(self, job: Job, pictures: Sequence[Picture], text: str) -> None:
        """Edit the pictures into the job's messages, one for each file."""
        files = await asyncio.to_thread(media, job, pictures, text)
        with shut_out_is_undeliverable():
            for number, file in enumerate(files):
                words = text if number == 0 else f"{number + 1}/{len(files)}"
                job = await self._put(job, number, words, partial(self._bot.edit_message_media, file))

    async def tell(self, job: Job, text: str) -> None:
        """Edit the last words into the job's message."""
        with shut_out_is_undeliverable():
            await self._put(job, 0, text, partial(self._bot.edit_message_text, shorten(text, TEXT_LENGTH)))

    async def _put(self, job: Job, number: int, words: str, edit: Edit, mends: int = MENDS) -> Job:
        """Edit message `number` of the job; post it with `words` first where there is none."""
        try:
            job = await self._posted(job, number, words)
            address = Address.read(job)
            await edit(chat_id=address.chat_id, message_id=address.messages[str(number)])
        except (BadRequest, ChatMigrated) as error:
            if says(error, UNCHANGED):
                return job
            if not mends:
                raise
            return await self._put(await self._mend(job, number, error), number, words, edit, mends - 1)
        return job

    async def _mend(self, job: Job, number: int, error: BadRequest | ChatMigrated) -> Job:
        """Commit the new place of a group that moved, or that a message is gone; raise any other error again."""
        if isinstance(error, ChatMigrated):
            return await self._service.keep_address(job, chat_id=error.new_chat_id, reply_to=None, messages={})
        if not says(error, GONE):
            raise error
        messages = Address.read(job).messages
        left = {key: message_id for key, message_id in messages.items() if key != str(number)}
        return await self._service.keep_address(job, messages=left)

    async def _posted(self, job: Job, number: int, words: str) -> Job:
        """Return the job once it has a message `number`, posted with `words` where there was none."""
        address = Address.read(job)
        if str(number) in address.messages:
            return job
        reply = ReplyParameters(address.reply_to, allow_sending_without_reply=True) if address.reply_to else None
        posted = await self._bot.send_message(
            address.chat_id, shorten(words, TEXT_LENGTH), message_thread_id=address.thread_id, reply_parameters=reply
        )
        messages = {**address.messages, str(number): posted.message_id}
        return await self._service.keep_address(job, messages=messages)

    async def _post_progress(self, job: Job, text: str) -> None:
        """Post the job's message; one that perhaps arrived is not posted again, for nothing would ever edit the first.

        The picture then comes in a message of its own.
        """
        try:
            await self._posted(job, 0, text)
        except NetworkError as error:
            if may_have_arrived(error):
                await self._service.keep_address(job, unconfirmed=True)
            raise

    async def _edit_progress(self, address: Address, text: str) -> None:
        try:
            await self._bot.edit_message_text(
                shorten(text, TEXT_LENGTH), chat_id=address.chat_id, message_id=address.messages["0"]
            )
        except BadRequest as error:
            if not says(error, UNCHANGED + GONE):
                raise

    async def _show_action(self, address: Address) -> None:
        # In a group every call counts against 20 a minute, and the picture must not wait behind it.
        if address.is_private:
            await self._bot.send_chat_action(address.chat_id, ChatAction.UPLOAD_PHOTO)


@contextmanager
def shut_out_is_undeliverable() -> Iterator[None]:
    """Turn the answers that no later attempt can change into `Undeliverable`."""
    try:
        yield
    except Forbidden as error:
        raise Undeliverable(error.message) from error
    except BadRequest as error:
        if says(error, SHUT_OUT):
            raise Undeliverable(error.message) from error
        raise


def may_have_arrived(error: NetworkError) -> bool:
    """Tell whether Telegram may have done what it did not confirm."""
    return not isinstance(error, BadRequest) and not isinstance(error.__cause__, NEVER_SENT)


def says(error: BadRequest | ChatMigrated, phrases: Sequence[str]) -> bool:
    """Tell whether Telegram's answer holds one of the phrases."""
    return any(phrase in error.message.lower() for phrase in phrases)
