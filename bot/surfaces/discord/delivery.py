"""Post and edit messages: by the interaction's token while it lives, afterwards as the bot itself."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import discord
import structlog

from bot.commands.buttons import Rows
from bot.manner import Addressed, Manner
from bot.surface import Undeliverable
from bot.surfaces.discord.address import Address
from bot.surfaces.discord.client import plain
from bot.surfaces.discord.components import view_of
from engine.errors import RequestError
from engine.events import Picture
from engine.jobs import Job, Promise
from engine.pictures import images

log = structlog.get_logger()

LONGEST_DESCRIPTION = 1_024
LONGEST_NONCE = 25
MESSAGES_LOOKED_AT = 100
SPOILER = "SPOILER_"
# Error code of the documentation's "Opcodes and Status Codes": request entity too large.
TOO_LARGE = 40005

# Discord's own name for an interaction's first message; discord.py's annotations want a number.
ORIGINAL: Any = "@original"

Files = list[discord.File]


class TokenLost(Exception):
    """Say that the interaction's token no longer opens its message."""


class Posted(NamedTuple):
    """Say where a message stands."""

    channel_id: int
    message_id: int


class Said(Protocol):
    """Be what is put before a person, by whatever way is open."""

    @property
    def where(self) -> Addressed:
        """Hold what says where it goes, and for whom."""

    @property
    def text(self) -> str:
        """Say it."""

    @property
    def rows(self) -> Rows:
        """Lay out the buttons below it."""

    @property
    def name(self) -> str:
        """Name the message, as nothing else is named."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Hold what is said where an answer was promised."""

    where: Promise
    text: str
    rows: Rows = ()

    @property
    def name(self) -> str:
        """Name the message, as nothing else is named."""
        return f"p-{self.where.key.rpartition(':')[2]}"[:LONGEST_NONCE]


@dataclass(frozen=True, slots=True)
class Post:
    """Hold what a message is to say and show; `kind` begins the names of its files, by which it is found again."""

    job: Job
    text: str
    rows: Rows = ()
    pictures: Sequence[Picture] = ()
    kind: str = "kandinsky"

    @property
    def where(self) -> Addressed:
        """Say that it goes where the job is answered."""
        return self.job

    @property
    def name(self) -> str:
        """Name the message, as nothing else is named."""
        return f"{self.kind}-{self.job.id}"[:LONGEST_NONCE]

    def file(self, number: int, picture: Picture) -> discord.File:
        """Make picture `number`, counted from 1, a file with its words."""
        description = self.job.request.text_of(number - 1)[:LONGEST_DESCRIPTION] or None
        return file_of(f"{self.name}-{number}", picture, covered=Manner.of(self.job).spoiler, description=description)


def file_of(name: str, picture: Picture, *, covered: bool, description: str | None = None) -> discord.File:
    """Make a picture a file, its name's ending by its kind."""
    return discord.File(io.BytesIO(picture.data), f"{name}{picture.suffix}", spoiler=covered, description=description)


async def laid_out(job: Job, pictures: Sequence[Picture]) -> Sequence[Picture]:
    """Lay several pictures of one prompt out on one sheet; what was asked for one by one is shown so."""
    if len(pictures) == 1 or job.request.is_animation or job.request.one_by_one:
        return pictures
    return [await asyncio.to_thread(images.grid, pictures)]


async def edit(client: discord.Client, post: Said, files: Files | None = None) -> Posted:
    """Make the interaction's message `post`, its files only where they are given; repeating it changes nothing.

    Raises `TokenLost` where the message is out of reach.
    """
    address = Address.read(post.where)
    attachments: Files = discord.utils.MISSING if files is None else files
    with _out_of_reach():
        message = await _webhook(client, address).edit_message(
            ORIGINAL, content=plain(post.text), attachments=attachments, view=view_of(post.rows)
        )
    return Posted(address.channel_id, message.id)


async def is_answered(client: discord.Client, promise: Promise) -> bool:
    """Tell whether something stands where an answer was promised; raise `TokenLost` where that is out of reach."""
    with _out_of_reach():
        message = await _webhook(client, Address.read(promise)).fetch_message(ORIGINAL)
    return not message.flags.loading


async def send(client: discord.Client, post: Said, files: Files) -> Posted:
    """Post as the bot, naming without a ping who asked, unless an earlier attempt arrived.

    What is for a person alone goes into their direct conversation with the bot, all else into the channel.
    """
    address = Address.read(post.where)
    channel = client.get_partial_messageable(address.channel_id)
    if Manner.of(post.where).private:
        direct = await client.create_dm(discord.Object(address.user_id))
        channel = client.get_partial_messageable(direct.id)
    message = await _found(client, channel, post.name)
    if not message:
        # Discord answers a nonce that it has seen with the message that it has, but forgets it within minutes.
        words, view = plain(f"<@{address.user_id}>\n{post.text}"), view_of(post.rows) or discord.utils.MISSING
        message = await channel.send(words, files=files, view=view, nonce=post.name, suppress_embeds=True)
    return Posted(channel.id, message.id)


async def remove(client: discord.Client, job: Job) -> None:
    """Delete the message that holds a job's answer: as the bot, else by the token while it lives."""
    address = Address.read(job)
    if not address.message_id:
        return
    message = client.get_partial_messageable(address.channel_id).get_partial_message(address.message_id)
    try:
        await message.delete()
    except (discord.Forbidden, discord.NotFound):  # it is for its person alone, or the bot is no member there
        await _webhook(client, address).delete_message(address.message_id)


async def upload(
    pictures: Sequence[Picture],
    limit_bytes: int,
    file: Callable[[int, Picture], discord.File],
    put: Callable[[Files], Awaitable[Posted]],
) -> Posted:
    """Call `put` with the pictures as files, encoded smaller as long as Discord finds them too large.

    Raises `Undeliverable` where Discord refuses the message for good.
    """
    while True:
        fitted = await _fit(pictures, limit_bytes)
        try:
            with refused_for_good():
                return await put([file(number, picture) for number, picture in enumerate(fitted, 1)])
        except discord.HTTPException as error:
            if not _too_large(error) or not fitted:
                raise
            limit_bytes = max(len(picture.data) for picture in fitted) // 2
            log.info("discord_upload_too_large", next_limit_bytes=limit_bytes)


@contextmanager
def refused_for_good() -> Iterator[None]:
    """Raise `Undeliverable` where Discord refuses a message, and will again."""
    try:
        yield
    except discord.HTTPException as error:
        # Only Discord's own refusals carry a code: without one, something in between failed and may recover.
        if error.status in {400, 403, 404} and error.code not in {0, TOO_LARGE}:
            raise Undeliverable(reason=error.text) from error
        raise


@contextmanager
def _out_of_reach() -> Iterator[None]:
    try:
        yield
    except discord.HTTPException as error:
        # 401/50027: the token is too old; 404/10008, 10015, 10062: never acknowledged, or deleted by somebody.
        if error.status in {401, 404}:
            raise TokenLost from error
        raise


def _webhook(client: discord.Client, address: Address) -> discord.Webhook:
    return discord.Webhook.partial(address.application_id, address.token, client=client)


def _too_large(error: discord.HTTPException) -> bool:
    return error.status == 413 or error.code == TOO_LARGE


async def _fit(pictures: Sequence[Picture], limit_bytes: int) -> list[Picture]:
    try:
        return [await asyncio.to_thread(images.fit, picture, limit_bytes) for picture in pictures]
    except RequestError as error:
        raise Undeliverable(reason="even its smallest encoding is too large for this place") from error


async def _found(client: discord.Client, channel: discord.PartialMessageable, name: str) -> discord.Message | None:
    """Look for a message among the bot's recent ones; without the right to read, nothing is found."""
    try:
        recent = [message async for message in channel.history(limit=MESSAGES_LOOKED_AT)]
    except (discord.Forbidden, discord.NotFound):
        return None
    mine = [message for message in recent if client.user and message.author.id == client.user.id]
    return next((message for message in mine if _is_called(message, name)), None)


def _is_called(message: discord.Message, name: str) -> bool:
    named = any(file.filename.removeprefix(SPOILER).startswith(f"{name}-") for file in message.attachments)
    return named or message.nonce == name
