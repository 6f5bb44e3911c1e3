"""Run the whole bot against the Discord server of the tests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from PIL import Image
from pydantic import SecretStr

from bot.config import Discord
from bot.discord_app import DiscordApp
from bot.service import Service
from engine import images
from engine.catalog import DEMO, Catalog
from engine.dispatcher import Dispatcher
from engine.events import Accepted, Denoised, Done, Failed, Picture, Progress, Ready, WorkerEvent
from engine.jobs import Job, JobStatus
from engine.store import Store
from engine.workers.base import Task
from tests.servers.discord import Channel, DiscordServer, Interaction, Message, User

SMALL = {"prompt": "a red circle", "size": "64x64", "steps": 2, "seed": 7}


class Painter:
    """Paint noise that depends on nothing but the seed; wait before the last step while `gate` is closed."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self._events: asyncio.Queue[WorkerEvent | None] = asyncio.Queue()
        self._renders: dict[str, asyncio.Task[None]] = {}

    async def start(self) -> None:
        self._events.put_nowait(Ready(1, ("demo",), slots=1))

    async def events(self) -> AsyncIterator[WorkerEvent]:
        while event := await self._events.get():
            yield event

    async def run(self, epoch: int, batch: tuple[Task, ...]) -> None:
        for task in batch:
            self._renders[task.job_id] = asyncio.create_task(self._render(task))

    async def cancel(self, job_id: str, attempt: int) -> None:
        self._renders[job_id].cancel()
        self._events.put_nowait(Failed(job_id, attempt, 1, "cancelled", {}))

    async def stop(self) -> None:
        for render in self._renders.values():
            render.cancel()
        self._events.put_nowait(None)

    async def _render(self, task: Task) -> None:
        attempt = (task.job_id, task.attempt, 1)
        self._events.put_nowait(Accepted(*attempt))
        self._events.put_nowait(Progress(*attempt, 1, 2))
        await self.gate.wait()
        pictures = tuple(paint(task, index) for index in range(task.request.count))
        for event in (Progress(*attempt, 2, 2), Denoised(*attempt), Done(*attempt, pictures, 0.1)):
            self._events.put_nowait(event)


def paint(task: Task, index: int) -> Picture:
    size = task.request.width, task.request.height
    noise = Image.effect_noise(size, 64) if task.request.negative_prompt else None
    seed = task.request.seeds()[index]
    plain = Image.new("RGB", size, (seed % 256, seed // 256 % 256, index))
    return images.encode(noise.convert("RGB") if noise else plain, task.request, index)


class Bot:
    """Run the whole bot against a server, as often as a test starts it."""

    def __init__(self, server: DiscordServer, path: Path) -> None:
        self.server = server
        self.path = path
        self.worker = Painter()
        self.guild = server.add_guild()
        self.channel = self.guild.add_channel()
        self.ada = server.add_user("ada")

    @contextlib.asynccontextmanager
    async def running(self, token: str | None = None) -> AsyncIterator[DiscordApp]:
        catalog = Catalog([DEMO])
        async with (
            Store(self.path) as self.store,
            Dispatcher(self.store, self.worker, catalog) as dispatcher,
            Service(dispatcher, self.store, catalog) as self.service,
        ):
            app = DiscordApp(settings(self.server, token), self.service, catalog.names())
            app.progress_interval_s = 0.05
            self.service.add(app)
            await self.service.resume()
            self.run = asyncio.create_task(app.run())
            yield app
            self.run.cancel()
            await asyncio.gather(self.run, return_exceptions=True)

    async def imagine(
        self, *, user: User | None = None, channel: Channel | None = None, **options: str | int
    ) -> Interaction:
        everything = {**SMALL, **options}
        return await self.server.slash("imagine", everything, user=user or self.ada, channel=channel or self.channel)

    async def use(self, name: str, user: User | None = None, **options: str) -> Message:
        asked = await self.server.slash(name, options, user=user or self.ada, channel=self.channel)
        return await asked.message()

    async def ended(self, status: JobStatus = JobStatus.POSTED) -> Job:
        """Wait until every person was told, and return the latest job."""
        async with asyncio.timeout(15):
            while await self.store.untold():  # noqa: ASYNC110 - the store announces nothing
                await asyncio.sleep(0.02)
        return (await self.store.with_status([status]))[-1]

    @property
    def posted(self) -> list[Message]:
        """List the bot's public messages that hold pictures."""
        return [message for message in self.channel.messages if message.attachments]


def settings(server: DiscordServer, token: str | None = None) -> Discord:
    return Discord(token=SecretStr(token or server.token), api_base=server.api_base, gateway_url=server.gateway_url)


def has_pictures(message: Message) -> bool:
    return bool(message.attachments)


def is_half_done(message: Message) -> bool:
    return "50 %" in message.text
