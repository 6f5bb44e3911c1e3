"""What somebody does, from its beginning to its end: who it is, where, and what holds for them there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from bot.manner import Manner
from bot.rules.policy import Rules
from bot.rules.settings import Settings, settings_of
from bot.surface import Origin
from engine.store.store import Store


@dataclass(frozen=True, slots=True)
class Visit:
    """Hold who asks where, and the settings that hold for them: read once for each thing that they do."""

    origin: Origin
    settings: Settings

    def answered_at(self, address: dict[str, object]) -> Self:
        """Let what is done be answered elsewhere than where it was asked for."""
        return replace(self, origin=replace(self.origin, address=address))

    def manner(self, *, as_file: bool = False) -> Manner:
        """Say how a job is to be answered that is asked for now."""
        return Manner(
            language=self.settings.language,
            private=self.settings.private,
            spoiler=self.settings.spoiler,
            moderated=self.origin.is_moderated,
            adult=self.origin.is_adult and self.settings.adult,
            as_file=as_file,
        )


async def begin_visit(origin: Origin, store: Store, rules: Rules) -> Visit:
    """Begin a visit: read the settings."""
    return Visit(origin, await settings_of(origin, store, rules))
