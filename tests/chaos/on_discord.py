"""What people do on Discord: where nobody answers in time, the app says so, and nothing is kept for the bot."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.chaos import people
from tests.chaos.judge import Story
from tests.chaos.people import APP_WAITS_S, CANCEL, SIZE, Deed, Disturbances, is_thinking, most_shown, until
from tests.servers.discord import Channel, DiscordServer, Interaction, Message, OptionValue, Upload, User

Options = dict[str, OptionValue]
TRIES = 12
GO = "go:"


def _imagine(words: str) -> Options:
    return {"prompt": words, "size": SIZE, "steps": 3}


def _several(words: str) -> Options:
    return _imagine(words) | {"count": 2}


def _slow(words: str) -> Options:
    return _imagine(words) | {"steps": 60}


def _img2img(words: str) -> Options:
    return {"image": Upload("photo.png", people.picture()), "prompt": words, "steps": 3}


def _inpaint(words: str) -> Options:
    return _img2img(words) | {"mask": Upload("mask.png", people.mask())}


def _batch(words: str) -> Options:
    return {"list": Upload("prompts.txt", f"{words} a\n{words} b\n".encode()), "size": SIZE, "steps": 3}


# What makes jobs: the command and its options, by name.
JOBS = {
    "imagine": ("imagine", _imagine),
    "slow": ("imagine", _slow),
    "several": ("imagine", _several),
    "img2img": ("img2img", _img2img),
    "inpaint": ("inpaint", _inpaint),
    "batch": ("batch", _batch),
    "cancelled": ("imagine", _slow),
}
TALKS = ("queue", "history", "help", "styles", "settings", "stats")
PRESSES = ("again", "variations", "parameters")
MORE = PRESSES[:2]


@dataclass
class Asked(Deed):
    """Be somebody who asks for pictures, says Go to a mask, and perhaps presses a button below the result."""

    server: DiscordServer = None  # type: ignore[assignment]
    channel: Channel = None  # type: ignore[assignment]
    person: User = None  # type: ignore[assignment]
    then: str = ""
    sent: Interaction | None = None
    presses: list[Interaction] = field(default_factory=list)

    async def begin(self) -> None:
        """Send it, and go on."""
        command, options = JOBS[self.kind]
        self.sent_at = time.monotonic()
        whole = self.words[0][: -len(" a")] if len(self.words) > 1 else self.words[0]
        self.sent = await self.server.slash(
            command, options(whole), user=self.person, channel=self.channel, wait_ready=False
        )
        if self.kind == "cancelled":
            await until(lambda: self.sent and self.sent.acknowledgement)
            await self._say("cancel")
        if self.kind == "inpaint":
            await self._press(GO)
        if self.then:
            await self._press(f"{self.then}:")

    async def _say(self, command: str) -> None:
        self.act()
        await self.server.slash(command, {}, user=self.person, channel=self.channel, wait_ready=False)

    async def _press(self, verb: str) -> None:
        """Press a button once it is there; again where the app says that it did not work."""
        await until(lambda: self._with(verb))
        for _ in range(TRIES):
            if not (message := self._with(verb)):
                return
            self.act(APP_WAITS_S)
            pressed = await self.server.press(message, _key(message, verb), self.person)
            self.presses.append(pressed)
            if await until(lambda pressed=pressed: pressed.acknowledgement, APP_WAITS_S):
                self.act()
                return

    def _with(self, verb: str) -> Message | None:
        return next((it for it in self._shown() if _key(it, verb)), None)

    def _shown(self) -> list[Message]:
        """List what belongs to this person's interactions, and what names their words in the channel."""
        own = [it for sent in (self.sent, *self.presses) if sent for it in (sent.original, *sent.followups) if it]
        named = [it for it in self.channel.messages if it.author.bot and any(w in _words(it) for w in self.words)]
        return [it for it in dict.fromkeys((*own, *named)) if not it.deleted]

    def stories(self, disturbances: Disturbances) -> list[Story]:
        """Tell what the app shows."""
        shown = self._shown()
        whole = Story(
            self.name,
            "job",
            kept=False,
            disturbed=disturbances.disturbed(self.sent_at, self.sent_at + APP_WAITS_S),
            accepted=bool(self.sent and self.sent.acknowledgement),
            answered=bool(shown),
            told=any(_is_end(message) for message in shown),
            thinking=any(is_thinking(message) for message in shown),
            progress=any(_key(message, CANCEL) for message in shown),
            results=tuple(self._count(shown, words) for words in self.words),
        )
        return [whole, *(self._pressed(number, it, disturbances) for number, it in enumerate(self.presses, 1))]

    def _pressed(self, number: int, press: Interaction, disturbances: Disturbances) -> Story:
        at = self.server.clock.now() - press.created_at
        since = time.monotonic() - at
        away = disturbances.disturbed(since, since + APP_WAITS_S)
        answered = bool(press.acknowledgement)
        return Story(f"{self.name}, press {number}", "press", kept=False, disturbed=away, answered=answered)

    def _count(self, shown: Sequence[Message], words: str) -> int:
        return most_shown([(_job(it), _shows(it, words)) for it in shown], 1 + (self.then in MORE))


@dataclass
class Said(Deed):
    """Be somebody who gives a command that makes no job."""

    server: DiscordServer = None  # type: ignore[assignment]
    channel: Channel = None  # type: ignore[assignment]
    person: User = None  # type: ignore[assignment]
    sent: Interaction | None = None

    async def begin(self) -> None:
        """Give it."""
        self.sent_at = time.monotonic()
        self.sent = await self.server.slash(self.words[0], {}, user=self.person, channel=self.channel, wait_ready=False)

    def stories(self, disturbances: Disturbances) -> list[Story]:
        """Tell whether an answer came, and whether one is still promised."""
        original = self.sent.original if self.sent else None
        answered = bool(self.sent and self.sent.acknowledgement)
        away = disturbances.disturbed(self.sent_at, self.sent_at + APP_WAITS_S)
        thinking = bool(original and is_thinking(original))
        return [Story(self.name, "talk", kept=False, disturbed=away, answered=answered, thinking=thinking)]


def _key(message: Message, verb: str) -> str | None:
    keys = (button.custom_id or "" for button in message.buttons if not button.disabled)
    return next((key for key in keys if verb in key), None)


def _words(message: Message) -> str:
    return "\n".join([message.text, *(file.description or "" for file in message.attachments)])


def _job(message: Message) -> str:
    """Name the job of a message by its file's name."""
    name = next((file.filename for file in message.attachments), "")
    return name.removeprefix("SPOILER_").split("-")[1] if name.count("-") > 1 else ""


def _shows(message: Message, words: str) -> bool:
    files = [file for file in message.attachments if "mask-" not in file.filename]
    return bool(files) and words in _words(message)


def _is_end(message: Message) -> bool:
    pending = ("%", "queue", "Starting")
    said = bool(message.content) and not message.attachments and not message.buttons
    return said and not is_thinking(message) and not any(word in message.content for word in pending)
