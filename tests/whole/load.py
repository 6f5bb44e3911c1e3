"""Let many people on many servers ask at once, on both platforms, and look at what reaches them."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from bot import config
from bot.service.service import Service
from bot.surfaces.discord import DiscordApp
from bot.surfaces.telegram import TelegramApp
from engine.catalog import DEMO, Catalog
from engine.dispatch.caps import Caps
from engine.dispatch.dispatcher import Dispatcher
from engine.jobs import Job, JobStatus
from engine.store.store import Store
from engine.workers.base import Task
from engine.workers.fake import FakeWorker
from tests.servers.discord import Channel, DiscordServer
from tests.servers.discord import User as DiscordUser
from tests.servers.telegram import TelegramServer
from tests.servers.telegram.chats import Chat
from tests.servers.telegram.chats import User as TelegramUser

PEOPLE_PER_SERVER = 10
# How many requests each of the people on a server has: the busiest two have half of all.
REQUESTS = (25, 15, 2, 2, 1, 1, 1, 1, 1, 1)
TENTH = 10
# What is being handed to the worker when somebody asks does not overtake them.
HAND_OVER_S = 0.05


@dataclass(frozen=True, slots=True)
class Load:
    """Say how many servers there are on each platform, in how many seconds people ask, and what a step takes.

    `requests` are those of each person on a server, on Discord and on Telegram. Every `refuse_every`th request of the
    bot meets a 429 on Discord.
    """

    discord_servers: int
    telegram_servers: int
    spread_s: float
    step_s: float
    requests: Sequence[int] = REQUESTS
    telegram_requests: Sequence[int] = REQUESTS
    refuse_every: int = 50
    patience_s: float = 1_200.0


@dataclass(slots=True)
class Outcome:
    """Hold what came of it: how many messages with a picture show each prompt, and when each job was begun."""

    asked: list[str] = field(default_factory=list)
    shown: Counter[str] = field(default_factory=Counter)
    other_words: list[str] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    started: dict[str, float] = field(default_factory=dict)
    refusals: int = 0
    seconds: float = 0.0

    def not_once(self) -> list[str]:
        """List the prompts that were not delivered exactly once."""
        return [prompt for prompt in self.asked if self.shown[prompt] != 1]

    def overtaken(self) -> list[tuple[str, str]]:
        """List who had one request, and waited while somebody's tenth or later one, begun meanwhile, was drawn."""
        by_owner: dict[str, list[Job]] = {}
        for job in sorted(self.jobs, key=lambda job: job.created_at):
            by_owner.setdefault(job.owner, []).append(job)
        late = [job for jobs in by_owner.values() for job in jobs[TENTH - 1 :]]
        return [
            (jobs[0].owner, other.owner)
            for jobs in by_owner.values()
            if len(jobs) == 1
            for other in late
            if jobs[0].created_at + HAND_OVER_S < self.started[other.id] < self.started[jobs[0].id]
        ]

    def waits_s(self, most: int, least: int = 1) -> list[float]:
        """List the seconds from asking to the beginning of the drawing, of people with so many requests."""
        counts = Counter(job.owner for job in self.jobs)
        return sorted(self.started[job.id] - job.created_at for job in self.jobs if least <= counts[job.owner] <= most)


class Recorder(FakeWorker):
    """Be the fake worker, and note when each job was begun."""

    def __init__(self, step_s: float) -> None:
        super().__init__(step_s=step_s)
        self.started: dict[str, float] = {}

    async def run(self, epoch: int, batch: tuple[Task, ...]) -> None:
        """Note the time, then draw."""
        await super().run(epoch, batch)
        for task in batch:
            self.started.setdefault(task.job_id, time.time())


async def run(load: Load, folder: Path) -> Outcome:
    """Run the bot against both servers, let people ask, wait until everybody was told, and look at the chats."""
    outcome, worker = Outcome(), Recorder(load.step_s)
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(DiscordServer())
        telegram = await stack.enter_async_context(TelegramServer())
        people = [*_on_discord(load, discord), *_on_telegram(load, telegram)]
        store = await stack.enter_async_context(Store(folder))
        dispatcher = await stack.enter_async_context(Dispatcher(store, [worker], Caps(newcomers_share=1)))
        service = await stack.enter_async_context(Service(dispatcher, store, Catalog([DEMO])))
        apps = [DiscordApp(_discord(discord), service), TelegramApp(_telegram(telegram), service, folder / "telegram")]
        for app in apps:
            service.add(app)
        runs = [asyncio.create_task(app.run()) for app in apps]
        stack.push_async_callback(_stop, runs)
        await discord.ready()
        _refuse(load, discord, telegram)
        began = time.monotonic()
        await asyncio.gather(*(_ask(load, person, outcome) for person in people))
        await _until_told(store, len(outcome.asked), load.patience_s)
        outcome.seconds = time.monotonic() - began
        outcome.jobs, outcome.started = await store.jobs.with_status(list(JobStatus)), worker.started
        outcome.refusals = _refusals(discord, telegram)
        _look(people, outcome)
    return outcome


@dataclass(frozen=True, slots=True)
class OnDiscord:
    """Be a person in a channel."""

    server: DiscordServer
    user: DiscordUser
    channel: Channel
    requests: int

    async def ask(self, prompt: str) -> None:
        """Type the command."""
        options: dict[str, str | int | float | bool] = {"prompt": prompt, "size": "64x64", "steps": 2}
        await self.server.slash("imagine", options, user=self.user, channel=self.channel)

    def seen(self) -> Iterator[tuple[str, bool]]:
        """Iterate over what the bot posted there: the words, and whether there is a picture."""
        for message in self.channel.messages:
            if message.author.bot:
                yield message.text, bool(message.attachments)


@dataclass(frozen=True, slots=True)
class OnTelegram:
    """Be a person in a group."""

    user: TelegramUser
    chat: Chat
    requests: int

    async def ask(self, prompt: str) -> None:
        """Write the command."""
        await self.chat.send(f"/imagine {prompt} --size 64x64 --steps 2", sender=self.user)

    def seen(self) -> Iterator[tuple[str, bool]]:
        """Iterate over what the bot posted there: the words, and whether there is a picture."""
        for message in self.chat.from_bot:
            yield message.words, bool(message.content.sizes)


Person = OnDiscord | OnTelegram


def _on_discord(load: Load, server: DiscordServer) -> Iterator[Person]:
    for number in range(load.discord_servers):
        channel = server.add_guild(f"guild {number}").add_channel()
        for index, requests in enumerate(load.requests):
            yield OnDiscord(server, server.add_user(f"d{number}p{index}"), channel, requests)


def _on_telegram(load: Load, server: TelegramServer) -> Iterator[Person]:
    for number in range(load.telegram_servers):
        members = [server.add_user(f"t{number}p{index}") for index in range(len(load.telegram_requests))]
        chat = server.supergroup(f"group {number}", members=members)
        for user, requests in zip(members, load.telegram_requests, strict=True):
            yield OnTelegram(user, chat, requests)


def _refuse(load: Load, discord: DiscordServer, telegram: TelegramServer) -> None:
    """Refuse what the platforms refuse: Telegram's limits are those of its documentation, Discord's come at random."""
    telegram.faults.limit(30, 1.0)
    for chat in telegram.world.chats.values():
        telegram.faults.limit(20, 60.0, chat.id)
    discord.faults.every(load.refuse_every, status=429, retry_after_s=0.2)


async def _ask(load: Load, person: Person, outcome: Outcome) -> None:
    """Ask at random times, those with many requests in one burst."""
    chance = random.Random(person.user.id)
    start_s = chance.uniform(0, load.spread_s / 2)
    for number in range(person.requests):
        prompt = f"picture {number} of {getattr(person.user, 'name', None) or person.user.first_name};"
        await asyncio.sleep(start_s if number == 0 else chance.uniform(0, load.spread_s / 2 / person.requests))
        outcome.asked.append(prompt)
        await person.ask(prompt)


async def _until_told(store: Store, count: int, patience_s: float) -> None:
    async with asyncio.timeout(patience_s):
        while (
            len(await store.jobs.with_status([JobStatus.POSTED, JobStatus.FAILED])) < count or await store.jobs.untold()
        ):
            await asyncio.sleep(0.2)


def _look(people: Sequence[Person], outcome: Outcome) -> None:
    """Count the pictures that each prompt got; everything else that the bot said is noted."""
    places = {id(person.channel if isinstance(person, OnDiscord) else person.chat): person for person in people}
    for person in places.values():
        for words, has_picture in person.seen():
            prompt = next((prompt for prompt in outcome.asked if prompt in words), None)
            if has_picture and prompt:
                outcome.shown[prompt] += 1
            else:
                outcome.other_words.append(words)


def _refusals(discord: DiscordServer, telegram: TelegramServer) -> int:
    refused = [call for call in telegram.calls if call.error and call.error.code == 429]
    return len(refused) + sum(request.status == 429 for request in discord.requests)


async def _stop(runs: Sequence[asyncio.Task[None]]) -> None:
    for task in runs:
        task.cancel()
    await asyncio.gather(*runs, return_exceptions=True)


def _discord(server: DiscordServer) -> config.Discord:
    return config.Discord(token=SecretStr(server.token), api_base=server.api_base, gateway_url=server.gateway_url)


def _telegram(server: TelegramServer) -> config.Telegram:
    return config.Telegram(token=SecretStr(server.token), base_url=server.base_url, base_file_url=server.base_file_url)
