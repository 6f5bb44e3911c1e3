"""How Discord is called: what a call may end in, and what it takes to make one that counts once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp
import discord
import structlog

from engine.errors import EngineError

log = structlog.get_logger()

T = TypeVar("T")
# What a call ends in when Discord refuses it, the network breaks, or something in between answers. discord.py lets
# through what its JSON reader raises (ValueError), what aiohttp says of a closed session (RuntimeError), and what it
# stumbles over itself where an answer has another shape than Discord's (the last three).
TROUBLE = (
    discord.DiscordException,
    aiohttp.ClientError,
    OSError,
    ValueError,
    RuntimeError,
    LookupError,
    TypeError,
    AttributeError,
)
# Error code of the documentation's "Opcodes and Status Codes": interaction has already been acknowledged.
TAKEN = 40060
# Discord takes no promise after 3 s, and a job is not to wait for an answer that never comes.
PROMISE_S = 5.0
TRIES = 3
# In an interaction's extras: whether a promise that was tried is one of a new message. Whether Discord has it is only
# known from its answer, which may be lost.
PROMISED = "promised"


class Unanswered(EngineError):
    """Say that an answer may not have reached its person."""

    code = "unanswered"


def described(error: BaseException) -> str:
    """Describe what a call ended in for a log line: without an address of aiohttp's, for those hold tokens."""
    tells = isinstance(error, discord.DiscordException | OSError | ValueError)
    return f"{type(error).__name__}: {error}" if tells and str(error) else type(error).__name__


async def once(call: Callable[[], Awaitable[object]]) -> None:
    """Answer an interaction, once more where it is not known whether Discord took that; it takes one answer only."""
    try:
        await call()
    except TROUBLE as error:
        if not _is_taken(error):
            if _is_refusal(error):
                raise
            await _again(call)


async def answer(interaction: discord.Interaction[Any], call: Callable[[], Awaitable[object]]) -> None:
    """Answer an interaction with `call`; raise `Unanswered` where that may not have arrived."""
    try:
        await once(call)
    except TROUBLE as error:
        log.warning("discord_answer_lost", interaction=interaction.id, error=described(error))
        raise Unanswered from error


async def _again(call: Callable[[], Awaitable[object]]) -> None:
    try:
        await call()
    except TROUBLE as error:
        if not _is_taken(error):
            raise


async def surely(call: Callable[[], Awaitable[T]]) -> T:
    """Make a call that may be repeated, and repeat it as long as nobody knows what Discord said."""
    for _ in range(TRIES - 1):
        try:
            return await call()
        except TROUBLE as error:
            if _is_refusal(error):
                raise
            log.info("discord_called_again", error=described(error))
    return await call()


async def promise(interaction: discord.Interaction[Any], *, private: bool) -> None:
    """Promise an answer; where Discord does not take the promise, the picture goes to the channel."""
    await _promise(interaction, is_thinking=True, private=private)


async def promise_change(interaction: discord.Interaction[Any]) -> None:
    """Promise that the message whose button was pressed changes; its token then begins anew."""
    await _promise(interaction, is_thinking=False, private=False)


def may_be_promised(interaction: discord.Interaction[Any]) -> bool:
    """Tell whether Discord may have taken an answer to this interaction."""
    return interaction.response.is_done() or PROMISED in interaction.extras


def may_be_thinking(interaction: discord.Interaction[Any]) -> bool:
    """Tell whether a loading message may stand where the answer will be."""
    return bool(interaction.extras.get(PROMISED))


async def _promise(interaction: discord.Interaction[Any], *, is_thinking: bool, private: bool) -> None:
    """Promise, whatever comes of it: what was asked for must not depend on that."""
    interaction.extras[PROMISED] = is_thinking
    try:
        async with asyncio.timeout(PROMISE_S):
            await once(lambda: interaction.response.defer(thinking=is_thinking, ephemeral=private))
    except TROUBLE as error:
        log.warning("discord_not_acknowledged", interaction=interaction.id, error=described(error))


def _is_taken(error: BaseException) -> bool:
    taken = isinstance(error, discord.HTTPException) and error.code == TAKEN
    return taken or isinstance(error, discord.InteractionResponded)


def _is_refusal(error: BaseException) -> bool:
    """Tell whether it was Discord that said no; it has tried again by itself before it says 5xx."""
    return isinstance(error, discord.HTTPException)
