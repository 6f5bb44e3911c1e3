"""Answer an interaction: at once, or in the place of a promise that was made before."""

from __future__ import annotations

import io
from collections.abc import Sequence

import discord
import structlog

from bot.commands.table import Upload
from bot.surface import Answer
from bot.surfaces.discord.client import TROUBLE, plain
from bot.surfaces.discord.components import view_of
from bot.surfaces.discord.delivery import Files, Posted, file_of, upload
from engine.errors import RequestError
from engine.events import Picture

log = structlog.get_logger()


async def promise(interaction: discord.Interaction, *, private: bool) -> None:
    """Promise an answer; where Discord no longer takes the promise, the picture goes to the channel."""
    try:
        await interaction.response.defer(thinking=True, ephemeral=private)
    except TROUBLE as error:
        log.warning("discord_not_acknowledged", interaction=interaction.id, error=str(error))


async def promise_change(interaction: discord.Interaction) -> None:
    """Promise that the message whose button was pressed changes; its token then begins anew."""
    try:
        await interaction.response.defer()
    except TROUBLE as error:
        log.warning("discord_not_acknowledged", interaction=interaction.id, error=str(error))


async def reply(interaction: discord.Interaction, answer: Answer, *, covered: bool = False) -> None:
    """Answer with text, pictures, files and buttons; raise `RequestError` for files that Discord does not take."""
    limit_bytes = interaction.filesize_limit
    _check(answer.files, limit_bytes)
    if (answer.pictures or answer.files) and not interaction.response.is_done():
        await promise(interaction, private=answer.private)  # to encode and to send them may take longer than 3 s

    def file(number: int, picture: Picture) -> discord.File:
        return file_of(f"kandinsky-{number}", picture, covered=covered)

    async def put(files: Files) -> Posted:
        kept = [discord.File(io.BytesIO(file.data), file.name) for file in answer.files]
        return await _put(interaction, answer, [*files, *kept])

    await upload(answer.pictures, limit_bytes, file, put)


async def _put(interaction: discord.Interaction, answer: Answer, files: Files) -> Posted:
    """Put an answer where it was promised, or send it."""
    text, view = plain(answer.text), view_of(answer.buttons)
    if interaction.response.is_done():
        message = await interaction.edit_original_response(content=text, attachments=files, view=view)
        return Posted(message.channel.id, message.id)
    await interaction.response.send_message(
        text, view=view or discord.utils.MISSING, ephemeral=answer.private, suppress_embeds=True
    )
    return Posted(interaction.channel_id or 0, 0)


def _check(files: Sequence[Upload], limit_bytes: int) -> None:
    """Raise `RequestError` for a file that is too large: what is to be kept is sent with every byte of it."""
    largest = max((len(file.data) for file in files), default=0)
    if largest > limit_bytes:
        raise RequestError("files_too_large_here", megabytes=largest / 2**20, limit=limit_bytes // 2**20)
