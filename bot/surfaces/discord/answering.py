"""Answer an interaction with what a command came to: at once, or in the place of a promise that was made before."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import discord
import structlog

from bot.commands.table import Upload
from bot.surface import Answer
from bot.surfaces.discord.calling import TROUBLE, Unanswered, described, may_be_promised, once, surely
from bot.surfaces.discord.client import plain
from bot.surfaces.discord.components import view_of
from bot.surfaces.discord.delivery import Files, Posted, file_of, upload
from engine.errors import RequestError
from engine.events import Picture

log = structlog.get_logger()

Promise = Callable[[], Awaitable[None]]


async def reply(interaction: discord.Interaction, answer: Answer, make_promise: Promise, *, covered: bool) -> None:
    """Answer with text, pictures, files and buttons; `make_promise` comes before what may take longer than 3 s.

    Raises `RequestError` for files that Discord does not take, `Unanswered` where an answer may be lost.
    """
    _check(answer.files, interaction.filesize_limit)
    if (answer.pictures or answer.files) and not may_be_promised(interaction):
        await make_promise()
    try:
        await surely(partial(_reply, interaction, answer, covered))
    except TROUBLE as error:
        log.warning("discord_answer_lost", interaction=interaction.id, error=described(error))
        raise Unanswered from error


async def _reply(interaction: discord.Interaction, answer: Answer, covered: bool) -> None:
    def file(number: int, picture: Picture) -> discord.File:
        return file_of(f"kandinsky-{number}", picture, covered=covered)

    async def put(files: Files) -> Posted:
        kept = [discord.File(io.BytesIO(file.data), file.name) for file in answer.files]
        return await _put(interaction, answer, [*files, *kept])

    await upload(answer.pictures, interaction.filesize_limit, file, put)


async def _put(interaction: discord.Interaction, answer: Answer, files: Files) -> Posted:
    """Put an answer where it was promised, or send it."""
    text, view = plain(answer.text), view_of(answer.buttons)
    if may_be_promised(interaction):
        message = await interaction.edit_original_response(content=text, attachments=files, view=view)
        return Posted(message.channel.id, message.id)
    shown = view or discord.utils.MISSING
    await once(
        partial(interaction.response.send_message, text, view=shown, ephemeral=answer.private, suppress_embeds=True)
    )
    return Posted(interaction.channel_id or 0, 0)


def _check(files: Sequence[Upload], limit_bytes: int) -> None:
    """Raise `RequestError` for a file that is too large: what is to be kept is sent with every byte of it."""
    largest = max((len(file.data) for file in files), default=0)
    if largest > limit_bytes:
        raise RequestError("files_too_large_here", megabytes=largest / 2**20, limit=limit_bytes // 2**20)
