"""Deliver a batch: its pictures as one album, and the job's message with their description and the buttons.

An album takes no buttons and cannot be edited into a message, so it must not be posted twice: the address says before
and after whether it was. Where nobody knows whether it arrived, the job's message shows all pictures on one sheet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from telegram import Bot
from telegram.error import ChatMigrated, NetworkError, TelegramError

from bot.commands.buttons import on_result
from bot.surfaces.telegram.address import Address
from bot.surfaces.telegram.keyboards import keyboard
from bot.surfaces.telegram.media import album, is_covered, shown
from bot.surfaces.telegram.posts import Edit, Posts
from bot.surfaces.telegram.sending import may_have_arrived, where
from bot.surfaces.telegram.texts import TEXT_LENGTH, shorten
from bot.words.replies import quote
from engine.events import Picture
from engine.jobs import Job

SENDING, SENT = "sending", "sent"


class Batches:
    """Post albums, each at most once."""

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
        [sheet, *_] = await asyncio.to_thread(shown, pictures, text, job.id, spoiler=is_covered(job))
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
