"""What people, places and servers set for themselves: the nearest one counts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.commands import Invocation
from bot.localisation import language_of
from bot.surface import Origin
from engine.store import Store

# What stands in for an option of a command that draws, where the person gives none.
DEFAULTS = ("model", "size", "count", "style")


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold what holds for one person at one place.

    `language` is what to speak, `private` whether answers are for the person alone, `spoiler` whether pictures are
    covered; `defaults` are values of options by their names.
    """

    language: str = "en"
    private: bool = False
    spoiler: bool = False
    defaults: dict[str, object] = field(default_factory=dict)

    def fill(self, invocation: Invocation) -> Invocation:
        """Let the defaults stand in for options that the command takes and that were not given."""
        takes = {option.name for option in invocation.command.options}
        given = {name for name, value in invocation.options.items() if value is not None}
        filled = {name: value for name, value in self.defaults.items() if name in takes - given}
        return replace(invocation, options={**invocation.options, **filled})


async def settings_of(origin: Origin, store: Store) -> Settings:
    """Read what holds for `origin`: a person's own settings, else those of the place, else the server's."""
    values: dict[str, object] = {}
    for scope in scopes_of(origin):
        values |= await store.settings.get(scope)
    return Settings(
        language=language_of(str(values.get("language") or origin.locale or "")),
        private=bool(values.get("private", False)),
        spoiler=bool(values.get("spoiler", False)),
        defaults={name: values[name] for name in DEFAULTS if name in values},
    )


def scopes_of(origin: Origin) -> list[str]:
    """List the scopes that hold for `origin`, the nearest last."""
    server = [f"server:{origin.server}"] if origin.server else []
    return [*server, f"place:{origin.place}", f"owner:{origin.owner}"]
