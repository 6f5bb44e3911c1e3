"""Choose how pictures travel: as one photo, as an animation, or as files with every byte kept."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import InputMediaAnimation, InputMediaDocument, InputMediaPhoto
from telegram.constants import FileSizeLimit

from bot.surface import Undeliverable
from bot.telegram_app.address import Address
from bot.telegram_app.texts import CAPTION_LENGTH, shorten
from engine import images
from engine.errors import RequestError
from engine.events import Picture
from engine.jobs import Job

Media = InputMediaPhoto | InputMediaDocument | InputMediaAnimation

# https://core.telegram.org/bots/api#sendphoto
PHOTO_SIDES = 10_000
PHOTO_RATIO = 20


def media(job: Job, pictures: Sequence[Picture], caption: str) -> list[Media]:
    """Wrap the pictures for upload: animations as such, the others as one photo, several of them as a sheet.

    All are files where files were asked for or Telegram wants no such photo. Raises `Undeliverable` where even the
    smallest encoding is too large.
    """
    caption = shorten(caption, CAPTION_LENGTH)
    shown = _shown(pictures)
    if Address.read(job).as_file or not all(map(can_be_shown, shown)):
        shown, wrap = [_fit(picture) for picture in pictures], _as_file
    else:
        wrap = _as_shown
    return [
        wrap(picture, caption if number == 1 else None, _name(job, number, picture))
        for number, picture in enumerate(shown, 1)
    ]


def _shown(pictures: Sequence[Picture]) -> list[Picture]:
    moving, still = [it for it in pictures if is_animation(it)], [it for it in pictures if not is_animation(it)]
    return [*moving, images.grid(still)] if len(still) > 1 else [*moving, *still]


def _as_shown(picture: Picture, caption: str | None, name: str) -> Media:
    if is_animation(picture):
        return InputMediaAnimation(picture.data, caption, width=picture.width, height=picture.height, filename=name)
    return InputMediaPhoto(picture.data, caption, filename=name)


def _as_file(picture: Picture, caption: str | None, name: str) -> Media:
    # Telegram would make a film of an animation that it recognises.
    keep = is_animation(picture) or None
    return InputMediaDocument(picture.data, caption, filename=name, disable_content_type_detection=keep)


def is_animation(picture: Picture) -> bool:
    """Tell whether `picture` moves: the engine writes nothing else as a GIF."""
    return picture.media_type == "image/gif"


def can_be_shown(picture: Picture) -> bool:
    """Tell whether Telegram takes `picture` as an animation or a photo."""
    if is_animation(picture):
        return len(picture.data) <= FileSizeLimit.FILESIZE_UPLOAD
    return can_be_photo(picture)


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
