"""Read typed commands: words and flags become an invocation. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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
    order.
    """
    head, *words = _WORD.findall(text.strip())
    command = find(head.removeprefix("/").partition("@")[0].lower(), surface)
    bare, options = list[str](), dict[str, object]()
    for option, given, following in _flags(command, surface, words):
        if option is None:
            bare += following
            continue
        options[option.name], rest = _take(option, given, following)
        bare += rest
    return Invocation(command, {**_bare(command, surface, bare), **options}, tuple(pictures))


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
