"""Tell how much was drawn, how long it took and what it cost. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from bot.rules.policy import Rules
from bot.words.localisation import say
from engine.store.store import Statistics


def table(spans: Iterable[tuple[int | None, Statistics]], is_server: bool, rules: Rules) -> str:
    """Say the numbers of each span of days, a paragraph each; `None` is since ever."""
    head = say("stats-server") if is_server else say("stats-own")
    told = [f"{_span(days)} {_numbers(numbers, rules)}" for days, numbers in spans]
    return "\n".join([head, *told, *([say("stats-hint")] if rules.hourly_rate else [])])


def _span(days: int | None) -> str:
    if days is None:
        return say("stats-all")
    return say("stats-day") if days == 1 else say("stats-days", days=days)


def _numbers(numbers: Statistics, rules: Rules) -> str:
    if not numbers.jobs:
        return say("stats-nothing")
    parts = [say("stats-pictures", pictures=numbers.pictures), say("stats-failed", failed=numbers.failed)]
    if numbers.wait_s is not None and numbers.wait_p90_s is not None:
        parts.append(say("stats-wait", median=duration(numbers.wait_s), most=duration(numbers.wait_p90_s)))
    parts.append(say("stats-device", time=duration(numbers.seconds)))
    if rules.hourly_rate and numbers.pictures:
        cost = numbers.seconds / 3600 * rules.hourly_rate
        each = money(cost / numbers.pictures)
        parts.append(say("stats-cost", cost=money(cost), each=each, currency=rules.currency))
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """Say a time in the unit that suits it."""
    if seconds < 10:
        return say("seconds-exact", seconds=round(seconds, 1))
    if seconds < 120:
        return say("seconds", seconds=round(seconds))
    return say("minutes", minutes=round(seconds / 60)) if seconds < 7200 else say("hours", hours=round(seconds / 3600))


def money(amount: float) -> str:
    """Write an amount to the hundredth, and what is less than one to its second figure: 0.0034."""
    return f"{amount:.2f}" if amount >= 1 or not amount else f"{amount:.2g}" if amount >= 1e-4 else f"{amount:.6f}"
