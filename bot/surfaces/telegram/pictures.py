"""Find the pictures that come with a command, and fetch them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from telegram import Bot, Message
from telegram.error import TelegramError

from bot.commands.table import Invocation, Upload
from bot.service.intake import check_size, not_fetched

# How far two pictures of the same shape may differ: apps round to whole pixels.
SAME_RATIO = 0.02


@dataclass(frozen=True, slots=True)
class Sent:
    """Name a picture on Telegram's side: a photo, which was recompressed there, or a file with all its bytes."""

    file_id: str
    name: str
    size_bytes: int
    is_photo: bool
    ratio: float | None = None


def sent_in(message: Message | None) -> Sent | None:
    """Find the picture of a message: the largest size of its photo, or its file."""
    if message and message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        ratio = largest.width / largest.height if largest.height else None
        return Sent(largest.file_id, "photo.jpg", largest.file_size or 0, is_photo=True, ratio=ratio)
    if message and message.document:
        file = message.document
        return Sent(file.file_id, file.file_name or "file", file.file_size or 0, is_photo=False)
    return None


def sent_with(messages: Sequence[Message], invocation: Invocation) -> list[Sent]:
    """List the pictures that came with a command: before them, where there is room, the one that it answers.

    A job that the command names takes a place too.
    """
    own = [sent for message in messages if (sent := sent_in(message))]
    answered = sent_in(messages[0].reply_to_message)
    room = len(invocation.command.pictures) - bool({"of", "job"} & invocation.options.keys())
    return [answered, *own] if answered and len(own) < room else own


def is_same_shape(one: Sent | None, other: Sent | None) -> bool:
    """Tell whether a photo may be the other one, painted over; of files nobody knows."""
    if not one or not other:
        return False
    return not one.ratio or not other.ratio or abs(one.ratio / other.ratio - 1) <= SAME_RATIO


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


# Nothing says how many messages an album has, nor which is the last: it is whole once none came for so long.
WAIT_S = 1.0
LONGEST_WAIT_S = 5.0


@dataclass
class Album:
    """Hold the messages of an album that came so far, and when the latest did; `ended` says that it was obeyed."""

    messages: list[Message]
    began_at: float
    latest_at: float
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def wait_s(self) -> float:
        """Tell for how long further messages are waited for."""
        return min(self.latest_at + WAIT_S, self.began_at + LONGEST_WAIT_S) - time.monotonic()

    def add(self, message: Message) -> None:
        """Add a message."""
        self.messages.append(message)
        self.latest_at = time.monotonic()

    def in_order(self) -> list[Message]:
        """List the messages; one may have come twice."""
        return sorted({it.message_id: it for it in self.messages}.values(), key=lambda it: it.message_id)


class Albums:
    """Gather the messages of albums that are under way."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, str], Album] = {}

    @asynccontextmanager
    async def gathered(self, message: Message) -> AsyncIterator[list[Message]]:
        """Wait for the rest of the album that `message` begins, and yield it in order; a lone message at once.

        For its other messages there are none, once the album was obeyed: none of them is done before all are.
        """
        if not message.media_group_id:
            yield [message]
            return
        key = message.chat.id, message.media_group_id
        if album := self._open.get(key):
            album.add(message)
            await album.ended.wait()
            yield []
            return
        now = time.monotonic()
        album = self._open[key] = Album([message], now, now)
        try:
            yield await self._whole(key, album)
        finally:
            self._open.pop(key, None)
            album.ended.set()

    async def _whole(self, key: tuple[int, str], album: Album) -> list[Message]:
        while (wait_s := album.wait_s) > 0:  # noqa: ASYNC110 - nothing but time says that it is whole
            await asyncio.sleep(wait_s)
        del self._open[key]
        return album.in_order()
