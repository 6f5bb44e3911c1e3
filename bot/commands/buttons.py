"""What can be done with a result by a press: each button is a command with its job filled in. Pure.

A button's key holds all there is to know, so that it works after a restart, and after weeks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from bot.commands.table import (
    AGAIN,
    CANCEL,
    CHATS,
    DELETE,
    INPAINT,
    JOB,
    MIX,
    OUTPAINT,
    REPORT,
    UPSCALE,
    VARIATIONS,
    Command,
    Invocation,
)
from bot.manner import Manner
from engine.errors import RequestError
from engine.jobs import Job

# Commands that only buttons give.
FULL = Command("full", (JOB,), main="job", surfaces=CHATS)
PARAMETERS = Command("parameters", (JOB,), main="job", surfaces=CHATS)
FILES = Command("files", (JOB,), main="job", surfaces=CHATS)
# Discord's custom ids have at most 100 characters, Telegram's 64 bytes.
LONGEST_KEY = 100
MASK_VERBS = ("go", "invert", "grow", "stop")


@dataclass(frozen=True, slots=True)
class Verb:
    """Say what a button does: it gives `command`, once the options in `asks` were asked for.

    `of_picture` is about one picture, not the whole job; `option` is the command's option that names it.
    """

    name: str
    command: Command | None = None
    asks: tuple[str, ...] = ()
    of_picture: bool = False
    option: str = "of"
    emoji: str = ""


VERBS: Mapping[str, Verb] = MappingProxyType(
    {
        verb.name: verb
        for verb in (
            Verb("again", AGAIN, emoji="🔁"),
            Verb("edit", AGAIN, asks=("prompt",), emoji="✏️"),
            Verb("variations", VARIATIONS, of_picture=True, emoji="✨"),
            Verb("upscale", UPSCALE, of_picture=True, emoji="🔍"),
            Verb("full", FULL, of_picture=True, option="job", emoji="🖼️"),
            Verb("inpaint", INPAINT, asks=("mask", "where", "prompt"), of_picture=True, emoji="🖌️"),
            Verb("outpaint", OUTPAINT, asks=("prompt", "extend", "ratio"), of_picture=True, emoji="↔️"),
            Verb("mix", MIX, asks=("parts", "image2"), of_picture=True, emoji="🧪"),
            Verb("parameters", PARAMETERS, option="job", emoji="📋"),
            Verb("files", FILES, option="job", emoji="📎"),
            Verb("report", REPORT, option="job", emoji="🚩"),
            Verb("delete", DELETE, option="job", emoji="🗑️"),
            Verb("cancel", CANCEL, option="job", emoji="✖️"),
            *(Verb(name) for name in MASK_VERBS),
        )
    }
)
OF_PICTURE = ("variations", "upscale", "full")
OF_ONE = ("variations", "upscale", "inpaint", "outpaint", "mix")
OF_JOB = ("again", "edit", "parameters", "files", "report", "delete")


@dataclass(frozen=True, slots=True)
class Button:
    """Hold one button; `number` counts a job's pictures from 1, 0 stands for the whole job."""

    verb: str
    job_id: str
    number: int = 0

    @property
    def key(self) -> str:
        """Return what a platform hands back when it is pressed: ASCII, at most 40 characters."""
        return f"{self.verb}:{self.job_id}:{self.number}"

    @classmethod
    def read(cls, key: str) -> Self:
        """Read a key; raise `RequestError` for one that is none."""
        verb, _, rest = key.partition(":")
        job_id, _, number = rest.partition(":")
        if len(key) > LONGEST_KEY or verb not in VERBS or not job_id or not number.isdecimal():
            raise RequestError("button_unknown")
        return cls(verb, job_id, int(number))

    @property
    def named(self) -> str:
        """Name its job, or its picture, as a person may type it."""
        return f"{self.job_id}.{self.number}" if self.number else self.job_id

    def invocation(self, options: Mapping[str, object] | None = None) -> Invocation:
        """Give its command, with what was asked for before."""
        verb = VERBS[self.verb]
        assert verb.command, "a mask is decided on, not commanded"  # noqa: S101 - a programming error
        return Invocation(verb.command, {verb.option: self.named, **(options or {})})


Rows = tuple[tuple[Button, ...], ...]


def on_result(job: Job) -> Rows:
    """Lay out the buttons of a posted job: a row for each verb of one picture among several, then those of the job."""
    count = len(job.request.seeds())
    whole = tuple(Button(verb, job.id) for verb in OF_JOB if _makes_sense(verb, job))
    if job.request.is_animation:
        return (whole,)
    if count == 1:
        return tuple(Button(verb, job.id, 0) for verb in OF_ONE), whole
    if job.request.one_by_one:
        return (whole,)
    rows = tuple(tuple(Button(verb, job.id, number) for number in range(1, count + 1)) for verb in OF_PICTURE)
    return (*rows, whole)


def on_picture(job: Job, number: int) -> Rows:
    """Lay out the buttons of one picture that stands alone."""
    return (tuple(Button(verb, job.id, number) for verb in OF_ONE),)


def on_mask(job: Job) -> Rows:
    """Lay out the buttons of a mask that is to be confirmed."""
    return (tuple(Button(verb, job.id) for verb in MASK_VERBS),)


def on_waiting(job: Job) -> Rows:
    """Lay out the button of a job that waits or is drawn."""
    return ((Button("cancel", job.id),),)


def _makes_sense(verb: str, job: Job) -> bool:
    """Tell whether there is one prompt that can be written anew, and somebody whom a report reaches."""
    if verb == "edit":
        return job.request.has_one_prompt
    return verb != "report" or Manner.of(job).moderated
