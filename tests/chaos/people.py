"""What people do, on both platforms, and what their apps show them in the end."""

from __future__ import annotations

import asyncio
import io
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from PIL import Image

from tests.chaos.judge import Story
from tests.servers.discord import LOADING, DiscordServer
from tests.servers.discord import Message as DiscordMessage
from tests.servers.telegram import TelegramServer

# How long an app waits before it says that nobody answers: 3 s in life.
APP_WAITS_S = 3.0
# How long after somebody did something an answer is to be expected.
SOON_S = 1.2
SIZE = "64x64"
CANCEL = "cancel:"


class Disturbances(Protocol):
    """Know when the bot could not be expected to answer at once."""

    def disturbed(self, since: float, until: float) -> bool:
        """Tell whether it was so at any time in between (`time.monotonic`)."""


@dataclass
class Deed:
    """Be one thing that a person does, and what they go on to do with what comes."""

    name: str
    kind: str
    words: tuple[str, ...] = ()
    busy_until: float = 0.0
    sent_at: float = field(default_factory=time.monotonic)

    def act(self, patience_s: float = 0.0) -> None:
        """Note that something was just done, and how long its person waits before doing it again."""
        self.busy_until = time.monotonic() + patience_s + SOON_S

    @property
    def busy(self) -> bool:
        """Tell whether an answer may still be on its way."""
        return time.monotonic() < self.busy_until

    async def begin(self) -> None:
        """Do it, and go on until nothing more is to be done."""
        raise NotImplementedError

    def stories(self, disturbances: Disturbances) -> list[Story]:
        """Tell what the person's app shows: of what was sent, and of each press."""
        raise NotImplementedError


def picture(colour: str = "red") -> bytes:
    """Return a PNG that can be drawn over."""
    image = Image.new("RGB", (64, 64), colour)
    image.paste("blue", (8, 8, 40, 40))
    return _png(image)


def mask() -> bytes:
    """Return what is to be repainted, in white."""
    image = Image.new("L", (64, 64))
    image.paste(255, (16, 16, 48, 48))
    return _png(image)


def transparent() -> bytes:
    """Return a PNG that says itself what is to be repainted."""
    image = Image.new("RGBA", (64, 64), "green")
    image.paste((0, 0, 0, 0), (16, 16, 48, 48))
    return _png(image)


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


async def until(find: Callable[[], Any], timeout_s: float = 60.0) -> Any:
    """Wait for a truthy value and return it; `None` after `timeout_s`."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if found := find():
            return found
        await asyncio.sleep(0.03)
    return None


class People:
    """Hold the crowd of a round: two servers, a guild, and everybody's own chat."""

    def __init__(self, discord: DiscordServer, telegram: TelegramServer) -> None:
        self.discord, self.telegram = discord, telegram
        self.channel = discord.add_guild().add_channel()
        self.deeds: list[Deed] = []
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self, deed: Deed) -> None:
        """Let somebody do something, beside everybody else."""
        deed.act()
        self.deeds.append(deed)
        self._tasks.append(asyncio.create_task(deed.begin(), name=deed.name))

    @property
    def busy(self) -> bool:
        """Tell whether anybody has just done something."""
        return any(deed.busy for deed in self.deeds)

    async def go_home(self) -> list[str]:
        """End what people still wait for; return what went wrong with the people themselves."""
        for task in self._tasks:
            task.cancel()
        ends = await asyncio.gather(*self._tasks, return_exceptions=True)
        return [
            f"{task.get_name()}: {end!r}"
            for task, end in zip(self._tasks, ends, strict=True)
            if isinstance(end, Exception)
        ]


def most_shown(shown: Sequence[tuple[str, bool]], asked: int) -> int:
    """Count how often one request is shown, of (its job, whether it shows what is sought) for each message.

    A job is named once; of jobs there may be as many as were `asked` for. Where no job is named, each message counts.
    """
    jobs = Counter(job for job, fits in shown if fits and job)
    nameless = sum(fits and not job for job, fits in shown)
    return max(jobs.values(), default=0) + max(0, len(jobs) - asked) + nameless


def is_thinking(message: DiscordMessage) -> bool:
    """Tell whether Discord's app says that the bot is thinking."""
    return bool(message.flags & LOADING) and not message.deleted
