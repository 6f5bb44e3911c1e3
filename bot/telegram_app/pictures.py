"""Find the pictures that come with a command, and fetch them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from telegram import Bot, Message
from telegram.error import TelegramError

from bot.commands import Command, Upload
from bot.uploads import check_size, not_fetched


@dataclass(frozen=True, slots=True)
class Sent:
    """Name a picture on Telegram's side: a photo, which was recompressed there, or a file with all its bytes."""

    file_id: str
    name: str
    size_bytes: int
    is_photo: bool


def sent_in(message: Message | None) -> Sent | None:
    """Find the picture of a message: the largest size of its photo, or its file."""
    if message and message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return Sent(largest.file_id, "photo.jpg", largest.file_size or 0, is_photo=True)
    if message and message.document:
        file = message.document
        return Sent(file.file_id, file.file_name or "file", file.file_size or 0, is_photo=False)
    return None


def sent_with(messages: Sequence[Message], command: Command) -> list[Sent]:
    """List the pictures that came with a command: before them, where there is room, the one that it answers."""
    own = [sent for message in messages if (sent := sent_in(message))]
    answered = sent_in(messages[0].reply_to_message)
    return [answered, *own] if answered and len(own) < len(command.pictures()) else own


async def fetch(bot: Bot, pictures: Sequence[Sent]) -> tuple[Upload, ...]:
    """Download pictures; raise `RequestError` for the first that is too large or not to be had."""
    for picture in pictures:
        check_size(picture.size_bytes)
    return tuple(await asyncio.gather(*(_fetched(bot, picture) for picture in pictures)))


async def _fetched(bot: Bot, picture: Sent) -> Upload:
    try:
        file = await bot.get_file(picture.file_id)
        return Upload(picture.name, bytes(await file.download_as_bytearray()))
    except TelegramError:
        raise not_fetched(picture.name) from None
