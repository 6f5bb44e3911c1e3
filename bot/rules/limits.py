"""What may be laid down for others: each limit is named here, once, with what moderators may set it to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from bot.surface import Origin
from engine.request import MAX_STEPS, Value

EVERYONE, MODERATORS = "everyone", "moderators"

# Roles by their ids.
Who = Literal["everyone", "moderators"] | list[str]
Number = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True)
class Range:
    """Say from where to where moderators may set a limit."""

    low: int
    high: int


class CommonLimits(Value):
    """Hold the limits that the operator and moderators can lay down alike; 0 and nothing mean that there is no limit.

    `running` counts a person's waiting and running jobs, `queued` the waiting ones alone, `per_day` pictures since
    midnight UTC. `uploads_per_minute` counts the pictures that a person sends, and what they let look for in one;
    `place_uploads_per_minute` those of all people at a place. `who` says by names of commands and models who may use
    them: everyone, moderators, or roles.
    """

    running: Annotated[Number, Range(1, 1_000)] = 0
    queued: Annotated[Number, Range(1, 1_000)] = 0
    per_day: Annotated[Number, Range(1, 100_000)] = 0
    uploads_per_minute: Annotated[Number, Range(1, 1_000)] = 0
    place_uploads_per_minute: Annotated[Number, Range(1, 10_000)] = 0
    largest_side: Annotated[Number, Range(64, 8_192)] = 0
    most_steps: Annotated[Number, Range(1, MAX_STEPS)] = 0
    blocked_people: list[str] = Field(default_factory=list)
    who: dict[str, Who] = Field(default_factory=dict)


class Limits(CommonLimits):
    """Hold the limits of one place, or, where `is_operators`, those that bind moderators too and count everywhere."""

    channels: list[str] = Field(default_factory=list)
    blocked_words: list[str] = Field(default_factory=list)
    is_operators: bool = False

    def may_use(self, name: str, origin: Origin) -> bool:
        """Tell whether a person may use a command or a model."""
        who = self.who.get(name, EVERYONE)
        if who == EVERYONE or origin.is_moderator:
            return True
        return who != MODERATORS and not origin.roles.isdisjoint(who)

    def counts_for(self, origin: Origin) -> bool:
        """Tell whether a person's pictures are counted: a server's moderators have no quota there."""
        return bool(self.per_day) and (self.is_operators or not origin.is_moderator)


NUMBERS: Mapping[str, Range] = MappingProxyType(
    {name: it for name, field in Limits.model_fields.items() for it in field.metadata if isinstance(it, Range)}
)
LISTS = frozenset(name for name, field in Limits.model_fields.items() if field.annotation == list[str])

# The operator's and those of the place; both must let a request through.
Bounds = tuple[Limits, ...]
