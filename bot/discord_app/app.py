"""Discord as one of the service's surfaces: commands in, messages out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import discord
import structlog
from discord.backoff import ExponentialBackoff

from bot import config
from bot.commands import Invocation
from bot.discord_app import delivery
from bot.discord_app.address import Address, origin
from bot.discord_app.client import TROUBLE, AppCommand, Client, quiet, redirect, whisper
from bot.discord_app.commands import SURFACE, build_all
from bot.discord_app.menus import build_menus
from bot.discord_app.pictures import attached, fetch
from bot.service import Service
from bot.surface import Load
from engine.events import Picture
from engine.jobs import Job

log = structlog.get_logger()


class DiscordApp:
    """Serve one bot account; `models` are the names suggested while a person types."""

    name = SURFACE
    # Edits of one message share a bucket of about five in five seconds, and the picture itself must not wait for it.
    progress_interval_s = 2.5
    confirms_masks = False

    def __init__(self, settings: config.Discord, service: Service, models: Sequence[str] = ()) -> None:
        self._settings = settings
        self._service = service
        self._models = models
        self._client: Client  # there once `_logged_in` is set
        self._logged_in = asyncio.Event()
        self._lost: set[str] = set()  # jobs whose interaction no longer answers

    async def run(self) -> None:
        """Stay connected until cancelled; where Discord refuses the bot, end with one line in the log."""
        redirect(self._settings)
        quiet()
        try:
            await self._stay_connected()
        except discord.LoginFailure:
            log.error("discord_login_failed", hint="Discord refuses the token: set [discord] token to the bot's own")
        except discord.ConnectionClosed as error:
            log.error("discord_refused", code=error.code)

    async def show(self, job: Job, text: str, preview: bytes | None) -> None:
        """Edit the interaction's message; say nothing once its token is lost."""
        if not self._logged_in.is_set() or not self._in_reach(job):
            return
        try:
            await delivery.edit_original(self._client, job, text)
        except delivery.TokenLost:
            self._lost.add(job.id)

    async def deliver(self, job: Job, load: Load, text: str) -> None:
        """Put the pictures into the interaction's message, or into a new one in its channel."""
        await self._logged_in.wait()
        await self._answer(job, await load(), text)

    async def tell(self, job: Job, text: str) -> None:
        """Say how a job ended, in the same place as its pictures would be."""
        await self._logged_in.wait()
        await self._answer(job, (), text)

    async def ask(self, job: Job, overlay: bytes, text: str) -> None:
        """Show a held job's mask."""

    async def remove(self, job: Job) -> None:
        """Take away what was posted of a job."""

    async def _answer(self, job: Job, pictures: Sequence[Picture], text: str) -> None:
        try:
            await self._post(job, pictures, text)
        finally:
            self._lost.discard(job.id)

    async def _post(self, job: Job, pictures: Sequence[Picture], text: str) -> None:
        if self._in_reach(job):
            try:
                await delivery.upload(job, pictures, partial(delivery.edit_original, self._client, job, text))
            except delivery.TokenLost:
                log.info("discord_token_lost", job=job.id)
            else:
                return
        await delivery.upload(job, pictures, partial(delivery.post, self._client, job, text))

    def _in_reach(self, job: Job) -> bool:
        return job.id not in self._lost and not Address.read(job).expired

    async def _handle(self, interaction: discord.Interaction, invocation: Invocation) -> None:
        """Translate one command."""
        if not invocation.command.makes_job:
            await whisper(interaction, (await self._service.answer(invocation, origin(interaction))).text)
            return
        self._service.follow(await self._submit(interaction, invocation))

    async def _submit(self, interaction: discord.Interaction, invocation: Invocation) -> Job:
        """Commit a job and promise its pictures: before a download, which may outlast the 3 s for a promise."""
        with_pictures = bool(attached(invocation))
        if with_pictures:
            await acknowledge(interaction)
        job = await self._service.submit(await fetch(invocation), origin(interaction))
        if not with_pictures:
            await acknowledge(interaction)
        return job

    async def _stay_connected(self) -> None:
        """Log in until it works; once connected, discord.py reconnects by itself."""
        backoff = ExponentialBackoff[bool]()
        while True:
            try:
                return await self._connect()
            except TROUBLE as error:
                wait_s = backoff.delay()
                log.warning("discord_unreachable", error=str(error), again_in_s=round(wait_s, 1))
            await asyncio.sleep(wait_s)

    async def _connect(self) -> None:
        token = self._settings.token.get_secret_value() if self._settings.token else ""
        # A discord.py client cannot log in a second time.
        commands: list[AppCommand] = [*build_all(self._handle, self._models), *build_menus(self._handle)]
        self._client = Client(commands, self._logged_in.set)
        try:
            async with self._client:
                await self._client.start(token)
        finally:
            self._logged_in.clear()


async def acknowledge(interaction: discord.Interaction) -> None:
    """Promise an answer; where Discord no longer takes the promise, the picture goes to the channel."""
    try:
        await interaction.response.defer(thinking=True)
    except TROUBLE as error:
        log.warning("discord_not_acknowledged", interaction=interaction.id, error=str(error))
