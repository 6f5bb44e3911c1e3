"""What people, places and servers set for themselves: the nearest one counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pydantic import ValidationError

from bot.commands.requesting import NO_STYLE, Styles, parse_size
from bot.commands.table import Command, Invocation
from bot.rules.limits import LISTS, MODERATORS, NUMBERS, Bounds, Limits
from bot.rules.policy import Rules, least, may_use_model
from bot.surface import Origin
from bot.words.localisation import language_of
from engine.catalog import Catalog, ModelSpec
from engine.errors import RequestError
from engine.store.store import Store

# What stands in for an option of a command that draws, where the person gives none.
DEFAULTS = ("model", "size", "count", "style")
# What people may set for themselves; everything else is a limit, which moderators set for others.
PREFERENCES = (*DEFAULTS, "language", "private", "spoiler")
WHO = "who-"


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold what holds for one person at one place.

    `language` is what to speak, `private` whether answers are for the person alone, `spoiler` whether pictures are
    covered, `adult` whether flagged pictures may be seen where only adults are; `defaults` are values of options by
    their names, `bounds` the limits.
    """

    language: str = "en"
    private: bool = False
    spoiler: bool = False
    adult: bool = True
    defaults: Mapping[str, object] = field(default_factory=dict)
    bounds: Bounds = ()

    def fill(self, invocation: Invocation, catalog: Catalog, styles: Styles, origin: Origin) -> Invocation:
        """Let the defaults stand in for options that the command takes and that were not given.

        A default that does not fit here is passed by: a model that is gone or cannot do this, a size that the model
        cannot draw or that is beyond a limit, a style that is gone. An earlier job that is drawn again keeps its own.
        """
        command = invocation.command
        if not command.request:
            return invocation
        given = {name: value for name, value in invocation.options.items() if value is not None}
        open_names = {option.name for option in command.options} - given.keys()
        filled = {name: value for name, value in self.defaults.items() if name in open_names}
        if "model" not in given:
            filled["model"] = self._model(invocation, catalog, origin)
        model = str(given.get("model", filled.get("model")))
        if "size" in filled and not self._fits(str(filled["size"]), command, catalog, model):
            del filled["size"]
        if "style" in filled and str(filled["style"]) not in {*styles, NO_STYLE}:
            del filled["style"]
        return replace(invocation, options={**invocation.options, **filled})

    def _model(self, invocation: Invocation, catalog: Catalog, origin: Origin) -> str:
        """Choose the model where the person names none: the default one, or the first that they may use for this."""
        wanted = [str(self.defaults.get("model", "")), catalog.default, *catalog.names()]
        able = {model.name for model in catalog.models() if _is_able(model, invocation)}
        return next((it for it in wanted if it in able and may_use_model(it, origin, self.bounds)), catalog.default)

    def _fits(self, size: str, command: Command, catalog: Catalog, model: str) -> bool:
        """Tell whether a size can be a command's where none is given; what is drawn of a picture has the picture's."""
        if any(option.field == "picture" for option in command.pictures) or model not in catalog.names():
            return False
        side = least(self.bounds, "largest_side")
        try:
            width, height = parse_size(size, catalog[model])
            catalog[model].check_size(width, height)
        except RequestError:
            return False
        return not side or max(width, height) <= side


def _is_able(model: ModelSpec, invocation: Invocation) -> bool:
    """Tell whether a model can do what a command asks for, with the pictures that came with it."""
    kind = invocation.command.request
    assert kind  # noqa: S101 - only commands that draw have defaults
    has_pictures = bool(invocation.all_pictures or invocation.options.get("of"))
    takes = model.mixes_pictures or not (has_pictures and kind.has_parts)
    return takes and kind.model_fields["mode"].default in model.modes


async def settings_of(origin: Origin, store: Store, rules: Rules) -> Settings:
    """Read what holds for `origin`: a person's own settings, else those of the place, else the server's.

    Limits are never a person's own; the operator's hold beside those of the place and the server.
    """
    *scopes, personal = [*shared_scopes(origin), f"owner:{origin.owner}"]
    kept = await store.settings.among([*scopes, personal])
    shared = {name: value for scope in scopes for name, value in kept[scope].items()}
    own = kept[personal]
    values = {**shared, **{name: value for name, value in own.items() if name in PREFERENCES}}
    return Settings(
        language=language_of(str(values.get("language") or origin.locale or "")),
        private=bool(values.get("private", False)),
        spoiler=bool(values.get("spoiler", False)),
        adult=bool(values.get("adult", True)),
        defaults={name: values[name] for name in DEFAULTS if name in values},
        bounds=(rules.limits, limits_of(shared)),
    )


def limits_of(values: Mapping[str, object]) -> Limits:
    """Read limits as they are kept.

    One that cannot be read, whoever wrote it, counts for nothing; what it would keep for some is for moderators.
    """
    who = {name.removeprefix(WHO): value for name, value in values.items() if name.startswith(WHO)}
    kept = {name: value for name, value in values.items() if name in LISTS | NUMBERS.keys()}
    try:
        return Limits.model_validate({**kept, "who": who})
    except ValidationError as error:
        wrong = {it["loc"][:2] for it in error.errors()}
    readable = {name: value for name, value in kept.items() if name not in {place[0] for place in wrong}}
    closed = {name: MODERATORS if ("who", name) in wrong else value for name, value in who.items()}
    return Limits.model_validate({**readable, "who": closed})


def shared_scopes(origin: Origin) -> list[str]:
    """List the scopes that a place shares with others, the nearest last."""
    return [f"server:{origin.server}", f"place:{origin.place}"] if origin.server else []


def scope_of(word: str, origin: Origin) -> str:
    """Name the scope that a word of `commands.SCOPES` means; a person's own chat is the person.

    Raises `RequestError` for a server where there is none.
    """
    if word == "server" and not origin.server:
        raise RequestError("no_server_here")
    if not origin.server:
        return f"owner:{origin.owner}"
    return {"me": f"owner:{origin.owner}", "here": f"place:{origin.place}", "server": f"server:{origin.server}"}[word]
