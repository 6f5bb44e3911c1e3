"""Discord as one of the service's surfaces: commands in, messages out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import discord
import structlog
from discord.backoff import ExponentialBackoff

from bot import config
from bot.commands.buttons import on_mask, on_result, on_waiting
from bot.service.service import Service
from bot.surface import Load, Remembered
from bot.surfaces.discord import delivery
from bot.surfaces.discord.address import SURFACE, Address
from bot.surfaces.discord.attending import Attendant
from bot.surfaces.discord.calling import TROUBLE, described
from bot.surfaces.discord.client import AppCommand, Client, quiet, redirect
from bot.surfaces.discord.commands import build_all, build_menus
from bot.surfaces.discord.delivery import Notice, Post, Posted
from bot.surfaces.discord.refusals import refusal
from bot.surfaces.discord.suggesting import suggestions
from engine.events import Picture
from engine.jobs import Job, Promise

log = structlog.get_logger()


class DiscordApp:
    """Serve one bot account; `models` are the names suggested while a person types."""

    name = SURFACE
    # Edits of one message share a bucket of about five in five seconds, and the picture itself must not wait for it.
    progress_interval_s = 2.5
    confirms_masks = True

    def __init__(self, settings: config.Discord, service: Service, models: Sequence[str] = ()) -> None:
        self._settings = settings
        self._service = service
        self._attendant = Attendant(service)
        self._suggestions = suggestions(service, models)
        self._client: Client  # there once `_logged_in` is set
        self._logged_in = asyncio.Event()
        self._lost: set[str] = set()  # jobs whose interaction no longer answers

    async def run(self) -> str:
        """Stay connected until cancelled; where Discord refuses the bot, end with the reason, in the log too."""
        redirect(self._settings)
        quiet()
        backoff = ExponentialBackoff[bool]()
        while True:
            if reason := await self._connected():
                return reason
            await asyncio.sleep(backoff.delay())

    async def show(self, job: Job, text: str, preview: bytes | None) -> None:
        """Edit the interaction's message; say nothing once its token is lost."""
        if not self._logged_in.is_set() or not self._in_reach(job):
            return
        try:
            await delivery.edit(self._client, Post(job, text, on_waiting(job)))
        except delivery.TokenLost:
            self._lost.add(job.id)

    async def ask(self, job: Job, overlay: bytes, text: str) -> Remembered:
        """Show a held job's mask in the interaction's message, or in a new one."""
        await self._logged_in.wait()
        picture = Picture(overlay, "image/jpeg", job.request.width or 0, job.request.height or 0, 0)
        return await self._put(Post(job, text, on_mask(job), [picture], kind="mask"))

    async def deliver(self, job: Job, load: Load, text: str) -> Remembered:
        """Put the pictures into the interaction's message, or into a new one."""
        await self._logged_in.wait()
        pictures = await delivery.laid_out(job, await load())
        return await self._put(Post(job, text, on_result(job), pictures))

    async def tell(self, job: Job, text: str) -> Remembered:
        """Say how a job ended, in the same place as its pictures would be."""
        await self._logged_in.wait()
        return await self._put(Post(job, text))

    async def break_promise(self, promise: Promise, text: str) -> None:
        """Say where an answer was promised that none comes: in the loading message, else in a new one."""
        await self._logged_in.wait()
        notice = Notice(promise, text)
        with delivery.refused_for_good():
            try:
                if Address.read(promise).expired:
                    await delivery.send(self._client, notice, [])
                elif not await delivery.is_answered(self._client, promise):
                    await delivery.edit(self._client, notice)
            except delivery.TokenLost:
                await delivery.send(self._client, notice, [])

    async def remove(self, job: Job) -> None:
        """Delete the message that holds a job's answer, if Discord lets the bot."""
        if not self._logged_in.is_set():
            return
        try:
            await delivery.remove(self._client, job)
        except TROUBLE as error:
            log.warning("discord_message_not_removed", job=job.id, error=described(error))

    async def _put(self, post: Post) -> Remembered:
        """Put what a job has come to before its person, and say where that stands."""
        try:
            return (await self._post(post))._asdict()
        finally:
            self._lost.discard(post.job.id)

    async def _post(self, post: Post) -> Posted:
        put = partial(delivery.upload, post.pictures, Address.read(post.job).filesize_limit, post.file)
        if self._in_reach(post.job):
            try:
                return await put(partial(delivery.edit, self._client, post))
            except delivery.TokenLost:
                log.info("discord_token_lost", job=post.job.id)
        return await put(partial(delivery.send, self._client, post))

    def _in_reach(self, job: Job) -> bool:
        return job.id not in self._lost and not Address.read(job).expired

    async def _connected(self) -> str | None:
        """Be connected as long as it goes; return the reason where it is no use to try again.

        discord.py reconnects by itself, except from what it did not foresee.
        """
        try:
            await self._connect()
        except Exception as error:  # noqa: BLE001 - whatever the network, or a broken frame, brings about
            if reason := refusal(error):
                event = "discord_login_failed" if isinstance(error, discord.LoginFailure) else "discord_refused"
                log.error(event, hint=reason, error=described(error))
                return reason
            log.warning("discord_unreachable", error=described(error))
        return None

    async def _connect(self) -> None:
        token = self._settings.token.get_secret_value() if self._settings.token else ""
        # A discord.py client cannot log in a second time.
        attendant = self._attendant
        commands: list[AppCommand] = [*build_all(attendant.command, self._suggestions), *build_menus(attendant.choose)]
        self._client = Client(commands, attendant.press, self._logged_in.set)
        try:
            async with self._client:
                await self._client.start(token)
        finally:
            self._logged_in.clear()
