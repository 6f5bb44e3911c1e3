"""One person who sends the worst and another who asks for pictures, on each platform."""

from __future__ import annotations

import io
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from PIL import Image

from tests.servers.discord import Channel, DiscordServer, Upload
from tests.servers.discord import Message as DiscordMessage
from tests.servers.telegram import Content, TelegramServer
from tests.servers.telegram import Message as TelegramMessage
from tests.servers.telegram.entities import detect
from tests.whole.whole_bot import discord_settings, telegram_settings

# Whoever has heard nothing by then never does: Discord gives a bot three seconds.
PATIENCE_S = 3.0
START_S = 60.0
# Below a result, it makes another job.
PRESSED = "again:"


@dataclass(frozen=True, slots=True)
class Worst:
    """Hold what is sent: a picture, a text, and the parts of a mix."""

    picture: bytes
    text: str
    parts: str

    @classmethod
    def of(cls, side_px: int, length: int) -> Worst:
        """Make a picture with sides of so many pixels, and words of such a length."""
        file = io.BytesIO()
        Image.new("RGB", (side_px, side_px), "navy").save(file, "PNG", compress_level=1)
        return cls(file.getvalue(), "a red circle " * (length // 13), "|".join("a" * (length // 2)))


class Place(ABC):
    """Be one platform, with its server."""

    name: str
    server: DiscordServer | TelegramServer

    def __init__(self, worst: Worst) -> None:
        self.worst = worst
        self.abuses: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
            "pictures": self.send_picture,
            "texts": self.send_text,
            "presses": self.press,
            "mixes": self.send_mix,
        }

    async def __aenter__(self) -> Self:
        """Start the server."""
        await self.server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        await self.server.__aexit__(kind, error, trace)

    @property
    @abstractmethod
    def settings(self) -> dict[str, str]:
        """Tell a bot where this is."""

    @abstractmethod
    async def prepare(self) -> None:
        """Wait for the bot, and let the abuser have a result, whose buttons can be pressed."""

    @abstractmethod
    async def ask(self) -> float:
        """Ask for a picture; return the seconds until that was acknowledged, `inf` where it never was."""

    @abstractmethod
    async def send_picture(self) -> None:
        """Ask for a picture to be drawn over."""

    @abstractmethod
    async def send_text(self) -> None:
        """Ask for a picture of a text."""

    @abstractmethod
    async def press(self) -> None:
        """Press the button that draws once more."""

    @abstractmethod
    async def send_mix(self) -> None:
        """Ask for a mix."""


class OnDiscord(Place):
    """Be Discord: what counts is the callback of the interaction."""

    name = "Discord"

    def __init__(self, worst: Worst) -> None:
        super().__init__(worst)
        self.server: DiscordServer = DiscordServer()
        self._channel: Channel = self.server.add_guild().add_channel()
        self._person, self._abuser = self.server.add_user("ada"), self.server.add_user("mallory")
        self._result: DiscordMessage

    @property
    def settings(self) -> dict[str, str]:
        """Tell a bot where this is."""
        return discord_settings(self.server)

    async def prepare(self) -> None:
        """Wait for the bot, and let the abuser have a result."""
        await self.server.ready(START_S)
        asked = await self._slash("imagine", prompt="a circle", size="64x64", steps=2)
        self._result = await asked.message(lambda message: message.attachments)

    async def ask(self) -> float:
        """Ask for a picture."""
        options: dict[str, Any] = {"prompt": "a red circle", "size": "64x64", "steps": 2}
        asked = await self.server.slash("imagine", options, user=self._person, channel=self._channel)
        with suppress(TimeoutError):
            return (await asked.acknowledged(PATIENCE_S)).latency_s
        return math.inf

    async def send_picture(self) -> None:
        """Ask for a picture to be drawn over."""
        await self._slash("img2img", image=Upload("photo.png", self.worst.picture), prompt="a hat", steps=2)

    async def send_text(self) -> None:
        """Ask for a picture of a text."""
        await self._slash("imagine", prompt=self.worst.text)

    async def press(self) -> None:
        """Press the button that draws once more."""
        key = next(button.custom_id for button in self._result.buttons if PRESSED in (button.custom_id or ""))
        await self.server.press(self._result, key, self._abuser)

    async def send_mix(self) -> None:
        """Ask for a mix."""
        await self._slash("mix", parts=self.worst.parts)

    async def _slash(self, name: str, **options: Any) -> Any:
        """Let the abuser send what Discord's own app might not let them."""
        return await self.server.slash(name, options, user=self._abuser, channel=self._channel, validate=False)


class OnTelegram(Place):
    """Be Telegram: what counts is the bot's first word in the chat."""

    name = "Telegram"

    def __init__(self, worst: Worst) -> None:
        super().__init__(worst)
        self.server: TelegramServer = TelegramServer()
        self._chat = self.server.private_chat(self.server.add_user("Mallory"))
        self._result: TelegramMessage

    @property
    def settings(self) -> dict[str, str]:
        """Tell a bot where this is."""
        return telegram_settings(self.server)

    async def prepare(self) -> None:
        """Wait for the bot, and let the abuser have a result."""
        await self.server.wait_for_call("getUpdates", timeout_s=START_S)
        await self._chat.send("/imagine a circle --size 64x64 --steps 2")
        self._result = await self._chat.wait(lambda message: message.photo)

    async def ask(self) -> float:
        """Ask for a picture, in a chat of its own, in which the first word of the bot is easily found."""
        chat, began = self.server.private_chat(self.server.add_user("Alice")), time.monotonic()
        await chat.send("/imagine a red circle --size 64x64 --steps 2")
        with suppress(TimeoutError):
            await self.server.world.changes.until(lambda: len(chat.messages) > 1, PATIENCE_S)
            return time.monotonic() - began
        return math.inf

    async def send_picture(self) -> None:
        """Ask for a picture to be drawn over."""
        await self._chat.send(document=self.worst.picture, caption="/img2img a hat --steps 2")

    async def send_text(self) -> None:
        """Ask for a picture of a text."""
        self._write(f"/imagine {self.worst.text}")

    async def press(self) -> None:
        """Press the button that draws once more."""
        key = next(data for data in self._result.buttons.values() if data.startswith(PRESSED))
        await self.server.press(self._result, key)

    async def send_mix(self) -> None:
        """Ask for a mix."""
        self._write(f"/mix {self.worst.parts}")

    def _write(self, text: str) -> None:
        """Let the abuser write more than Telegram's own app lets through."""
        self._chat.post(Content(text=text, entities=tuple(detect(text[:100]))), self._chat.members[0])
