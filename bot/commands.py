"""The one command table: what every platform offers, and how words become a request. Pure: no platform, no queue."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.catalog import Catalog, ModelSpec
from engine.checks import build, complete, limits
from engine.errors import RequestError
from engine.requests import AnyRequest, Text2Image

CHATS = frozenset({"discord", "telegram", "web"})
EVERYWHERE = CHATS | {"cli"}


@dataclass(frozen=True, slots=True)
class Option:
    """Describe one option: a native option on Discord, `--name` in text and in the shell.

    `field` is the request's field behind it; a `phrase` takes several words in text, the others take one.
    """

    name: str
    kind: type[str] | type[int] | type[float] | type[bool] = str
    field: str = ""
    aliases: tuple[str, ...] = ()
    required: bool = False
    phrase: bool = False
    surfaces: frozenset[str] = EVERYWHERE

    def limits(self) -> tuple[float, float] | None:
        """Tell the lowest and highest allowed value, or `None`."""
        return limits(Text2Image, self.field)


@dataclass(frozen=True, slots=True)
class Command:
    """Describe one command; `makes_job` says that it asks the engine for pictures, `main` takes the bare words."""

    name: str
    options: tuple[Option, ...] = ()
    main: str | None = None
    makes_job: bool = False
    surfaces: frozenset[str] = CHATS

    def on(self, surface: str) -> tuple[Option, ...]:
        """List the options that `surface` offers."""
        return tuple(option for option in self.options if surface in option.surfaces)

    def option(self, name: str, surface: str) -> Option:
        """Return the option called `name` (or by an alias); raise `RequestError` naming the closest one."""
        flags = [option for option in self.on(surface) if option.name != self.main]
        for option in flags:
            if name in (option.name, *option.aliases):
                return option
        known = [option.name for option in flags]
        close = difflib.get_close_matches(name, known, n=1)
        raise RequestError("unknown_option", value=name, known=known, close=close[0] if close else None)


@dataclass(frozen=True, slots=True)
class Invocation:
    """Hold a command as a person gave it: option values are still their words."""

    command: Command
    options: Mapping[str, object] = field(default_factory=dict)


IMAGINE = Command(
    "imagine",
    (
        Option("prompt", field="prompt", required=True, phrase=True),
        Option("negative", field="negative_prompt", aliases=("no",), phrase=True),
        Option("size", field="size", aliases=("ar",)),
        Option("steps", int, "steps"),
        Option("guidance", float, "guidance_scale"),
        Option("seed", int, "seed"),
        Option("count", int, "count"),
        Option("model", field="model"),
        Option("file", bool, surfaces=frozenset({"telegram"})),
    ),
    main="prompt",
    makes_job=True,
    surfaces=EVERYWHERE,
)
QUEUE = Command("queue")
CANCEL = Command("cancel", (Option("job"),), main="job")
HELP = Command("help")
START = Command("start", surfaces=frozenset({"telegram"}))

COMMANDS = (IMAGINE, QUEUE, CANCEL, HELP, START)

# A phone's keyboard turns "--" into a dash: both open a flag.
_FLAG = re.compile(r"(?:--|[—–])(?=[^\W\d])([\w-]+)(?:=(\S+))?")
_SIZE = re.compile(r"(\d{1,6})\s*[x×хX*]\s*(\d{1,6})")
_RATIO = re.compile(r"(\d{1,4}(?:\.\d+)?)\s*[:/]\s*(\d{1,4}(?:\.\d+)?)")


def find(name: str, surface: str) -> Command:
    """Return the command called `name` on `surface`; raise `RequestError` listing what there is."""
    known = {command.name: command for command in COMMANDS if surface in command.surfaces}
    if name not in known:
        raise RequestError("unknown_command", value=name, known=list(known))
    return known[name]


def parse_text(text: str, surface: str) -> Invocation:
    """Read `/imagine a red circle --seed 7`: bare words are the command's main option, flags may stand anywhere.

    A phrase takes the words up to the next flag, a switch none (but `--file=no` is off), any other flag one.
    """
    head, *words = text.split()
    command = find(head.removeprefix("/").partition("@")[0].lower(), surface)
    bare, options = list[str](), dict[str, object]()
    for option, given, following in _flags(command, surface, words):
        if option is None:
            bare += following
            continue
        options[option.name], rest = _take(option, given, following)
        bare += rest
    return Invocation(command, {command.main: " ".join(bare), **options} if command.main and bare else options)


def to_request(invocation: Invocation, catalog: Catalog) -> AnyRequest:
    """Turn an `/imagine` into a complete request; raise `RequestError` for the first thing that is wrong."""
    words = {name: value for name, value in invocation.options.items() if value is not None}
    model = catalog[str(words.pop("model", catalog.default))]
    fields: dict[str, object] = {"prompt": "", "model": model.name}
    if "size" in words:
        fields["width"], fields["height"] = parse_size(str(words.pop("size")), model)
    if str(words.get("seed")) == "-1":  # as Kandinsky's own pages write "any seed"
        del words["seed"]
    by_name = {option.name: option.field for option in invocation.command.options if option.field}
    fields |= {by_name[name]: value for name, value in words.items() if name in by_name}
    return complete(build(Text2Image, **fields), model)


def parse_size(text: str, model: ModelSpec) -> tuple[int, int]:
    """Read "768x512" as pixels, or a ratio such as "16:9" as the nearest size of about the model's native area."""
    if match := _SIZE.fullmatch(text.strip()):
        width, height = int(match[1]), int(match[2])
        if width and height:
            return width, height
    if match := _RATIO.fullmatch(text.strip()):
        across, down = float(match[1]), float(match[2])
        if across and down and 1 / 8 <= across / down <= 8:
            return model.size_for_ratio(across / down)
    raise RequestError("bad_size_words", value=text, native=model.native_size)


def _flags(command: Command, surface: str, words: list[str]) -> Iterator[tuple[Option | None, str | None, list[str]]]:
    """Yield the words before the first flag with `None`, then each option, what `=` gave it, and the words after it."""
    option, given, following = None, None, list[str]()
    for word in words:
        if match := _FLAG.fullmatch(word):
            yield option, given, following
            option, given, following = command.option(match[1].lower(), surface), match[2], []
        else:
            following.append(word)
    yield option, given, following


def _take(option: Option, given: str | None, following: list[str]) -> tuple[str | bool, list[str]]:
    """Split what stands behind a flag into its value and the words that are left."""
    if option.kind is bool:
        return _switch(option, given), following
    words = [given, *following] if given else following
    if not words:
        raise RequestError("option_without_value", option=option.name)
    taken = len(words) if option.phrase else 1
    return " ".join(words[:taken]), words[taken:]


def _switch(option: Option, given: str | None) -> bool:
    if given is None or given.lower() in ("yes", "true"):
        return True
    if given.lower() in ("no", "false"):
        return False
    raise RequestError("bad_switch", option=option.name, value=given)
