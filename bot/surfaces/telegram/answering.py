"""Post an answer: its text, its pictures, its files and its buttons."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from telegram import Bot, InlineKeyboardMarkup, InputMediaAnimation, InputMediaDocument, InputMediaPhoto
from telegram.constants import MediaGroupLimit

from bot.commands.table import Upload
from bot.surface import Answer
from bot.surfaces.telegram.address import Address
from bot.surfaces.telegram.keyboards import keyboard
from bot.surfaces.telegram.media import Media, shown
from bot.surfaces.telegram.sending import send
from bot.surfaces.telegram.texts import CAPTION_LENGTH, TEXT_LENGTH, shorten

Post = Callable[..., Awaitable[object]]


async def respond(bot: Bot, address: Address, answer: Answer, name: str = "picture", *, spoiler: bool = False) -> None:
    """Post `answer` in plain text, its pictures shown and its files as they are; buttons are below the first message.

    Files come in albums, which take no buttons: these are then below a text of their own.
    """
    markup = keyboard(answer.buttons)
    if answer.pictures:
        files = await asyncio.to_thread(shown, answer.pictures, answer.text, name, spoiler=spoiler)
        for number, file in enumerate(files):
            await send(address, post_of(bot, file, markup if number == 0 else None))
    if answer.files:
        await _send_files(bot, address, answer.files, "" if answer.pictures or markup else answer.text)
    if not answer.pictures and (markup or not answer.files):
        text = shorten(answer.text, TEXT_LENGTH)
        await send(address, partial(bot.send_message, text=text, reply_markup=markup))


def post_of(bot: Bot, file: Media, markup: InlineKeyboardMarkup | None = None) -> Post:
    """Choose what posts one photo, animation or file."""
    words: dict[str, Any] = {"caption": file.caption, "reply_markup": markup}
    match file:
        case InputMediaAnimation():
            size: dict[str, Any] = {"width": file.width, "height": file.height}
            return partial(bot.send_animation, animation=file.media, has_spoiler=file.has_spoiler, **size, **words)
        case InputMediaPhoto():
            return partial(bot.send_photo, photo=file.media, has_spoiler=file.has_spoiler, **words)
        case _:
            keep = file.disable_content_type_detection
            return partial(bot.send_document, document=file.media, disable_content_type_detection=keep, **words)


async def _send_files(bot: Bot, address: Address, files: Sequence[Upload], text: str) -> None:
    caption = shorten(text, CAPTION_LENGTH) or None
    wrapped = [InputMediaDocument(it.data, filename=it.name, disable_content_type_detection=True) for it in files]
    most = int(MediaGroupLimit.MAX_MEDIA_LENGTH)
    for several in (wrapped[begin : begin + most] for begin in range(0, len(wrapped), most)):
        if len(several) > 1:
            await send(address, partial(bot.send_media_group, media=several, caption=caption))
        else:
            single = partial(bot.send_document, document=several[0].media, disable_content_type_detection=True)
            await send(address, partial(single, caption=caption))
        caption = None
