"""The one table of settings: what each is called, for whom it can be set, and how its value is read. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bot.commands.requesting import NO_STYLE, Styles, parse_size, parse_style
from bot.commands.table import COMMANDS, SCOPES
from bot.rules.limits import EVERYONE, MODERATORS, NUMBERS, Range
from bot.rules.policy import ALWAYS_ALLOWED
from bot.rules.settings import WHO, Settings
from bot.surface import Origin
from bot.words.localisation import LANGUAGES
from engine.catalog import Catalog
from engine.checks import limits
from engine.errors import RequestError
from engine.requests import Text2Image

YES = frozenset({"yes", "on", "true", "1", "ja", "an", "да", "вкл", "是", "开", "對", "对"})
NO = frozenset({"no", "off", "false", "0", "nein", "aus", "нет", "выкл", "否", "关"})
SHARED = ("server", "here")
MOST_WORDS = 200
LONGEST_WORD = 60
MOST_NAMED = 100
MOST_DAYS = 36_500
HERE = "here"


@dataclass(frozen=True, slots=True)
class Context:
    """Hold what values are checked against; `settings` are those that hold now.

    `most_days` is for how long the operator lets jobs be kept, 0 for ever.
    """

    origin: Origin
    catalog: Catalog
    styles: Styles
    settings: Settings
    most_days: float = 0.0


@dataclass(frozen=True, slots=True)
class Setting:
    """Describe one setting; `read` makes of words the JSON value that is kept, or raises `RequestError`.

    The first of `scopes` is meant where a person names none. Whoever is no moderator is not told a `secret` one.
    """

    name: str
    read: Callable[[str, Context], object]
    scopes: tuple[str, ...] = SCOPES
    secret: bool = False


def _model(text: str, context: Context) -> object:
    return context.catalog[text.lower()].name


def _size(text: str, context: Context) -> object:
    """Keep the words: a ratio is another size for each model."""
    named = str(context.settings.defaults.get("model", ""))
    model = context.catalog[named if named in context.catalog.names() else context.catalog.default]
    model.check_size(*parse_size(text, model))
    return text


def _style(text: str, context: Context) -> object:
    style = parse_style(text, context.styles)
    return style.name if style else NO_STYLE


def _language(text: str, _: Context) -> object:
    language = text.lower().replace("_", "-").partition("-")[0]
    if language not in LANGUAGES:
        raise RequestError("setting_choice", name="language", value=text, known=list(LANGUAGES))
    return language


def _switch(text: str, _: Context, name: str) -> object:
    if text.lower() not in YES | NO:
        raise RequestError("setting_switch", name=name, value=text)
    return text.lower() in YES


def _number(text: str, _: Context, name: str, low: int, high: int) -> object:
    if not re.fullmatch(r"\d{1,9}", text) or not low <= int(text) <= high:
        raise RequestError("out_of_range", field=name, value=text, low=low, high=high)
    return int(text)


def _days(text: str, context: Context) -> object:
    return _number(text, context, "retention_days", 1, int(context.most_days) or MOST_DAYS)


def _who(text: str, _: Context) -> object:
    """Read "everyone", "moderators" or roles, as ids or as Discord mentions them."""
    if text.lower() in (EVERYONE, MODERATORS):
        return text.lower()
    if roles := _ids(text, r"(?:<@&)?(\d{1,24})>?"):
        return roles
    raise RequestError("setting_who", value=text)


def _channels(text: str, context: Context) -> object:
    """Read channels of this server as the places that they are; "here" is this one."""
    origin = context.origin
    ids = _ids(text, r"(?:<#)?(-?\d{1,24}|here)>?")
    if not ids:
        raise RequestError("setting_channels", value=text)
    places = (origin.place if each == HERE else f"{origin.server}/{each}" for each in ids)
    return list(dict.fromkeys(places))


def _people(text: str, context: Context) -> object:
    """Read people as the owners that they are: ids, mentions, or what the record of changes calls them."""
    surface = context.origin.surface
    ids = _ids(text, rf"(?:<@!?|{surface}:)?(-?\d{{1,24}})>?")
    if not ids:
        raise RequestError("setting_people", value=text)
    return [f"{surface}:{each}" for each in ids]


def _words(text: str, _: Context) -> object:
    """Read words and phrases with commas in between."""
    words = list(dict.fromkeys(word for each in re.split(r"[,;，；、\n]", text) if (word := " ".join(each.split()))))
    if not words or len(words) > MOST_WORDS or max(map(len, words)) > LONGEST_WORD:
        raise RequestError("setting_words", limit=MOST_WORDS, length=LONGEST_WORD)
    return words


def _ids(text: str, pattern: str) -> list[str]:
    """List what the words of `text` name by `pattern`, nothing where one of them is something else."""
    found = [re.fullmatch(pattern, each) for each in re.split(r"[\s,;]+", text.strip())]
    ids = list(dict.fromkeys(it[1] for it in found if it))
    return ids if all(found) and len(ids) <= MOST_NAMED else []


def _limit(name: str, allowed: Range) -> Setting:
    return Setting(name, partial(_number, name=name, low=allowed.low, high=allowed.high), SHARED)


_COUNT = limits(Text2Image, "count") or (1, 1)
TABLE = (
    Setting("model", _model),
    Setting("size", _size),
    Setting("count", partial(_number, name="count", low=int(_COUNT[0]), high=int(_COUNT[1]))),
    Setting("style", _style),
    Setting("language", _language),
    Setting("private", partial(_switch, name="private")),
    Setting("spoiler", partial(_switch, name="spoiler")),
    *(_limit(name, allowed) for name, allowed in NUMBERS.items()),
    Setting("channels", _channels, ("server",)),
    Setting("blocked_words", _words, SHARED, secret=True),
    Setting("blocked_people", _people, SHARED, secret=True),
    Setting("retention_days", _days, ("server",)),
    Setting("adult", partial(_switch, name="adult"), SHARED),
)
_BY_NAME = {setting.name: setting for setting in TABLE}


def find_setting(name: str, catalog: Catalog) -> Setting:
    """Return the setting called `name`; raise `RequestError` listing what there is."""
    plain = name.strip().lower().removeprefix("--")
    if setting := _BY_NAME.get(plain.replace("-", "_")):
        return setting
    restricted = [f"{WHO}{each}" for each in may_be_restricted(catalog)]
    if plain.replace("_", "-", 1) in restricted:
        return Setting(plain.replace("_", "-", 1), _who, SHARED)
    raise RequestError("unknown_setting", value=name, known=[*_BY_NAME, f"{WHO}COMMAND", f"{WHO}MODEL"])


def may_be_restricted(catalog: Catalog) -> Sequence[str]:
    """List the commands and models that can be kept for some."""
    return [command.name for command in COMMANDS if command.name not in ALWAYS_ALLOWED] + catalog.names()
