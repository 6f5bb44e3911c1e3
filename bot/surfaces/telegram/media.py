"""Choose how pictures travel: as one photo, as an animation, or as files with every byte kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from telegram import InputMediaAnimation, InputMediaDocument, InputMediaPhoto
from telegram.constants import FileSizeLimit

from bot.manner import Manner
from bot.surface import Undeliverable
from bot.surfaces.telegram.sending import CAPTION_LENGTH, shorten
from bot.words.file_names import file_name
from engine.errors import RequestError
from engine.events import Picture
from engine.jobs import Job
from engine.pictures import images

Media = InputMediaPhoto | InputMediaDocument | InputMediaAnimation
Wrap = Callable[[Picture, str | None, str, bool], Media]

# https://core.telegram.org/bots/api#sendphoto
PHOTO_SIDES = 10_000
PHOTO_RATIO = 20


def media(job: Job, pictures: Sequence[Picture], caption: str) -> list[Media]:
    """Wrap the pictures of a job: animations as such, the others as one photo, several of them as a sheet.

    All are files where files were asked for or Telegram wants no such photo. Raises `Undeliverable` where even the
    smallest encoding is too large.
    """
    return shown(pictures, caption, job.id, as_file=Manner.of(job).as_file, spoiler=Manner.of(job).spoiler)


def shown(
    pictures: Sequence[Picture], caption: str, name: str, *, as_file: bool = False, spoiler: bool = False
) -> list[Media]:
    """Wrap pictures as `media` does; the first one has the caption, and `name` is in the names of the files."""
    laid = _laid(pictures)
    in_files = as_file or not all(map(can_be_shown, laid))
    if in_files:
        laid = [_fit(picture) for picture in pictures]
    words = [shorten(caption, CAPTION_LENGTH), *[None] * (len(laid) - 1)]
    return _wrapped(laid, words, name, _as_file if in_files else _as_shown, spoiler=spoiler)


def album(job: Job, pictures: Sequence[Picture], captions: Sequence[str]) -> list[Any]:
    """Wrap the pictures of a job for an album, one by one, each with its caption: photos, or all as files."""
    as_file = Manner.of(job).as_file or not all(map(can_be_photo, pictures))
    laid = [_fit(picture) for picture in pictures] if as_file else pictures
    words = [shorten(caption, CAPTION_LENGTH) for caption in captions]
    return _wrapped(laid, words, job.id, _as_file if as_file else _as_shown, spoiler=Manner.of(job).spoiler)


def _wrapped(
    pictures: Sequence[Picture], captions: Sequence[str | None], name: str, wrap: Wrap, *, spoiler: bool
) -> list[Media]:
    return [
        wrap(picture, caption, file_name(name, number, picture), spoiler)
        for number, (picture, caption) in enumerate(zip(pictures, captions, strict=True), 1)
    ]


def _laid(pictures: Sequence[Picture]) -> list[Picture]:
    moving, still = [it for it in pictures if is_animation(it)], [it for it in pictures if not is_animation(it)]
    return [*moving, images.grid(still)] if len(still) > 1 else [*moving, *still]


def _as_shown(picture: Picture, caption: str | None, name: str, spoiler: bool) -> Media:
    covered = spoiler or None
    if is_animation(picture):
        return InputMediaAnimation(
            picture.data, caption, width=picture.width, height=picture.height, filename=name, has_spoiler=covered
        )
    return InputMediaPhoto(picture.data, caption, filename=name, has_spoiler=covered)


def _as_file(picture: Picture, caption: str | None, name: str, _: bool) -> Media:
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
        raise Undeliverable(reason="even its smallest encoding is too large for Telegram") from error
