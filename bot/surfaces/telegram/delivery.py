"""Say everything about a job by editing the messages that belong to it: repeating an edit posts nothing twice."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from functools import partial
from typing import Any

import structlog
from PIL import Image
from telegram import Bot, InputMediaDocument, InputMediaPhoto
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, NetworkError, TelegramError

from bot.commands.buttons import on_mask, on_result, on_waiting
from bot.manner import Manner
from bot.service.service import Service
from bot.surfaces.telegram.address import Address
from bot.surfaces.telegram.keyboards import keyboard
from bot.surfaces.telegram.limiting import FairLimiter
from bot.surfaces.telegram.media import album, media, shown
from bot.surfaces.telegram.sending import (
    CAPTION_LENGTH,
    GONE,
    TEXT_LENGTH,
    UNCHANGED,
    Edit,
    Post,
    Posts,
    may_have_arrived,
    says,
    shorten,
    shut_out_is_undeliverable,
    where,
)
from bot.words.localisation import say
from bot.words.replies import quote
from engine.events import Picture
from engine.jobs import Job, JobStatus

MASK = "mask"


class Delivery:
    """Show, ask, deliver and tell: the first message of a job is the one that is edited."""

    def __init__(self, bot: Bot, service: Service, limiter: FairLimiter) -> None:
        self._bot = bot
        self._limiter = limiter
        self._posts = Posts(service)
        self._batches = Batches(bot, self._posts)

    async def show(self, job: Job, text: str) -> None:
        """Post the job's message, or edit it; a message that its person deleted stays away until the picture comes.

        Where others need all that Telegram allows, what is posted stays as it is until the next time.
        """
        address = Address.read(job)
        if "0" in address.messages and not self._limiter.has_room:
            return
        if "0" in address.messages:
            await self._edit_progress(job, text)
        elif not address.unconfirmed:
            await self._post_progress(job, text)
        if job.status is JobStatus.LEASED:
            await self._show_action(address)

    async def ask(self, job: Job, overlay: bytes, text: str) -> None:
        """Post the overlay of a held job's mask with its buttons, or edit it where the mask has changed."""
        caption, markup = shorten(text, CAPTION_LENGTH), keyboard(on_mask(job))
        covered = Manner.of(job).spoiler
        words: dict[str, Any] = {"caption": caption, "reply_markup": markup}
        post = partial(self._bot.send_photo, photo=overlay, has_spoiler=covered, **words)
        with shut_out_is_undeliverable():
            if MASK not in Address.read(job).messages:
                await self._posts.put(job, MASK, post, _leave)
                return
            file = InputMediaPhoto(overlay, caption, has_spoiler=covered or None)
            await self._posts.put(job, MASK, post, partial(self._bot.edit_message_media, file, reply_markup=markup))

    async def deliver(self, job: Job, pictures: Sequence[Picture], text: str) -> None:
        """Edit the pictures into the job's messages, one for each file; the first one has the buttons."""
        with shut_out_is_undeliverable():
            if job.request.one_by_one:
                await self._batches.deliver(job, pictures, text)
                return
            files = await asyncio.to_thread(media, job, pictures, text)
            for number, file in enumerate(files):
                words = text if number == 0 else f"{number + 1}/{len(files)}"
                markup = keyboard(on_result(job)) if number == 0 else None
                edit = partial(self._bot.edit_message_media, file, reply_markup=markup)
                job = await self._posts.put(job, str(number), self._text(words), edit)

    async def tell(self, job: Job, text: str) -> None:
        """Edit the last words into the job's message."""
        with shut_out_is_undeliverable():
            edit = partial(self._bot.edit_message_text, shorten(text, TEXT_LENGTH))
            await self._posts.put(job, "0", self._text(text), edit)

    def _text(self, words: str) -> Post:
        return partial(self._bot.send_message, text=shorten(words, TEXT_LENGTH))

    async def _post_progress(self, job: Job, text: str) -> None:
        """Post the job's message; one that perhaps arrived is not posted again, for nothing would ever edit the first.

        The picture then comes in a message of its own.
        """
        post = partial(self._bot.send_message, text=shorten(text, TEXT_LENGTH), reply_markup=keyboard(on_waiting(job)))
        try:
            await self._posts.posted(job, "0", post)
        except NetworkError as error:
            if may_have_arrived(error):
                await self._posts.keep(job, unconfirmed=True)
            raise

    async def _edit_progress(self, job: Job, text: str) -> None:
        address = Address.read(job)
        try:
            await self._bot.edit_message_text(
                shorten(text, TEXT_LENGTH),
                chat_id=address.chat_id,
                message_id=address.messages["0"],
                reply_markup=keyboard(on_waiting(job)),
            )
        except BadRequest as error:
            if not says(error, UNCHANGED + GONE):
                raise

    async def _show_action(self, address: Address) -> None:
        # In a group every call counts against 20 a minute, and the picture must not wait behind it.
        if address.is_private:
            await self._bot.send_chat_action(address.chat_id, ChatAction.UPLOAD_PHOTO)


async def _leave(**_: object) -> None:
    """Leave a message as it was just posted."""


SENDING, SENT = "sending", "sent"


class Batches:
    """Post albums, each at most once.

    Telegram knows no key that would make a second `sendMediaGroup` the same as the first, nor does it tell a bot what
    stands in a chat. So an album that may stand there is not posted again: a sheet of its pictures follows, which says
    so.
    """

    def __init__(self, bot: Bot, posts: Posts) -> None:
        self._bot = bot
        self._posts = posts

    async def deliver(self, job: Job, pictures: Sequence[Picture], text: str) -> None:
        """Post the album unless that was tried, then edit the job's message."""
        if not Address.read(job).album:
            job = await self._send(job, pictures)
        edit = await self._last_edit(job, pictures, text)
        post = partial(self._bot.send_message, text=shorten(text, TEXT_LENGTH))
        await self._posts.put(job, "0", post, edit)

    async def _last_edit(self, job: Job, pictures: Sequence[Picture], text: str) -> Edit:
        markup = keyboard(on_result(job))
        if Address.read(job).album == SENT:
            return partial(self._bot.edit_message_text, shorten(text, TEXT_LENGTH), reply_markup=markup)
        unsure = f"{say('album-unconfirmed')}\n{text}"
        [sheet, *_] = await asyncio.to_thread(shown, pictures, unsure, job.id, spoiler=Manner.of(job).spoiler)
        return partial(self._bot.edit_message_media, sheet, reply_markup=markup)

    async def _send(self, job: Job, pictures: Sequence[Picture]) -> Job:
        """Post the album; the job's address then says whether it is known to stand there."""
        files = await asyncio.to_thread(album, job, pictures, [quote(words) for words in job.request.texts()])
        job = await self._posts.keep(job, album=SENDING)
        try:
            messages = await self._bot.send_media_group(media=files, **where(Address.read(job)))
        except TelegramError as error:
            if isinstance(error, NetworkError) and may_have_arrived(error):
                return job
            job = await self._posts.keep(job, album="")
            if isinstance(error, ChatMigrated):
                await self._posts.mend(job, "0", error)
            raise
        ids = {f"album {number}": message.message_id for number, message in enumerate(messages, 1)}
        return await self._posts.keep(job, album=SENT, messages={**Address.read(job).messages, **ids})


log = structlog.get_logger()

NOT_THERE = ("message to delete not found", "message to edit not found", "message_id_invalid")
TRIES = 4
RETRY_FIRST_S = 1.0
BLANK_SIDE = 64


async def remove(bot: Bot, job: Job) -> None:
    """Delete the messages of a job; what Telegram keeps, since it is older than two days, loses its picture."""
    address = Address.read(job)
    for message_id in address.messages.values():
        try:
            await _insist(bot, address.chat_id, message_id)
        except TelegramError as error:  # shut out, or moved: there is nothing more that the bot can do
            log.warning("telegram_message_kept", job=job.id, error=type(error).__name__, reason=error.message)


async def _insist(bot: Bot, chat_id: int, message_id: int) -> None:
    for tries in range(TRIES):
        try:
            await _take_away(bot, chat_id, message_id)
        except BadRequest:
            raise
        except NetworkError:
            if tries == TRIES - 1:
                raise
        else:
            return
        await asyncio.sleep(RETRY_FIRST_S * 2**tries)


async def _take_away(bot: Bot, chat_id: int, message_id: int) -> None:
    try:
        await bot.delete_message(chat_id, message_id)
    except BadRequest as error:
        if not says(error, NOT_THERE):
            await _blank(bot, chat_id, message_id)


async def _blank(bot: Bot, chat_id: int, message_id: int) -> None:
    """Put an empty picture into the message, as a file where it was one in an album of files."""
    words, empty = say("picture-deleted"), _empty_picture()
    try:
        await bot.edit_message_media(InputMediaPhoto(empty, words), chat_id, message_id)
    except BadRequest as error:
        if says(error, NOT_THERE + UNCHANGED):
            return
        file = InputMediaDocument(empty, caption=words, filename="deleted.png")
        await bot.edit_message_media(file, chat_id, message_id)


def _empty_picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (BLANK_SIDE, BLANK_SIDE), "grey").save(buffer, "PNG")
    return buffer.getvalue()
