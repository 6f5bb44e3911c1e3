"""Read and write typed commands: words and flags become an invocation, and back. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.commands.bounds import check_text
from bot.commands.table import Command, Invocation, Option, Upload, find
from engine.errors import RequestError

# A phone's keyboard turns "--" into a dash: both open a flag.
_FLAG = re.compile(r"(?:--|[—–])(?=[^\W\d])([\w-]+)(?:=(\S+))?")
# The end of a line counts as a word, since some options keep it.
_END = "\n"
_WORD = re.compile(r"\S+|\n")


def parse_text(text: str, surface: str, pictures: Sequence[Upload] = ()) -> Invocation:
    """Read `/imagine a red circle --seed 7`: bare words are the command's main option, flags may stand anywhere.

    A phrase takes the words up to the next flag, a switch none (but `--file=no` is off), any other flag one. Bare words
    beyond a main option that takes one belong to the command's first phrase. `pictures` came with the message, in their
    order. Raises `RequestError` for what is wrong.
    """
    check_text(text)
    head = text.split(maxsplit=1)[0] if text.strip() else ""
    command = find(head.removeprefix("/").partition("@")[0].lower(), surface)
    return replace(read_words(command, text.strip().removeprefix(head), surface), pictures=tuple(pictures))


def read_words(command: Command, words: str, surface: str, option: str | None = None) -> Invocation:
    """Read what stands behind a command, or behind the flag of its `option`; raise `RequestError` for what is wrong."""
    check_text(words)
    first = command.option(option, surface) if option else None
    bare, options = list[str](), dict[str, object]()
    for flag, given, following in _flags(command, surface, _WORD.findall(words), first):
        if flag is None:
            bare += following
            continue
        options[flag.name], rest = _take(flag, given, following)
        bare += rest
    return Invocation(command, {**_bare(command, surface, bare), **options})


def write_text(invocation: Invocation, *, main_last: bool = False) -> str:
    """Write a command as a person would type it, without its pictures: reading it gives the same options.

    With `main_last` the bare words come last, as far as a flag that takes several lets them, so that they can be gone
    on with.
    """
    command = invocation.command
    known = {option.name: option for option in command.options if not option.is_picture}
    given = [(known[name], value) for name, value in invocation.given.items() if name in known]
    main = [str(value) for option, value in given if option.name == command.main]
    flags = [(option, _flag(option, value)) for option, value in given if option.name != command.main]
    short = [flag for option, flag in flags if not option.phrase]
    long = [flag for option, flag in flags if option.phrase]
    words = [*short, *main, *long] if main_last else [*main, *(flag for _, flag in flags)]
    return " ".join([f"/{command.name}", *words])


def _flag(option: Option, value: object) -> str:
    if isinstance(value, bool):
        return f"--{option.name}" if value else f"--{option.name}=no"
    # What looks like a flag itself is a value only where it is given with "=".
    first = str(value).split(maxsplit=1)[:1]
    return f"--{option.name}{'=' if first and _FLAG.fullmatch(first[0]) else ' '}{value}"


def _bare(command: Command, surface: str, words: list[str]) -> dict[str, object]:
    """Fill the main option with the bare words, and where it takes but one, a phrase with the others."""
    main = next((option for option in command.on(surface) if option.name == command.main), None)
    if not main or not _joined(main, words):
        return {}
    phrase = next((option for option in command.on(surface) if option.phrase), None)
    if main.phrase or not phrase:
        return {main.name: _joined(main, words)}
    first, *others = _joined(main, words).split(maxsplit=1)
    return {main.name: first, **({phrase.name: others[0]} if others else {})}


def _joined(option: Option, words: list[str]) -> str:
    """Join words as they were written, on one line unless the option keeps lines."""
    text = " ".join(words)
    return _END.join(line.strip() for line in text.strip().split(_END)) if option.lines else " ".join(text.split())


def _flags(
    command: Command, surface: str, words: list[str], first: Option | None
) -> Iterator[tuple[Option | None, str | None, list[str]]]:
    """Yield `first` and the words before the first flag, then each option, what `=` gave it, and the words after it."""
    option, given, following = first, None, list[str]()
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
    first = next((place for place, word in enumerate(words) if word != _END), None)
    if first is None:
        raise RequestError("option_without_value", option=option.name)
    taken = len(words) if option.phrase else first + 1
    return _joined(option, words[:taken]), words[taken:]


def _switch(option: Option, given: str | None) -> bool:
    if given is None or given.lower() in ("yes", "true"):
        return True
    if given.lower() in ("no", "false"):
        return False
    raise RequestError("bad_switch", option=option.name, value=given)
