"""Post and edit messages: by the interaction's token while it lives, afterwards as the bot in the channel."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import discord
import structlog

from bot.discord_app.address import Address
from bot.discord_app.client import plain
from bot.surface import Undeliverable
from engine import images
from engine.errors import RequestError
from engine.events import Picture
from engine.jobs import Job

log = structlog.get_logger()

LONGEST_DESCRIPTION = 1_024
MESSAGES_LOOKED_AT = 100
# Error code of the documentation's "Opcodes and Status Codes": request entity too large.
TOO_LARGE = 40005

Files = list[discord.File]
Send = Callable[[Files], Awaitable[object]]


class TokenLost(Exception):
    """Say that the interaction's token no longer opens its message."""


async def edit_original(client: discord.Client, job: Job, text: str, files: Files | None = None) -> None:
    """Replace the text of the interaction's message, with `files` its attachments too; repeating it changes nothing.

    Raises `TokenLost` where the message is out of reach.
    """
    address = Address.read(job)
    webhook = discord.Webhook.partial(address.application_id, address.token, client=client)
    original: Any = "@original"  # Discord's own name for an interaction's first message; the annotation wants a number
    attachments: Files = discord.utils.MISSING if files is None else files
    try:
        await webhook.edit_message(original, content=plain(text), attachments=attachments)
    except discord.HTTPException as error:
        # 401/50027: the token is too old; 404/10008, 10015, 10062: never acknowledged, or deleted by somebody.
        if error.status in {401, 404}:
            raise TokenLost from error
        raise


async def post(client: discord.Client, job: Job, text: str, files: Files) -> None:
    """Post into the channel as the bot, naming without a ping who asked, unless an earlier attempt arrived."""
    address = Address.read(job)
    channel = client.get_partial_messageable(address.channel_id)
    if not await _already_posted(client, channel, job):
        # Discord answers a nonce that it has seen with the message that it has, but forgets it within minutes.
        words = plain(f"<@{address.user_id}>\n{text}")
        await channel.send(words, files=files, nonce=_nonce(job), suppress_embeds=True)


async def upload(job: Job, pictures: Sequence[Picture], send: Send) -> None:
    """Call `send` with the pictures as files, encoded smaller as long as Discord finds them too large.

    Raises `Undeliverable` where Discord refuses the message for good.
    """
    limit_bytes = Address.read(job).filesize_limit
    while True:
        fitted = await _fit(pictures, limit_bytes)
        try:
            await send([_file(job, number, picture) for number, picture in enumerate(fitted, 1)])
        except discord.HTTPException as error:
            if _refused(error):
                raise Undeliverable(error.text) from error
            if not _too_large(error):
                raise
            limit_bytes = max(len(picture.data) for picture in fitted) // 2
            log.info("discord_upload_too_large", job=job.id, next_limit_bytes=limit_bytes)
        else:
            return


def _too_large(error: discord.HTTPException) -> bool:
    return error.status == 413 or error.code == TOO_LARGE


def _refused(error: discord.HTTPException) -> bool:
    # Only Discord's own refusals carry a code: without one, something in between failed and may recover.
    return error.status in {400, 403, 404} and error.code not in {0, TOO_LARGE}


async def _fit(pictures: Sequence[Picture], limit_bytes: int) -> list[Picture]:
    try:
        return [await asyncio.to_thread(images.fit, picture, limit_bytes) for picture in pictures]
    except RequestError as error:
        raise Undeliverable("even its smallest encoding is too large for this place") from error


async def _already_posted(client: discord.Client, channel: discord.PartialMessageable, job: Job) -> bool:
    """Look for the job in the bot's recent messages; without the right to read, nothing is found."""
    try:
        recent = [message async for message in channel.history(limit=MESSAGES_LOOKED_AT)]
    except (discord.Forbidden, discord.NotFound):
        return False
    mine = [message for message in recent if client.user and message.author.id == client.user.id]
    return any(_holds(message, job) for message in mine)


def _holds(message: discord.Message, job: Job) -> bool:
    named = any(file.filename.startswith(f"{_nonce(job)}-") for file in message.attachments)
    return named or message.nonce == _nonce(job)


def _nonce(job: Job) -> str:
    return f"kandinsky-{job.id}"[:25]


def _file(job: Job, number: int, picture: Picture) -> discord.File:
    suffix = picture.media_type.partition("/")[2]
    name = f"{_nonce(job)}-{number}.{suffix}"
    words = " + ".join(job.request.texts())[:LONGEST_DESCRIPTION]
    return discord.File(io.BytesIO(picture.data), name, description=words or None)
