"""Choose who is drawn together: who begins at once, and who joins what is being drawn. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from engine.dispatch.live import Live

# Tells how many more jobs of an owner may be drawn.
Allowed = Callable[[str], float]


def are_alike(first: Live, live: Live) -> bool:
    """Tell whether another job can be drawn together with `first`.

    A job whose worker died runs alone, so that it can take no other down.
    """
    key = first.job.request.batch_key()
    alone = first.crashes or live.crashes
    return live is not first and not alone and key is not None and live.job.request.batch_key() == key


def beginners(first: Live, waiting: Iterable[Live], room: int, allowed: Allowed) -> list[Live]:
    """Collect `first` and those of `waiting` that can be drawn together with it, `room` pictures in all."""
    return _collected([first], first, waiting, room, allowed)


def joiners(drawn: Sequence[Live], first: Live, waiting: Sequence[Live], room: int, allowed: Allowed) -> list[Live]:
    """Collect those of `waiting` that can join what is `drawn`, `room` pictures in all.

    Nobody makes `first`, whose turn it is, wait longer: where it cannot join itself, others do only if they make no
    more steps than those that are drawn anyway. (It is what batch systems call backfilling.)
    """
    fits = first.job.request.count <= room and are_alike(drawn[0], first)
    longest = max(live.steps_left for live in drawn)
    short = waiting if fits else [live for live in waiting if live.steps_left <= longest]
    return _collected([], drawn[0], [first, *short] if fits else short, room, allowed)


def _collected(
    batch: list[Live], like: Live, waiting: Iterable[Live], room: int, allowed: Allowed
) -> list[Live]:  # fmt: skip
    for live in waiting:
        pictures = live.job.request.count + sum(other.job.request.count for other in batch)
        mine = sum(other.job.owner == live.job.owner for other in batch)
        if live not in batch and pictures <= room and mine < allowed(live.job.owner) and are_alike(like, live):
            batch.append(live)
    return batch
