"""What people do on Telegram: everything that they send stays with Telegram until the bot takes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from bot.words.localisation import say
from tests.chaos import people
from tests.chaos.judge import Story
from tests.chaos.people import CANCEL, SIZE, Deed, Disturbances, most_shown, until
from tests.servers.telegram import Message, TelegramServer
from tests.servers.telegram.chats import Chat
from tests.servers.telegram.world import Press

QUICK = f"--steps 3 --size {SIZE}"
Send = Callable[["Chat", str], Awaitable[object]]


async def _imagine(chat: Chat, words: str) -> object:
    return await chat.send(f"/imagine {words} {QUICK}")


async def _slow(chat: Chat, words: str) -> object:
    return await chat.send(f"/imagine {words} --steps 60 --size {SIZE}")


async def _several(chat: Chat, words: str) -> object:
    return await chat.send(f"/imagine {words} --count 2 {QUICK}")


async def _as_file(chat: Chat, words: str) -> object:
    return await chat.send(f"/imagine {words} --file {QUICK}")


async def _captioned(chat: Chat, words: str) -> object:
    return await chat.send(photo=people.picture(), caption=f"/img2img {words} --steps 3")


async def _repaint(chat: Chat, words: str) -> object:
    return await chat.send(document=people.transparent(), caption=f"/inpaint {words} --steps 3")


async def _mix(chat: Chat, words: str) -> object:
    photos = [people.picture(), people.picture("yellow")]
    return await chat.send_album(photos, caption=f'/mix "{words}" image1 image2 {QUICK}')


async def _batch(chat: Chat, words: str) -> object:
    lines = "\n".join(f"{words} {part}" for part in "ab")
    return await chat.send(f"/batch\n{lines} {QUICK}")


async def _cancelled(chat: Chat, words: str) -> object:
    await chat.send(f"/imagine {words} --steps 150 --size {SIZE}")
    await until(lambda: chat.from_bot)
    return await chat.send("/cancel")


# What makes jobs, by name.
JOBS: dict[str, Send] = {
    "imagine": _imagine,
    "slow": _slow,
    "several": _several,
    "as file": _as_file,
    "photo with caption": _captioned,
    "inpaint": _repaint,
    "album": _mix,
    "batch": _batch,
    "cancelled": _cancelled,
}
TALKS = ("/queue", "/history", "/help", "/styles", "/imagine", "/nothing", "hello", "/settings", "/cancel")
# What is pressed below a result; the first two make another job.
PRESSES = ("again", "variations", "parameters")
MORE = PRESSES[:2]


@dataclass
class Asked(Deed):
    """Be somebody who asks for pictures, says Go to a mask, and perhaps presses a button below the result."""

    chat: Chat = None  # type: ignore[assignment]
    server: TelegramServer = None  # type: ignore[assignment]
    send: Send = _imagine
    then: str = ""  # a verb of a result's buttons
    presses: list[Press] = field(default_factory=list)

    async def begin(self) -> None:
        """Send it, and go on."""
        await self.send(self.chat, self.words[0][: -len(" a")] if len(self.words) > 1 else self.words[0])
        if self.send is _repaint:
            await self._press(await until(lambda: self._with("go:")), "go:")
        if self.then:
            await self._press(await until(lambda: self._with(f"{self.then}:")), f"{self.then}:")

    def _with(self, verb: str) -> Message | None:
        return next((it for it in self.chat.from_bot if _key(it, verb)), None)

    async def _press(self, message: Message | None, verb: str) -> None:
        if message and (key := _key(message, verb)):
            self.act()
            self.presses.append(await self.server.press(message, key))

    def stories(self, disturbances: Disturbances) -> list[Story]:
        """Tell what the chat shows."""
        shown = self.chat.from_bot
        whole = Story(
            self.name,
            self.kind,
            accepted=any(_key(it, CANCEL) or _key(it, "go:") for it in shown),
            answered=bool(shown),
            told=any(_is_end(message) for message in shown),
            progress=any(_key(message, CANCEL) for message in shown),
            said_again=any(_says_again(message) for message in shown),
            results=tuple(self._count(shown, words) for words in self.words),
        )
        presses = [
            Story(f"{self.name}, press {number}", "press", answered=press.answer is not None)
            for number, press in enumerate(self.presses, 1)
        ]
        return [whole, *presses]

    def _count(self, shown: Sequence[Message], words: str) -> int:
        return most_shown([(_job(it), _shows(it, words)) for it in shown], 1 + (self.then in MORE))


@dataclass
class Said(Deed):
    """Be somebody who says something that makes no job."""

    chat: Chat = None  # type: ignore[assignment]

    async def begin(self) -> None:
        """Say it."""
        await self.chat.send(self.words[0])

    def stories(self, disturbances: Disturbances) -> list[Story]:
        """Tell whether anything came."""
        return [Story(self.name, "talk", answered=bool(self.chat.from_bot))]


def _job(message: Message) -> str:
    """Name the job that a message's buttons name, if there are any."""
    return next((data.split(":")[1] for data in message.buttons.values()), "")


def _key(message: Message, verb: str) -> str | None:
    return next((data for data in message.buttons.values() if data.startswith(verb)), None)


def _shows(message: Message, words: str) -> bool:
    has_picture = bool(message.photo or message.document or message.animation)
    return has_picture and words in message.caption and not _was_mask(message) and not _says_again(message)


def _says_again(message: Message) -> bool:
    """Tell the sheet that follows an album of which nobody knows whether it arrived."""
    return say("album-unconfirmed") in message.caption


def _was_mask(message: Message) -> bool:
    """Tell a picture that asked for a word, which stays when its buttons go."""
    rows = (row for content in message.contents for row in content.inline_keyboard)
    return any(button.get("callback_data", "").startswith("go:") for row in rows for button in row)


def _is_end(message: Message) -> bool:
    """Tell an end in words: nothing to press, no picture, and nothing of a queue."""
    pending = ("%", "queue", "Starting")
    has_picture = message.photo or message.document
    return (
        bool(message.text) and not has_picture and not message.buttons and not any(w in message.text for w in pending)
    )
