"""Run the whole bot against the Telegram server of the tests."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from pydantic import SecretStr

from bot.config import Telegram
from bot.service.service import Service
from bot.surfaces.telegram import TelegramApp
from engine.catalog import DEMO, Catalog
from engine.dispatch.dispatcher import Dispatcher
from engine.events import Picture
from engine.jobs import Job, JobStatus
from engine.store.store import Store
from engine.workers.fake import FakeWorker
from tests.servers.telegram import Content, Message, TelegramServer
from tests.servers.telegram.chats import Chat, User

WAIT_S = 10


class Bot:
    """Run the whole bot against a server, as often as a test starts it."""

    def __init__(self, server: TelegramServer, path: Path) -> None:
        self.server = server
        self.path = path
        self.worker = FakeWorker()
        self.hangs = False  # from the start on, for what would be drawn before a test can say so
        self.alice = server.add_user("Alice")
        self.chat = server.private_chat(self.alice)

    @asynccontextmanager
    async def running(self, **settings: Any) -> AsyncIterator[TelegramApp]:
        catalog = Catalog([DEMO])
        self.worker = FakeWorker()
        if self.hangs:
            self.worker.hang()
        async with (
            Store(self.path) as self.store,
            Dispatcher(self.store, [self.worker]) as dispatcher,
            Service(dispatcher, self.store, catalog) as service,
        ):
            app = TelegramApp(self.settings(**settings), service, self.path / "telegram")
            app.progress_interval_s = 0.05
            service.add(app)
            await service.resume()
            self.run = asyncio.create_task(app.run())
            try:
                yield app
            finally:
                self.run.cancel()
                await asyncio.gather(self.run, return_exceptions=True)

    def settings(self, **settings: Any) -> Telegram:
        addresses = {"base_url": self.server.base_url, "base_file_url": self.server.base_file_url}
        return Telegram(**{"token": SecretStr(self.server.token), **addresses, **settings})

    async def ended(self, status: JobStatus = JobStatus.POSTED) -> Job:
        """Wait until every person was told, and return the latest job of that status."""
        async with asyncio.timeout(WAIT_S):
            # The store announces nothing.
            while await self.store.jobs.untold() or not (jobs := await self.store.jobs.with_status([status])):
                await asyncio.sleep(0.02)
        return jobs[-1]

    async def rendered(self) -> list[Picture]:
        """Return the pictures of the latest job."""
        return await self.store.pictures((await self.ended()).id)


def shows(words: str) -> Any:
    """Build the condition that a message shows `words`."""
    return lambda message: words in message.words


def texts(contents: Sequence[Content | Message]) -> list[str]:
    return [content.text for content in contents]


def decoded(data: bytes | None) -> Image.Image:
    """Return a picture whose pixels are loaded."""
    assert data
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def alike(photo: bytes | None, drawn: Image.Image) -> bool:
    """Tell whether a photo shows what was drawn, within JPEG's noise: mean differences below 4 of 255."""
    small = (8, 8)
    pairs = zip(
        decoded(photo).convert("RGB").resize(small).tobytes(), drawn.convert("RGB").resize(small).tobytes(), strict=True
    )
    return sum(abs(one - other) for one, other in pairs) / (3 * small[0] * small[1]) < 4


def key_of(message: Message, verb: str) -> str:
    """Return the key of the last button of a verb."""
    return [data for data in message.buttons.values() if data.partition(":")[0] == verb][-1]


async def press(bot: Bot, message: Message, verb: str, sender: User | None = None) -> dict[str, Any]:
    """Press the last button of a verb, and return the answer."""
    pressed = await bot.server.press(message, key_of(message, verb), sender)
    return await pressed.answered(timeout_s=WAIT_S)


async def result(bot: Bot, chat: Chat, words: str, sender: User | None = None) -> Message:
    """Ask for a picture and return the message that shows it."""
    asked = await chat.send(words, sender=sender)
    posted = await chat.wait(lambda m: m.photo, after=asked, timeout_s=WAIT_S)
    await bot.ended()
    return posted


async def next_photo(bot: Bot, chat: Chat, after: Message) -> tuple[Message, Job]:
    """Return the next message with a picture, and its job."""
    posted = await chat.wait(lambda m: m.photo, after=after, timeout_s=WAIT_S)
    return posted, await bot.ended()
