"""What is done for a person on Discord: commands, presses, forms and menus, in their language, errors included."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import discord

from bot.commands.buttons import MASK_VERBS, PARAMETERS, VERBS, Button
from bot.commands.table import DELETE, SHOW, Command, Invocation
from bot.rules.settings import Settings
from bot.service.service import Service
from bot.surface import Answer, Origin
from bot.surfaces.discord.address import origin
from bot.surfaces.discord.answering import promise, promise_change, reply
from bot.surfaces.discord.client import TROUBLE, apologise, whisper
from bot.surfaces.discord.forms import Form, Values, options_of
from bot.surfaces.discord.pictures import attached, fetch, first_picture, job_in
from bot.words.localisation import say, speaking
from engine.errors import RequestError
from engine.jobs import Job

Interaction = discord.Interaction[Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """Hold what somebody did, who it was, and what they set."""

    interaction: Interaction
    origin: Origin
    settings: Settings

    @property
    def private(self) -> bool:
        """Tell whether answers are for them alone; in their conversation with the bot they are anyway."""
        return self.settings.private and not self.interaction.context.dm_channel

    @property
    def covered(self) -> bool:
        """Tell whether pictures are covered: they want it so, or those that a button belongs to are."""
        message = self.interaction.message
        return self.settings.spoiler or any(file.is_spoiler() for file in (message.attachments if message else ()))


class Attendant:
    """Do for people what they ask; whatever goes wrong is told to them alone."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def command(self, interaction: Interaction, invocation: Invocation) -> None:
        """Obey a command."""
        await self._attend(interaction, partial(self._obey, invocation=invocation))

    async def press(self, interaction: Interaction, key: str) -> None:
        """Obey a pressed button."""
        await self._attend(interaction, partial(self._press, key=key))

    async def choose(
        self, interaction: Interaction, message: discord.Message, command: Command, asked: Sequence[str]
    ) -> None:
        """Obey an entry of a picture's menu, once the options in `asked` were asked for."""
        await self._attend(interaction, partial(self._choose, message=message, command=command, asked=asked))

    async def _attend(self, interaction: Interaction, work: Callable[[Visit], Awaitable[None]]) -> None:
        """Do `work` in the person's language."""
        language = str(interaction.locale)
        try:
            came_from = origin(interaction)
            settings = await self._service.settings(came_from)
            language = settings.language
            with speaking(language):
                await work(Visit(interaction, came_from, settings))
        except Exception as error:  # noqa: BLE001 - whoever asked is told, whatever it is
            with speaking(language):
                await apologise(interaction, error)

    async def _obey(self, visit: Visit, invocation: Invocation) -> None:
        if invocation.command.makes_job:
            self._service.follow(await self._submit(visit, invocation))
        else:
            await self._reply(visit, await self._answer(visit, invocation))

    async def _submit(self, visit: Visit, invocation: Invocation) -> Job:
        """Commit a job and promise its pictures: before anything that may outlast the 3 s for a promise."""
        lengthy = bool(attached(invocation)) or bool(invocation.command.request and invocation.options.get("of"))
        if lengthy:
            await promise(visit.interaction, private=visit.private)
        job = await self._service.submit(await fetch(invocation), visit.origin)
        if not lengthy:
            await promise(visit.interaction, private=visit.private)
        return job

    async def _answer(self, visit: Visit, invocation: Invocation) -> Answer:
        if attached(invocation):
            await promise(visit.interaction, private=True)
        return await self._service.answer(await fetch(invocation), visit.origin)

    async def _reply(self, visit: Visit, answer: Answer) -> None:
        await reply(visit.interaction, answer, covered=answer.spoiler or visit.covered)

    async def _press(self, visit: Visit, key: str) -> None:
        button = Button.read(key)
        if button.verb in MASK_VERBS:
            await self._decide(visit, button)
        elif VERBS[button.verb].asks:
            await self._ask(visit, button)
        elif VERBS[button.verb].command is DELETE and _is_pressed_in_private(visit.interaction):
            await self._delete(visit, button)
        else:
            await self._obey(visit, button.invocation())

    async def _decide(self, visit: Visit, button: Button) -> None:
        """Obey a press below a mask: that message goes on to show the job, under the press's own token."""
        await promise_change(visit.interaction)
        message = visit.interaction.message
        here = {**visit.origin.address, "message_id": message.id if message else 0}
        await self._service.decide(button, replace(visit.origin, address=here))

    async def _delete(self, visit: Visit, button: Button) -> None:
        """Delete what only its person sees: only their own press still reaches its message."""
        await promise_change(visit.interaction)
        answer = await self._service.answer(button.invocation(), visit.origin)
        with suppress(*TROUBLE):  # it is gone already
            await visit.interaction.delete_original_response()
        await whisper(visit.interaction, answer.text)

    async def _ask(self, visit: Visit, button: Button) -> None:
        options, held = await self._service.form(button, visit.origin)
        command = VERBS[button.verb].command
        assert command  # noqa: S101 - only commands ask for options

        async def filled(interaction: Interaction, values: Values) -> None:
            await self.command(interaction, button.invocation(values))

        form = Form(say(f"button-{button.verb}"), command, options, filled, held)
        await visit.interaction.response.send_modal(form)

    async def _choose(self, visit: Visit, message: discord.Message, command: Command, asked: Sequence[str]) -> None:
        picture = first_picture(message.attachments)
        if command is SHOW:
            await self._reply(visit, await self._read_back(visit, message, picture))
            return
        given = Invocation(command, {command.pictures()[0].name: picture})
        if not asked:
            await self._obey(visit, given)
            return

        async def filled(interaction: Interaction, values: Values) -> None:
            await self.command(interaction, replace(given, options={**given.options, **values}))

        form = Form(say(f"menu-{command.name}"), command, options_of(command, asked), filled)
        await visit.interaction.response.send_modal(form)

    async def _read_back(self, visit: Visit, message: discord.Message, picture: discord.Attachment) -> Answer:
        """Say how a picture was made: as the bot remembers it, else as its file says."""
        client = visit.interaction.client
        job_id = job_in(picture.filename) if client.user and message.author.id == client.user.id else None
        if job_id:
            with suppress(RequestError):  # it was deleted, or is of another place
                return await self._service.answer(Invocation(PARAMETERS, {"job": job_id}), visit.origin)
        return await self._answer(visit, Invocation(SHOW, {"image": picture}))


def _is_pressed_in_private(interaction: Interaction) -> bool:
    return interaction.message is not None and interaction.message.flags.ephemeral
