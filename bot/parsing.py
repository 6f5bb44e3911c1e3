"""Read typed commands: words and flags become an invocation. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.commands import Command, Invocation, Option, Upload, find
from engine.errors import RequestError

# A phone's keyboard turns "--" into a dash: both open a flag.
_FLAG = re.compile(r"(?:--|[—–])(?=[^\W\d])([\w-]+)(?:=(\S+))?")
# The ends of lines are kept until it is known whether they mean anything.
_WORD = re.compile(r"\n|\S+")


def parse_text(text: str, surface: str, pictures: Sequence[Upload] = ()) -> Invocation:
    """Read `/imagine a red circle --seed 7`: bare words are the command's main option, flags may stand anywhere.

    A phrase takes the words up to the next flag, a switch none (but `--file=no` is off), any other flag one. `pictures`
    came with the message, in their order.
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
    main = {option.name: _join(bare, option) for option in command.options if option.name == command.main}
    return Invocation(command, {**{name: it for name, it in main.items() if it}, **options}, tuple(pictures))


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
    words = [given, *following] if given else following[_first_word(following) :]
    if not words:
        raise RequestError("option_without_value", option=option.name)
    taken = len(words) if option.phrase else 1
    return _join(words[:taken], option), words[taken:]


def _first_word(words: list[str]) -> int:
    return next((index for index, word in enumerate(words) if word != "\n"), len(words))


def _join(words: list[str], option: Option) -> str:
    """Write words on one line, or, where the option is made of lines, on as many as they came on."""
    text = " ".join(words)
    return "\n".join(line.strip() for line in text.strip().split("\n")) if option.lines else " ".join(text.split())


def _switch(option: Option, given: str | None) -> bool:
    if given is None or given.lower() in ("yes", "true"):
        return True
    if given.lower() in ("no", "false"):
        return False
    raise RequestError("bad_switch", option=option.name, value=given)
