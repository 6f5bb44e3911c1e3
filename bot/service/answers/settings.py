"""Answer /settings: show what holds here and from where, set, and take back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.commands.table import SETTINGS, Invocation
from bot.rules.limits import LISTS, NUMBERS, Limits
from bot.rules.policy import channel_names
from bot.rules.setting_table import TABLE, Context, Setting, find_setting
from bot.rules.settings import PREFERENCES, WHO, scope_of
from bot.rules.visit import Visit, begin_visit
from bot.service.answers.desk import Answerer, Desk, for_moderators
from bot.surface import Answer, Origin
from bot.words.localisation import say, speaking
from engine.errors import RequestError

# What takes a setting back, beside nothing at all.
DEFAULT = "default"
OPERATOR = "operator"
# From whom a value may be, the nearest first.
SOURCES = ("me", "here", "server")


async def _settings(desk: Desk, visit: Visit, invocation: Invocation) -> Answer:
    """Show all settings, or change the one that is named: "/settings model demo" and "--name model --value demo"."""
    name, _, rest = str(invocation.options.get("name") or "").strip().partition(" ")
    if not name:
        return Answer(await _shown(desk, visit.origin))
    value = str(invocation.options.get("value") or rest).strip()
    scope = str(invocation.options.get("scope") or "").strip().lower()
    return await _change(desk, visit, find_setting(name, desk.catalog), value, scope)


async def _change(desk: Desk, visit: Visit, setting: Setting, value: str, scope: str) -> Answer:
    origin = visit.origin
    word = scope or next(it for it in setting.scopes if it != "server" or origin.server)
    if word not in setting.scopes:
        raise RequestError("setting_scope", name=setting.name, value=word, known=list(setting.scopes))
    _check_right(setting, word, origin)
    key = scope_of(word, origin)
    before = (await desk.store.settings.get(key)).get(setting.name)
    kept = None if value.lower() in ("", DEFAULT) else setting.read(value, _context(desk, visit))
    await desk.store.settings.put(key, setting.name, kept)
    if word != "me" and origin.server:
        facts = {"name": setting.name, "value": kept, "before": before, "scope": key}
        await desk.store.audit.add(origin.server, origin.owner, "setting", facts)
    now = await begin_visit(origin, desk.store, desk.rules)
    with speaking(now.settings.language):  # perhaps another one than before
        return Answer(_confirmed(setting.name, word, kept, before))


def _check_right(setting: Setting, word: str, origin: Origin) -> None:
    """Let people set what is no limit for themselves and their own chat, and moderators everything for others."""
    if setting.name in PREFERENCES and (word == "me" or (word == "here" and not origin.server)):
        return
    if not origin.server:
        raise RequestError("no_server_here")
    for_moderators(origin)


def _context(desk: Desk, visit: Visit) -> Context:
    return Context(visit.origin, desk.catalog, desk.styles, visit.settings, desk.rules.retention_days)


def _confirmed(name: str, word: str, kept: object, before: object) -> str:
    source = _source(word)
    if kept is not None:
        return say("setting-set", name=name, value=shown_value(name, kept), source=source)
    if before is None:
        return say("setting-unset", name=name, source=source)
    return say("setting-taken-back", name=name, value=shown_value(name, before), source=source)


async def _shown(desk: Desk, origin: Origin) -> str:
    """List what holds for a person at a place, each with whom it is from, and what could be set."""
    sources = {word: await desk.store.settings.get(scope_of(word, origin)) for word in _sources(origin)}
    sources["me"] = {name: value for name, value in sources["me"].items() if name in PREFERENCES}
    secret = set() if origin.is_moderator else {setting.name for setting in TABLE if setting.secret}
    lines = [
        say("setting-line", name=name, value=shown_value(name, value), source=_source(word))
        for name, value, word in _in_force(sources, desk.rules.limits)
        if name not in secret
    ]
    offered = [it.name for it in TABLE if origin.is_moderator or it.name in PREFERENCES]
    unset = [name for name in offered if not any(name in values for values in sources.values())]
    return "\n".join([*lines, say("settings-unset", names=", ".join(unset)), *_hints(origin)])


def _sources(origin: Origin) -> list[str]:
    return [word for word in SOURCES if word == "me" or origin.server]


def _in_force(sources: Mapping[str, Mapping[str, object]], operators: Limits) -> Iterator[tuple[str, object, str]]:
    """Yield name, value and source of what is set: the nearest one, and the operator's beside it."""
    names = [setting.name for setting in TABLE]
    names += sorted({name for values in sources.values() for name in values if name.startswith(WHO)})
    for name in names:
        if word := next((word for word, values in sources.items() if name in values), None):
            yield name, sources[word][name], word
    for name in NUMBERS:
        if value := getattr(operators, name):
            yield name, value, OPERATOR
    for name, who in operators.who.items():
        yield f"{WHO}{name}", who, OPERATOR


def _hints(origin: Origin) -> list[str]:
    return [say("settings-hint"), *([say("settings-hint-moderators")] if origin.is_moderator else [])]


def _source(word: str) -> str:
    return say(f"from-{word}")


def shown_value(name: str, value: object) -> str:
    """Write a value as a person reads it."""
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if name in LISTS or isinstance(value, list | tuple):
        words = list(map(str, value)) if isinstance(value, list | tuple) else [str(value)]
        return ", ".join(channel_names(words) if name == "channels" else words)
    return str(value)


BY_COMMAND: dict[str, Answerer] = {SETTINGS.name: _settings}
