"""Fetch the pictures that come with a command."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Iterable
from dataclasses import replace

import discord

from bot.commands.table import Invocation, Upload
from bot.service.intake import check_size, not_fetched
from bot.surfaces.discord.calling import TROUBLE
from bot.surfaces.discord.delivery import SPOILER
from bot.words import file_names
from engine.errors import RequestError

DOWNLOAD_TIMEOUT_S = 60


def attached(invocation: Invocation) -> list[discord.Attachment]:
    """List the pictures of an invocation that are still on Discord; raise `RequestError` for one that is too large."""
    found = [value for value in invocation.options.values() if isinstance(value, discord.Attachment)]
    for attachment in found:
        check_size(attachment.size)
    return found


async def fetch(invocation: Invocation) -> Invocation:
    """Download the pictures of an invocation; raise `RequestError` where one is not to be had."""
    return replace(invocation, options={name: await _fetched(it) for name, it in invocation.options.items()})


def first_picture(attachments: Iterable[discord.Attachment]) -> discord.Attachment:
    """Choose the picture of a message; raise `RequestError` where there is none."""
    for attachment in attachments:
        kind = attachment.content_type or mimetypes.guess_type(attachment.filename)[0] or ""
        if kind.startswith("image/"):
            return attachment
    raise RequestError("no_picture_there")


def job_in(filename: str) -> str | None:
    """Read which job made a picture from the name that the bot gave it."""
    return file_names.job_in(filename.removeprefix(SPOILER))


async def _fetched(value: object) -> object:
    if not isinstance(value, discord.Attachment):
        return value
    try:
        async with asyncio.timeout(DOWNLOAD_TIMEOUT_S):
            return Upload(value.filename, await value.read())
    except TROUBLE:
        raise not_fetched(value.filename) from None
