"""Say everything in the reader's language: Fluent files in `locales/`, one language to each task of the event loop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from fluent.runtime import FluentBundle, FluentResource
from fluent.runtime.types import fluent_number
from fluent.syntax.ast import Message

LANGUAGES = ("en", "de", "ru", "zh")
FALLBACK = "en"
# Numbers from here on, and what is none, are said as they are: Fluent rounds none of more than 28 digits.
MOST = 1e15
FOLDER = Path(__file__).parent / "locales"

_language: ContextVar[str] = ContextVar("language", default=FALLBACK)


def language_of(locale: str | None) -> str:
    """Choose the language for a locale such as "de-AT" or "zh_CN": English where there is none of it."""
    base = _base(locale)
    return base if base in LANGUAGES else FALLBACK


def knows_language(locale: str | None) -> bool:
    """Tell whether the language of `locale` is one of those spoken here."""
    return _base(locale) in LANGUAGES


def language() -> str:
    """Tell in which language this task speaks."""
    return _language.get()


@contextmanager
def speaking(locale: str | None) -> Iterator[None]:
    """Speak the language of `locale` in this block, and in the tasks that begin in it."""
    token = _language.set(language_of(locale))
    try:
        yield
    finally:
        _language.reset(token)


def read_all() -> None:
    """Read the files of every language, a tenth of a second each, so that nobody's first sentence waits for them."""
    for each in LANGUAGES:
        _bundle(each)


def say(key: str, **facts: object) -> str:
    """Say the message called `key`, its variables filled with `facts`; numbers are grouped only where it says so.

    What a language lacks is said in English; without any such message the key itself is said.
    """
    values = {name: _fact(value) for name, value in facts.items()}
    for each in (language(), FALLBACK):
        if _bundle(each).has_message(key) and (pattern := _bundle(each).get_message(key).value):
            return str(_bundle(each).format_pattern(pattern, values)[0])
    return key


def knows(key: str) -> bool:
    """Tell whether there is a message called `key`."""
    return _bundle(FALLBACK).has_message(key)


def in_each_language(key: str, **facts: object) -> dict[str, str]:
    """Say the message called `key` in every language."""
    said = {}
    for each in LANGUAGES:
        with speaking(each):
            said[each] = say(key, **facts)
    return said


def keys_of(file: str) -> list[str]:
    """List the messages that stand in a file such as "web.ftl"."""
    resource = FluentResource((FOLDER / FALLBACK / file).read_text(encoding="utf-8"))
    return [entry.id.name for entry in resource.body if isinstance(entry, Message)]


def _base(locale: str | None) -> str:
    return (locale or "").replace("_", "-").partition("-")[0].lower()


@cache
def _bundle(language: str) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    for path in sorted((FOLDER / language).glob("*.ftl")):
        bundle.add_resource(FluentResource(path.read_text(encoding="utf-8")))
    return bundle


def _fact(value: object) -> object:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < MOST:
        return fluent_number(value, useGrouping=False)  # type: ignore[no-untyped-call,unused-ignore]
    return value if isinstance(value, str) else str(value)
