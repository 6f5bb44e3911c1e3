"""Suggest values while a person types: models, styles, commands, their own prompts and jobs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

import discord
import structlog
from discord import app_commands

from bot.commands.table import CANCEL, COMMANDS
from bot.service.service import Service
from bot.surface import Origin
from bot.surfaces.discord.address import origin
from bot.words import replies
from bot.words.localisation import speaking
from engine.jobs import WAITING, Job, JobStatus

log = structlog.get_logger()

MOST_CHOICES = 25
# Of a choice's name, and of its value.
LONGEST_CHOICE = 100
LONGEST_TITLE = 60
CANCELLABLE = WAITING | {JobStatus.HELD}

Interaction = discord.Interaction[Any]
Choices = list[app_commands.Choice[str]]
Suggest = Callable[[Interaction, str], Coroutine[Any, Any, Choices]]
# The values that are known for an option, and what each is shown as.
Source = Callable[[Interaction, Origin], Awaitable[Mapping[str, str]]]


def suggestions(service: Service, models: Sequence[str]) -> dict[str, Suggest]:
    """Return what suggests values, by the name of the option."""

    async def of_models(*_: object) -> Mapping[str, str]:
        return _as_they_are(models)

    async def of_styles(*_: object) -> Mapping[str, str]:
        return _as_they_are(service.styles)

    async def of_commands(*_: object) -> Mapping[str, str]:
        return _as_they_are(command.name for command in COMMANDS if "discord" in command.surfaces)

    async def of_prompts(_: Interaction, asker: Origin) -> Mapping[str, str]:
        # Discord takes no longer ones, and cut ones would draw something else.
        return _as_they_are(it for it in await service.recent_prompts(asker) if len(it) <= LONGEST_CHOICE)

    async def of_jobs(interaction: Interaction, asker: Origin) -> Mapping[str, str]:
        jobs = await service.recent_jobs(asker)
        if interaction.command and interaction.command.name == CANCEL.name:
            jobs = [job for job in jobs if job.status in CANCELLABLE]
        return {job.id: _named(job) for job in jobs}

    sources: dict[str, Source] = {
        "model": of_models, "style": of_styles, "command": of_commands, "prompt": of_prompts, "of": of_jobs,
        "job": of_jobs,
    }  # fmt: skip
    return {option: _suggest(service, source) for option, source in sources.items()}


def _suggest(service: Service, source: Source) -> Suggest:
    async def suggest(interaction: Interaction, typed: str) -> Choices:
        try:
            visit = await service.visit(origin(interaction))
            with speaking(visit.settings.language):
                known = await source(interaction, visit.origin)
        except Exception as error:  # nothing can be told while somebody types
            log.error("discord_suggestion_failed", interaction=interaction.id, exc_info=error)
            return []
        fitting = [(value, shown) for value, shown in known.items() if typed.strip().lower() in shown.lower()]
        return [app_commands.Choice(name=shown, value=value) for value, shown in fitting[:MOST_CHOICES]]

    return suggest


def _as_they_are(words: Iterable[str]) -> Mapping[str, str]:
    return {word: word for word in words}


def _named(job: Job) -> str:
    return f"{job.id}: {replies.title(job.request, LONGEST_TITLE)}"[:LONGEST_CHOICE]
