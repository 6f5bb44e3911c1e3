"""Choose how pictures travel: as one photo, or as files with every byte kept."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import InputMediaDocument, InputMediaPhoto
from telegram.constants import FileSizeLimit

from bot.service import Undeliverable
from bot.telegram_app.address import Address
from bot.telegram_app.texts import CAPTION_LENGTH, shorten
from engine import images
from engine.errors import RequestError
from engine.events import Picture
from engine.jobs import Job

Media = InputMediaPhoto | InputMediaDocument

# https://core.telegram.org/bots/api#sendphoto
PHOTO_SIDES = 10_000
PHOTO_RATIO = 20


def media(job: Job, pictures: Sequence[Picture], caption: str) -> list[Media]:
    """Wrap the pictures for upload: several become one sheet, unless files were asked for or Telegram wants none.

    Raises `Undeliverable` where even the smallest encoding is too large.
    """
    caption = shorten(caption, CAPTION_LENGTH)
    if not Address.read(job).as_file:
        picture = pictures[0] if len(pictures) == 1 else images.grid(pictures)
        if can_be_photo(picture):
            return [InputMediaPhoto(picture.data, caption, filename=_name(job, 1, picture))]
    fitted = [_fit(picture) for picture in pictures]
    return [
        InputMediaDocument(picture.data, caption if number == 1 else None, filename=_name(job, number, picture))
        for number, picture in enumerate(fitted, 1)
    ]


def can_be_photo(picture: Picture) -> bool:
    """Tell whether Telegram takes `picture` as a photo."""
    short, long = sorted((picture.width, picture.height))
    small = len(picture.data) <= FileSizeLimit.PHOTOSIZE_UPLOAD
    return small and short + long <= PHOTO_SIDES and long <= PHOTO_RATIO * short


def _fit(picture: Picture) -> Picture:
    try:
        return images.fit(picture, FileSizeLimit.FILESIZE_UPLOAD)
    except RequestError as error:
        raise Undeliverable("even its smallest encoding is too large for Telegram") from error


def _name(job: Job, number: int, picture: Picture) -> str:
    return f"kandinsky-{job.id}-{number}.{picture.media_type.partition('/')[2]}"
