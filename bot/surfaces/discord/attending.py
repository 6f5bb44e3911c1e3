"""What is done for a person on Discord: commands, presses, forms and menus, in their language, errors included."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import discord

from bot.commands.buttons import MASK_VERBS, PARAMETERS, VERBS, Button
from bot.commands.table import DELETE, SHOW, Command, Invocation
from bot.rules.pace import Pace, Verdict, too_fast
from bot.rules.visit import Visit
from bot.service.service import Service
from bot.surface import Answer
from bot.surfaces.discord.address import origin
from bot.surfaces.discord.answering import reply
from bot.surfaces.discord.calling import TROUBLE, answer, promise, promise_change
from bot.surfaces.discord.client import whisper
from bot.surfaces.discord.components import Form, Values, options_of
from bot.surfaces.discord.pictures import attached, fetch, first_picture, job_in
from bot.words.localisation import say
from engine.errors import RequestError
from engine.jobs import Job

Interaction = discord.Interaction[Any]
Work = Callable[[Interaction, Visit], Awaitable[None]]
# What a person may do at once; nothing waits at Discord while the bot is away.
AT_ONCE = 20


class Attendant:
    """Do for people what they ask; whatever goes wrong is told to them alone."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._pace = Pace(AT_ONCE)

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

    async def _attend(self, interaction: Interaction, work: Work) -> None:
        """Do `work` for a person; of what comes too fast Discord's app says that nobody answers."""
        verdict = self._pace.judge(str(interaction.user.id))
        if verdict is Verdict.LEAVE:
            return
        work = _say_too_fast if verdict is Verdict.TELL else work
        await self._service.attend(origin(interaction), partial(work, interaction), partial(whisper, interaction))

    async def _obey(self, interaction: Interaction, visit: Visit, invocation: Invocation) -> None:
        """Obey, and promise the answer: before anything that may outlast the 3 s for a promise."""
        makes_job = invocation.command.makes_job
        private = _is_private(interaction, visit) if makes_job else True
        lengthy = bool(attached(invocation) or (invocation.command.request and invocation.given.get("of")))
        await self._service.expect(visit, invocation)
        if lengthy:
            await self._promise(interaction, visit, private=private)
        done = await self._service.obey(visit, await fetch(invocation))
        if isinstance(done, Answer):
            make_promise = partial(self._promise, interaction, visit, private=done.private)
            await reply(interaction, done, make_promise, covered=_is_covered(interaction, visit))
        else:
            await self._follow(interaction, done, None if lengthy else private)

    async def _promise(self, interaction: Interaction, visit: Visit, *, private: bool) -> None:
        """Promise what nothing is committed of yet: a kill then leaves a note for the next run."""
        await self._service.promise(visit, private=private)
        await promise(interaction, private=private)

    async def _follow(self, interaction: Interaction, job: Job, private: bool | None) -> None:
        """Promise a committed job's pictures, unless that was done, and follow it whatever became of the promise."""
        try:
            if private is not None:
                await promise(interaction, private=private)
        finally:
            self._service.follow(job)

    async def _press(self, interaction: Interaction, visit: Visit, key: str) -> None:
        button = Button.read(key)
        if button.verb in MASK_VERBS:
            await self._decide(interaction, visit, button)
        elif VERBS[button.verb].asks:
            await self._ask(interaction, visit, button)
        elif VERBS[button.verb].command is DELETE and _is_pressed_in_private(interaction):
            await self._delete(interaction, visit, button)
        else:
            await self._obey(interaction, visit, button.invocation())

    async def _decide(self, interaction: Interaction, visit: Visit, button: Button) -> None:
        """Obey a press below a mask: that message goes on to show the job, under the press's own token."""
        job = await self._service.decide(visit, button)
        try:
            await promise_change(interaction)
        finally:
            message_id = interaction.message.id if interaction.message else 0
            self._service.follow_anew(job, **{**visit.origin.address, "message_id": message_id})

    async def _delete(self, interaction: Interaction, visit: Visit, button: Button) -> None:
        """Delete what only its person sees: only their own press still reaches its message."""
        done = await self._service.obey(visit, button.invocation())
        assert isinstance(done, Answer)  # noqa: S101 - to delete makes no job
        await promise_change(interaction)
        with suppress(*TROUBLE):  # it is gone already
            await interaction.delete_original_response()
        await whisper(interaction, done.text)

    async def _ask(self, interaction: Interaction, visit: Visit, button: Button) -> None:
        options, held = await self._service.form(visit, button)
        command = VERBS[button.verb].command
        assert command  # noqa: S101 - only commands ask for options

        async def filled(interaction: Interaction, values: Values) -> None:
            await self.command(interaction, button.invocation(values))

        form = Form(say(f"button-{button.verb}"), command, options, filled, held)
        await answer(interaction, partial(interaction.response.send_modal, form))

    async def _choose(
        self, interaction: Interaction, visit: Visit, message: discord.Message, command: Command, asked: Sequence[str]
    ) -> None:
        picture = first_picture(message.attachments)
        given = Invocation(command, {command.pictures[0].name: picture})
        if command is SHOW:
            await self._read_back(interaction, visit, message, picture)
        elif asked:
            await self._ask_beside(interaction, given, asked)
        else:
            await self._obey(interaction, visit, given)

    async def _ask_beside(self, interaction: Interaction, given: Invocation, asked: Sequence[str]) -> None:
        """Ask for what a menu's command takes beside its picture."""
        command = given.command

        async def filled(interaction: Interaction, values: Values) -> None:
            await self.command(interaction, given.having(**values))

        form = Form(say(f"menu-{command.name}"), command, options_of(command, asked), filled)
        await answer(interaction, partial(interaction.response.send_modal, form))

    async def _read_back(
        self, interaction: Interaction, visit: Visit, message: discord.Message, picture: discord.Attachment
    ) -> None:
        """Say how a picture was made: as the bot remembers it, else as its file says."""
        client = interaction.client
        job_id = job_in(picture.filename) if client.user and message.author.id == client.user.id else None
        if job_id:
            with suppress(RequestError):  # it was deleted, or is of another place
                return await self._obey(interaction, visit, Invocation(PARAMETERS, {"job": job_id}))
        return await self._obey(interaction, visit, Invocation(SHOW, {"image": picture}))


async def _say_too_fast(*_: object) -> None:
    raise too_fast()


def _is_private(interaction: Interaction, visit: Visit) -> bool:
    """Tell whether pictures are for the person alone; in their conversation with the bot they are anyway."""
    return visit.settings.private and not interaction.context.dm_channel


def _is_covered(interaction: Interaction, visit: Visit) -> bool:
    """Tell whether pictures are covered: the person wants it so, or those that a button belongs to are."""
    shown = interaction.message.attachments if interaction.message else ()
    return visit.settings.spoiler or any(file.is_spoiler() for file in shown)


def _is_pressed_in_private(interaction: Interaction) -> bool:
    return interaction.message is not None and interaction.message.flags.ephemeral
