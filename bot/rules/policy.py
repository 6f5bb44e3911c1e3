"""Who may ask for what, where, and how much: the operator's limits and those of a place. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.commands.table import DRAWING_COMMANDS
from bot.rules.limits import Bounds, Limits
from bot.rules.moderation import blocked_word
from bot.surface import Origin
from engine.catalog import ModelSpec
from engine.errors import RequestError
from engine.jobs import DAY_S
from engine.requests import AnyRequest
from engine.settings import Action

# Whoever is blocked or in the wrong channel may still stop, delete, and learn about what is theirs.
ALWAYS_ALLOWED = frozenset({"help", "start", "settings", "privacy", "queue", "cancel", "delete", "report", "audit"})
_COMMAND_OF = MappingProxyType({command.request: command.name for command in DRAWING_COMMANDS})


@dataclass(frozen=True, slots=True)
class Rules:
    """Hold what the operator lays down in the configuration.

    `action` is what is done with a flagged picture. `hourly_rate` is what an hour of the device costs in `currency`;
    0 `retention_days` keep jobs for ever.
    """

    limits: Limits = field(default_factory=lambda: Limits(is_operators=True))
    action: Action = "blur"
    hourly_rate: float = 0.0
    currency: str = "EUR"
    retention_days: float = 0.0


@dataclass(frozen=True, slots=True)
class Use:
    """Count a person's waiting and running jobs, and the pictures of this day, as one of the limits counts them."""

    queued: int = 0
    running: int = 0
    pictures: int = 0


def check_access(command: str, origin: Origin, bounds: Bounds) -> None:
    """Raise `RequestError` where this person may not use the command, or nobody may at this place."""
    for limits in bounds:
        if origin.owner in limits.blocked_people:
            raise RequestError("person_blocked")
        if limits.channels and origin.place not in limits.channels:
            raise RequestError("not_allowed_here", channels=channel_names(limits.channels))
        if not limits.may_use(command, origin):
            raise RequestError("command_not_allowed", command=command)


def check_words(texts: Collection[str], bounds: Bounds) -> None:
    """Raise `RequestError` where a text holds a blocked word; its fact `word` is for moderators only.

    The operator's words are told to nobody.
    """
    for limits in bounds:
        if limits.blocked_words and (word := blocked_word(texts, limits.blocked_words)):
            raise RequestError("prompt_blocked", word="" if limits.is_operators else word)


def check_request(request: AnyRequest, origin: Origin, bounds: Bounds, models: Sequence[str]) -> None:
    """Raise `RequestError` where a complete request is beyond a limit; `models` are those that there are."""
    check_words(texts_of(request), bounds)
    for limits in bounds:
        if (command := _COMMAND_OF.get(type(request))) and not limits.may_use(command, origin):
            raise RequestError("command_not_allowed", command=command)
        if not limits.may_use(request.model, origin):
            allowed = [model for model in models if may_use_model(model, origin, bounds)]
            raise RequestError("model_not_allowed", model=request.model, allowed=allowed or ["-"])
        side, steps = max(request.width or 0, request.height or 0), request.steps or 0
        if limits.largest_side and side > limits.largest_side:
            raise RequestError("side_limit", width=request.width, height=request.height, limit=limits.largest_side)
        if limits.most_steps and steps > limits.most_steps:
            raise RequestError("steps_limit", steps=steps, limit=limits.most_steps)


def check_use(pictures: int, origin: Origin, limits: Limits, use: Use, now: float) -> None:
    """Raise `RequestError` where a person has enough in the queue, or `pictures` more are too many for today."""
    if limits.queued and use.queued >= limits.queued:
        raise RequestError("too_many_waiting", waiting=use.queued, limit=limits.queued)
    if limits.running and use.queued + use.running >= limits.running:
        raise RequestError("too_many_running", running=use.queued + use.running, limit=limits.running)
    if limits.counts_for(origin) and use.pictures + pictures > limits.per_day:
        hours = math.ceil((midnight(now) + DAY_S - now) / 3600)
        left = max(0, limits.per_day - use.pictures)
        raise RequestError("daily_quota", limit=limits.per_day, used=use.pictures, left=left, hours=hours)


def may_use_model(model: str, origin: Origin, bounds: Bounds) -> bool:
    """Tell whether a person may use a model."""
    return all(limits.may_use(model, origin) for limits in bounds)


def lowered(request: AnyRequest, given: Collection[str], model: ModelSpec, bounds: Bounds) -> AnyRequest:
    """Lower to the limits what the person did not ask for: the model's own number of steps, its own size."""
    changes: dict[str, int] = {}
    steps, side = least(bounds, "most_steps"), least(bounds, "largest_side")
    if steps and "steps" not in given and (request.steps or 0) > steps:
        changes["steps"] = steps
    width, height = request.width or 0, request.height or 0
    if side and "size" not in given and max(width, height) > side and not request.sized_by_picture:
        changes["width"], changes["height"] = _within(side, width, height, model)
    return request.model_copy(update=changes)


def least(bounds: Bounds, name: str) -> int:
    """Return the strictest of the limits called `name`, 0 where there is none."""
    return min((value for limits in bounds if (value := int(getattr(limits, name)))), default=0)


def texts_of(request: AnyRequest) -> list[str]:
    """List every word of a request that its person wrote."""
    return [*request.texts(), request.negative_prompt, request.caption]


def midnight(now: float) -> float:
    """Return when the day of `now` began, UTC, in seconds since the epoch."""
    return now - now % DAY_S


def channel_names(places: Collection[str]) -> list[str]:
    """Name channels by the last part of their places."""
    return [place.rpartition("/")[2] for place in places]


def _within(side: int, width: int, height: int, model: ModelSpec) -> tuple[int, int]:
    """Find a size of about the same ratio whose sides are no longer than `side`, or the least that the model makes."""
    scale, step = side / max(width, height), model.size_multiple
    near = model.nearest_size(max(1, round(width * scale)), max(1, round(height * scale)))
    return tuple(max(model.min_size, min(each, side // step * step)) for each in near)  # type: ignore[return-value]
