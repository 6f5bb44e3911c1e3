"""The connection to Discord: a client without privileges, and the ladder that turns failures into replies."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import aiohttp
import discord
import structlog
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot import config
from bot.surfaces.discord.address import SURFACE
from bot.surfaces.discord.calling import TROUBLE, described, may_be_promised, may_be_thinking, once, surely
from bot.surfaces.discord.commands import Words
from bot.surfaces.discord.components import Press
from bot.words.apology import apology
from bot.words.localisation import speaking

log = structlog.get_logger()

LONGEST_CONTENT = 2_000
# As discord.py and the apps find them, up to the quotation mark that ends a prompt in any of the languages.
ADDRESS = re.compile(r"(?:https?|steam)://[^\s<>“”»]+", re.IGNORECASE)

AppCommand = app_commands.Command[Any, ..., None] | app_commands.ContextMenu
# Obeys a pressed button, named by its key.
Pressed = Callable[[discord.Interaction[Any], str], Awaitable[None]]


class Client(discord.Client):
    """Log in, register the commands, and receive interactions; `logged_in` is called before any of them.

    `press` obeys the buttons.
    """

    def __init__(self, commands: Sequence[AppCommand], press: Pressed, logged_in: Callable[[], None]) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            guild_ready_timeout=0,  # nothing here waits for them, and discord.py would even after it was closed
            member_cache_flags=discord.MemberCacheFlags.none(),
        )
        self.press = press
        self._logged_in = logged_in
        self.add_dynamic_items(Press)
        self.tree = Tree(
            self,
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        )
        for command in commands:
            self.tree.add(command)

    async def setup_hook(self) -> None:
        """Register the commands; where that fails, those of the last start still work."""
        self._logged_in()
        await self.tree.set_translator(Words())
        try:
            await self.tree.sync()
        except TROUBLE as error:
            log.error("discord_commands_not_synced", error=described(error))

    async def on_ready(self) -> None:
        """Note that the bot is online."""
        log.info("discord_connected", bot=str(self.user), guilds=len(self.guilds))


class Tree(app_commands.CommandTree[Client]):
    """Answer every failed command in a sentence that only its person sees."""

    def add(self, command: AppCommand) -> None:
        """Offer a command; discord.py 2.7 takes 5 entries of a message's menu, Discord 15."""
        if isinstance(command, app_commands.ContextMenu):
            self._context_menus[command.name, None, command.type.value] = command
        else:
            self.add_command(command)

    async def on_error(self, interaction: discord.Interaction[Client], error: app_commands.AppCommandError) -> None:
        """Say whose fault it was."""
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        with speaking(str(interaction.locale)):
            await whisper(interaction, apology(cause, SURFACE))


async def whisper(interaction: discord.Interaction[Any], text: str) -> None:
    """Answer so that only the person who asked sees it, before or after the interaction was acknowledged.

    The first message after a promise fills the loading message, which everybody sees: that one is taken away first.
    """
    try:
        if may_be_thinking(interaction):
            with contextlib.suppress(*TROUBLE):
                await surely(interaction.delete_original_response)
        if not may_be_promised(interaction) or not await _follow_up(interaction, text):
            message = plain(text)
            await once(lambda: interaction.response.send_message(message, ephemeral=True, suppress_embeds=True))
    except TROUBLE as error:
        log.warning("discord_answer_lost", interaction=interaction.id, error=described(error))


async def _follow_up(interaction: discord.Interaction[Any], text: str) -> bool:
    """Add a message to what was promised; tell whether something was, which Discord knows where nobody else does."""
    send = partial(interaction.followup.send, plain(text), ephemeral=True, suppress_embeds=True)
    try:
        try:
            await send()
        except (aiohttp.ClientError, OSError):  # it may have arrived: the sentence twice is better than not at all
            await send()
    except discord.NotFound:
        if interaction.response.is_done():
            raise
        return False
    return True


def plain(text: str) -> str:
    """Escape Discord's markdown, keep its addresses without a preview, and keep to the length of a message."""
    # discord.py escapes only the first bracket of a line's masked links, and nothing within an address.
    parts = [discord.utils.escape_markdown(part, ignore_links=False) for part in text.split("[")]
    # Discord previews no address in angle brackets; an edit of an interaction's message cannot say so otherwise.
    escaped = ADDRESS.sub(r"<\g<0>>", r"\[".join(parts))
    return escaped if len(escaped) <= LONGEST_CONTENT else escaped[: LONGEST_CONTENT - 1] + "…"


def redirect(settings: config.Discord) -> None:
    """Point discord.py at the configured addresses.

    It keeps them in class attributes and offers no other way; they hold for the whole process.
    """
    if settings.api_base:
        Route.BASE = str(settings.api_base).rstrip("/")
        discord.Asset.BASE = str(yarl.URL(Route.BASE).origin())
    if settings.gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.gateway_url)


def quiet() -> None:
    """Keep discord.py from logging what nobody should read: tokens at debug level, and advice about voice."""
    logging.getLogger("discord").setLevel(logging.WARNING)
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
