"""Run the whole bot against the Discord server of the tests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from pydantic import SecretStr

from bot.config import Discord
from bot.service.service import Service
from bot.surfaces.discord import DiscordApp
from engine.catalog import DEMO, Catalog
from engine.dispatch.dispatcher import Dispatcher
from engine.jobs import Job, JobStatus
from engine.request import Style
from engine.store.store import Store
from engine.workers.fake import FakeWorker
from tests.servers.discord import Channel, DiscordServer, Interaction, Message, User

STYLES = {"ink": Style(name="ink", prompt="drawn in ink")}
SMALL = {"prompt": "a red circle", "size": "64x64", "steps": 2, "seed": 7}


class GatedWorker(FakeWorker):
    """Be the fake worker, which goes on where it hung when a test lets it."""

    def go_on(self) -> None:
        self._moving.set()


class Bot:
    """Run the whole bot against a server, as often as a test starts it."""

    def __init__(self, server: DiscordServer, path: Path) -> None:
        self.server = server
        self.path = path
        self.worker = GatedWorker()
        self.guild = server.add_guild()
        self.channel = self.guild.add_channel()
        self.ada = server.add_user("ada")

    @contextlib.asynccontextmanager
    async def running(self, token: str | None = None) -> AsyncIterator[DiscordApp]:
        catalog = Catalog([DEMO])
        async with (
            Store(self.path) as self.store,
            Dispatcher(self.store, self.worker) as dispatcher,
            Service(dispatcher, self.store, catalog, STYLES) as self.service,
        ):
            app = DiscordApp(settings(self.server, token), self.service, catalog.names())
            app.progress_interval_s = 0.05
            self.service.add(app)
            await self.service.resume()
            self.run = asyncio.create_task(app.run())
            try:
                yield app
            finally:
                self.run.cancel()
                await asyncio.gather(self.run, return_exceptions=True)

    async def imagine(
        self, *, user: User | None = None, channel: Channel | None = None, **options: str | int
    ) -> Interaction:
        everything = {**SMALL, **options}
        return await self.server.slash("imagine", everything, user=user or self.ada, channel=channel or self.channel)

    async def draw(self, **options: str | int) -> Message:
        """Ask for a picture, and return its message once everything about it is over."""
        message = await (await self.imagine(**options)).message(has_pictures)
        await self.ended()
        return message

    async def use(self, name: str, user: User | None = None, **options: str) -> Message:
        asked = await self.server.slash(name, options, user=user or self.ada, channel=self.channel)
        return await asked.message()

    async def ended(self, status: JobStatus = JobStatus.POSTED) -> Job:
        """Wait until every person was told, and return the latest job."""
        async with asyncio.timeout(15):
            while await self.store.jobs.untold():
                await asyncio.sleep(0.02)
        return (await self.store.jobs.with_status([status]))[-1]

    async def job(self, message: Message) -> Job:
        """Read the job of a result."""
        job_id = message.attachments[0].filename.removeprefix("SPOILER_").split("-")[1]
        return await self.store.jobs.get(job_id)

    async def press(self, message: Message, label: str, user: User | None = None) -> Interaction:
        """Press the button that says `label`, or begins with it."""
        return await self.server.press(message, message.button(label), user or self.ada)

    @property
    def posted(self) -> list[Message]:
        """List the bot's public messages that hold pictures."""
        return [message for message in self.channel.messages if message.attachments]


def settings(server: DiscordServer, token: str | None = None) -> Discord:
    return Discord(token=SecretStr(token or server.token), api_base=server.api_base, gateway_url=server.gateway_url)


def has_pictures(message: Message) -> bool:
    return bool(message.attachments)


def is_begun(message: Message) -> bool:
    return "Starting to draw" in message.text
