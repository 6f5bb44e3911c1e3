"""What the service knows of the places where people ask: who asked there, and what such a place must do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.commands.buttons import Rows
from bot.commands.table import Upload
from engine.errors import EngineError
from engine.events import Picture
from engine.jobs import Job

# Where people can be moderators.
MODERATED = frozenset({"discord", "telegram"})


class Undeliverable(EngineError):
    """Say that something can never reach its place, for a `reason`: the bot was blocked there, or the place is gone."""

    code = "undeliverable"


@dataclass(frozen=True, slots=True)
class Origin:
    """Say who asked, where, and how to answer.

    `key` is the platform's id of the message or interaction, `address` whatever the surface needs to answer after a
    restart: plain JSON values. `place` is "discord:SERVER/CHANNEL" or the like; one without a server is a person's own.
    `locale` is what the person's app speaks, `roles` the ids of their roles there; `is_adult` says that only adults see
    the place.
    """

    surface: str
    owner: str
    place: str
    key: str
    address: dict[str, object] = field(default_factory=dict)
    locale: str | None = None
    roles: frozenset[str] = frozenset()
    is_moderator: bool = False
    is_private: bool = False
    is_adult: bool = False

    @property
    def server(self) -> str:
        """Name the server that the place belongs to, or nothing for a person's own chat."""
        return "" if self.is_private else self.place.partition("/")[0]

    @property
    def is_moderated(self) -> bool:
        """Tell whether somebody there may be a moderator."""
        return bool(self.server) and self.surface in MODERATED


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what a command that makes no job is answered with; `private` is for the person alone, where possible.

    `pictures` are shown; `files` are for keeping, every byte of them.
    """

    text: str
    pictures: tuple[Picture, ...] = ()
    files: tuple[Upload, ...] = ()
    buttons: Rows = ()
    private: bool = True


Load = Callable[[], Awaitable[list[Picture]]]
# What a surface must remember to answer a job: it is committed together with what the job has become.
Remembered = Mapping[str, object]


class Surface(Protocol):
    """Be one place where people ask: Discord, Telegram, the web page, the shell.

    `address` of the job says where to answer, its `Manner` how. All calls may come after a restart, and more than once;
    they are made while `bot.words.localisation` speaks the job's language. `confirms_masks` says that `ask` is to be
    called. What `ask`, `deliver` and `tell` return is added to the job's address.
    """

    name: str
    progress_interval_s: float
    confirms_masks: bool

    async def show(self, job: Job, text: str, preview: bytes | None) -> None:
        """Replace what the person sees of a waiting or running job; `preview` is a small JPEG, once there is one."""

    async def ask(self, job: Job, overlay: bytes, text: str) -> Remembered | None:
        """Show a held job's mask, a JPEG, with the buttons of `buttons.on_mask`; again where the mask has changed."""

    async def deliver(self, job: Job, load: Load, text: str) -> Remembered | None:
        """Post the pictures so that repeating the call leaves one posted message.

        `load` reads them; it is called when the place can be reached, so that nobody's pictures fill the memory while
        they wait. Raises `Undeliverable` when trying again is useless; any other exception is tried again later.
        """

    async def tell(self, job: Job, text: str) -> Remembered | None:
        """Say how a job ended that made no pictures; errors as in `deliver`."""

    async def remove(self, job: Job) -> None:
        """Take away what was posted of a job, as far as the platform lets."""
