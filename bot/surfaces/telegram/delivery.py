"""Say everything about a job by editing the messages that belong to it: repeating an edit posts nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from telegram import Bot, InputMediaPhoto
from telegram.constants import ChatAction
from telegram.error import BadRequest, NetworkError

from bot.commands.buttons import on_mask, on_result, on_waiting
from bot.service.service import Service
from bot.surfaces.telegram.address import Address
from bot.surfaces.telegram.batches import Batches
from bot.surfaces.telegram.keyboards import keyboard
from bot.surfaces.telegram.media import is_covered, media
from bot.surfaces.telegram.posts import Post, Posts
from bot.surfaces.telegram.sending import GONE, UNCHANGED, may_have_arrived, says, shut_out_is_undeliverable
from bot.surfaces.telegram.texts import CAPTION_LENGTH, TEXT_LENGTH, shorten
from engine.events import Picture
from engine.jobs import Job, JobStatus

MASK = "mask"


class Delivery:
    """Show, ask, deliver and tell: the first message of a job is the one that is edited."""

    def __init__(self, bot: Bot, service: Service) -> None:
        self._bot = bot
        self._posts = Posts(service)
        self._batches = Batches(bot, self._posts)

    async def show(self, job: Job, text: str) -> None:
        """Post the job's message, or edit it; a message that its person deleted stays away until the picture comes."""
        address = Address.read(job)
        if "0" in address.messages:
            await self._edit_progress(job, text)
        elif not address.unconfirmed:
            await self._post_progress(job, text)
        if job.status is JobStatus.LEASED:
            await self._show_action(address)

    async def ask(self, job: Job, overlay: bytes, text: str) -> None:
        """Post the overlay of a held job's mask with its buttons, or edit it where the mask has changed."""
        caption, markup = shorten(text, CAPTION_LENGTH), keyboard(on_mask(job))
        post = partial(
            self._bot.send_photo, photo=overlay, caption=caption, reply_markup=markup, has_spoiler=is_covered(job)
        )
        with shut_out_is_undeliverable():
            if MASK not in Address.read(job).messages:
                await self._posts.put(job, MASK, post, _leave)
                return
            file = InputMediaPhoto(overlay, caption, has_spoiler=is_covered(job) or None)
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
