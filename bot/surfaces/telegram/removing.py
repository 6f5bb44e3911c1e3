"""Take away what was posted of a job."""

from __future__ import annotations

import asyncio
import io

import structlog
from PIL import Image
from telegram import Bot, InputMediaDocument, InputMediaPhoto
from telegram.error import BadRequest, NetworkError, TelegramError

from bot.surfaces.telegram.address import Address
from bot.surfaces.telegram.sending import UNCHANGED, says
from bot.words.localisation import say
from engine.jobs import Job

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
