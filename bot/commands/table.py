"""The one command table: what every platform offers. Pure: no platform, no queue."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.checks import choices, limits
from engine.errors import RequestError
from engine.request import InputPicture, Request
from engine.requests import Batch, ControlNet, Img2Img, Inpaint, Mix, Morph, Outpaint, Text2Image, Upscale, Variations

CHATS = frozenset({"discord", "telegram", "web"})
EVERYWHERE = CHATS | {"cli"}
# Where a command is a line of text.
TYPED = frozenset({"telegram", "web"})


@dataclass(frozen=True, slots=True)
class Upload:
    """Hold a picture as a person sent it: the file's name and its bytes, of which nothing is known yet."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """Hold a picture that was looked at: a plain PNG as `data`, which is kept once its request is let in."""

    name: str
    picture: InputPicture
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Option:
    """Describe one option: a native option on Discord, `--name` in text and in the shell.

    `field` is the request's field behind it; a `phrase` takes several words in text, the others take one; `lines` keep
    their ends. `words` are what it may be, where no request says so. An option whose kind is `Upload` takes a picture:
    an attachment on Discord, what comes with the message in text.
    """

    name: str
    kind: type[str] | type[int] | type[float] | type[bool] | type[Upload] = str
    is_picture: bool = field(init=False)  # in front of the field that hides the function
    field: str = ""
    aliases: tuple[str, ...] = ()
    required: bool = False
    phrase: bool = False
    lines: bool = False
    words: tuple[str, ...] = ()
    surfaces: frozenset[str] = EVERYWHERE

    def __post_init__(self) -> None:
        """Note whether it takes a picture."""
        object.__setattr__(self, "is_picture", self.kind is Upload)


@dataclass(frozen=True, slots=True)
class Command:
    """Describe one command; `request` is what it asks the engine for, `main` takes the bare words.

    What is for `moderators_only` is not shown to others where the platform knows who they are; what `repeats` draws an
    earlier job again.
    """

    name: str
    options: tuple[Option, ...] = ()
    main: str | None = None
    request: type[Request] | None = None
    surfaces: frozenset[str] = CHATS
    moderators_only: bool = False
    repeats: bool = False
    makes_job: bool = field(init=False)
    pictures: tuple[Option, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Note whether it asks the engine for pictures, and which options take one, in the order of their filling."""
        object.__setattr__(self, "makes_job", self.repeats or self.request is not None)
        object.__setattr__(self, "pictures", tuple(option for option in self.options if option.is_picture))

    def on(self, surface: str) -> tuple[Option, ...]:
        """List the options that `surface` offers."""
        return tuple(option for option in self.options if surface in option.surfaces)

    def limits(self, option: Option) -> tuple[float, float] | None:
        """Tell the lowest and highest allowed value of an option, or `None`."""
        return limits(self.request, option.field) if self.request else None

    def choices(self, option: Option) -> tuple[str, ...]:
        """List the words that an option may be, none where it is free."""
        return option.words or (choices(self.request, option.field) if self.request else ())

    def option(self, name: str, surface: str) -> Option:
        """Return the option called `name` (or by an alias); raise `RequestError` naming the closest one."""
        flags = [option for option in self.on(surface) if option.name != self.main and not option.is_picture]
        for option in flags:
            if name in (option.name, *option.aliases):
                return option
        known = [option.name for option in flags]
        close = difflib.get_close_matches(name, known, n=1)
        raise RequestError("unknown_option", value=name, known=known, close=close[0] if close else None)


@dataclass(frozen=True, slots=True)
class Invocation:
    """Hold a command as a person gave it: option values are still their words, pictures are `Upload`, then `Taken`.

    `pictures` are those that came with the message and that no option has taken yet.
    """

    command: Command
    options: Mapping[str, object] = field(default_factory=dict)
    pictures: tuple[Upload | Taken, ...] = ()

    @property
    def given(self) -> dict[str, object]:
        """Return the options that have a value."""
        return {name: value for name, value in self.options.items() if value is not None}

    @property
    def all_pictures(self) -> list[Upload | Taken]:
        """List its pictures: those of its options, then those that came along."""
        return [each for each in (*self.options.values(), *self.pictures) if isinstance(each, Upload | Taken)]

    def having(self, **options: object) -> Invocation:
        """Return it with these options set."""
        return replace(self, options={**self.options, **options})


PROMPT = Option("prompt", field="prompt", required=True, phrase=True)
WISH = Option("prompt", field="prompt", phrase=True)
PICTURE = Option("image", Upload, "picture", required=True)
# A picture of an earlier job, such as 0123456789.2, in the place of one that is sent.
OF = Option("of", surfaces=TYPED)
JOB = Option("job", required=True)
SIZE = Option("size", field="size", aliases=("ar",))
STRENGTH = Option("strength", float, "strength")
COUNT = Option("count", int, "count")
NEGATIVE = Option("negative", field="negative_prompt", aliases=("no",), phrase=True)
FILE = Option("file", bool, surfaces=frozenset({"telegram"}))
# For whom a setting holds.
SCOPES = ("me", "here", "server")
# What every command that draws takes.
DRAWING = (
    Option("quality", field="quality"),
    Option("steps", int, "steps"),
    Option("guidance", float, "guidance_scale"),
    Option("seed", int, "seed"),
    Option("model", field="model"),
    Option("exact", bool, "exact"),
    Option("style"),
    Option("caption", field="caption", phrase=True),
    Option("enhance", bool, "enhance"),
    FILE,
)
MORE_PICTURES = tuple(Option(f"image{number}", Upload) for number in (1, 2, 3, 4))


def _drawing(name: str, request: type[Request], *options: Option, main: str | None = "prompt") -> Command:
    return Command(name, (*options, *DRAWING), main, request, EVERYWHERE)


IMAGINE = _drawing("imagine", Text2Image, PROMPT, NEGATIVE, SIZE, COUNT)
IMG2IMG = _drawing("img2img", Img2Img, PICTURE, OF, PROMPT, NEGATIVE, STRENGTH, SIZE, COUNT)
INPAINT = _drawing(
    "inpaint", Inpaint, PICTURE, OF, Option("mask", Upload, "mask"), PROMPT, Option("where", phrase=True), NEGATIVE,
    SIZE, COUNT,
)  # fmt: skip
OUTPAINT = _drawing(
    "outpaint", Outpaint, PICTURE, OF, PROMPT, NEGATIVE,
    Option("extend", field="extend"), Option("share", float, "share"), Option("ratio", field="ratio", aliases=("ar",)),
    COUNT,
)  # fmt: skip
MIX = _drawing("mix", Mix, Option("parts", phrase=True), OF, *MORE_PICTURES, NEGATIVE, SIZE, COUNT, main="parts")
MORPH = _drawing(
    "morph", Morph, Option("parts", phrase=True), OF, *MORE_PICTURES[:2], Option("frames", int, "frames"), NEGATIVE,
    SIZE, main="parts",
)  # fmt: skip
VARIATIONS = _drawing("variations", Variations, PICTURE, OF, WISH, NEGATIVE, SIZE, COUNT)
DEPTH = _drawing(
    "depth", ControlNet, PICTURE, OF, PROMPT, NEGATIVE, Option("map", bool, "is_depth_map"), SIZE, COUNT
)  # fmt: skip
UPSCALE = _drawing("upscale", Upscale, PICTURE, OF, WISH, NEGATIVE, STRENGTH)
BATCH = _drawing(
    "batch", Batch, Option("prompts", phrase=True, lines=True), Option("list", Upload), NEGATIVE, SIZE, main="prompts"
)  # fmt: skip
# An earlier job once more, with whatever is given anew.
AGAIN = Command(
    "again", (replace(OF, required=True, surfaces=CHATS), WISH, NEGATIVE, SIZE, STRENGTH, COUNT, *DRAWING),
    main="prompt", repeats=True,
)  # fmt: skip
QUEUE = Command("queue")
CANCEL = Command("cancel", (Option("job"),), main="job")
HISTORY = Command("history")
SHOW = Command("show", (Option("job"), Option("image", Upload), FILE), main="job")
DELETE = Command("delete", (JOB,), main="job")
REPORT = Command("report", (JOB, Option("reason", phrase=True)), main="job")
STYLES = Command("styles")
MODELS = Command("models")
STATS = Command("stats")
SETTINGS = Command(
    "settings", (Option("name"), Option("value", phrase=True), Option("scope", words=SCOPES)), main="name"
)  # fmt: skip
PRIVACY = Command(
    "privacy", (Option("action", words=("show", "export", "delete")), Option("code")), main="action"
)  # fmt: skip
AUDIT = Command("audit", moderators_only=True)
HELP = Command("help", (Option("command"),), main="command")
START = Command("start", surfaces=frozenset({"telegram"}))

DRAWING_COMMANDS = (IMAGINE, IMG2IMG, INPAINT, OUTPAINT, MIX, MORPH, VARIATIONS, DEPTH, UPSCALE, BATCH)
COMMANDS = (
    *DRAWING_COMMANDS, AGAIN, QUEUE, CANCEL, HISTORY, SHOW, DELETE, REPORT, SETTINGS, STYLES, MODELS, STATS, PRIVACY,
    AUDIT, HELP, START,
)  # fmt: skip


def find(name: str, surface: str) -> Command:
    """Return the command called `name` on `surface`; raise `RequestError` listing what there is."""
    known = {command.name: command for command in COMMANDS if surface in command.surfaces}
    if name not in known:
        raise RequestError("unknown_command", value=name, known=list(known))
    return known[name]
