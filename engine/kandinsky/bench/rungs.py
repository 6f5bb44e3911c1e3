"""Measure what a picture takes on each rung of the ladder, on a card that is limited to the memory of smaller ones."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol, cast

import torch

from engine.catalog import ModelSpec
from engine.errors import EngineError, OutOfMemory
from engine.kandinsky.bench.sides import Source, draw, engine_side
from engine.kandinsky.bench.subject import PROMPT, Conditions, Plan, Subject
from engine.kandinsky.families.loaders import components_of
from engine.kandinsky.placing import placing
from engine.kandinsky.placing.device import translated_errors, use_all_cores
from engine.kandinsky.placing.laddered import Placeable
from engine.kandinsky.placing.loading import keep_libraries_quiet
from engine.kandinsky.placing.plan import (
    GIB,
    LADDER,
    Components,
    Placement,
    Rung,
    peak_bytes,
    place,
    placements,
    with_parts,
)

CARDS_GIB = (48, 24, 16, 12, 8)
OWN_GIB = 0.75  # of a card: the driver, the CUDA context, a desktop's pictures
STEPS = 2  # each step takes what the one before took


@dataclass(frozen=True, slots=True)
class RungPeak:
    """Hold what one picture took on a rung, on a card of `card_gib`, beside what the plan says of it.

    `peak_gib` are the bytes of tensors at most, `reserved_gib` what the allocator held for them, and `ratio` the first
    over the plan; all are none where memory ran out. `chosen` says that the plan takes this rung on such a card.
    """

    card_gib: int
    rung: str
    chosen: bool
    planned_gib: float
    peak_gib: float | None
    reserved_gib: float | None
    ratio: float | None


@dataclass(frozen=True, slots=True)
class RungsReport:
    """Hold what was measured of each rung so far; `conditions.steps` are few, for each takes the same memory."""

    conditions: Conditions
    rungs: tuple[RungPeak, ...]


class Card(Protocol):
    """Be a card whose memory can be limited."""

    @property
    def total_bytes(self) -> int:
        """Tell what it has in all."""

    def limit(self, size_bytes: int | None) -> None:
        """Let this process have no more than `size_bytes`, or all; forget the peaks so far."""

    def peaks(self) -> tuple[int, int]:
        """Tell the bytes of tensors, and those held for them, at most since the limit was set."""


class Gpu:
    """Be the `Card` that this process draws on."""

    def __init__(self) -> None:
        """Raise `EngineError("no_card")` where there is none."""
        if not torch.cuda.is_available():
            raise EngineError("no_card")
        self.total_bytes = torch.cuda.get_device_properties(0).total_memory

    def limit(self, size_bytes: int | None) -> None:
        """Limit the allocator, which counts what it holds, with nothing held in vain."""
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        torch.cuda.set_per_process_memory_fraction((size_bytes or self.total_bytes) / self.total_bytes)

    def peaks(self) -> tuple[int, int]:
        """Ask the allocator."""
        torch.cuda.synchronize()
        return torch.cuda.max_memory_allocated(), torch.cuda.max_memory_reserved()


def measure(plan: Plan, say: Callable[[str], None], card: Card | None = None) -> Iterator[RungsReport]:
    """Draw one picture on each rung on each card, and report anew after each.

    Raises `EngineError("no_card")` on a CPU, before anything is read, `RequestError` for a size that the model does not
    draw, and what loading raises.
    """
    use_all_cores()
    keep_libraries_quiet()
    subject = Subject(_short(plan))
    if card is None and not subject.source.device.is_cuda:
        raise EngineError("no_card")
    ladder = _Ladder(subject, card or Gpu())
    cards = [card_gib for card_gib in CARDS_GIB if card_gib * GIB <= ladder.card.total_bytes]
    found: list[RungPeak] = []
    for rung in LADDER:
        for card_gib in cards:
            say(f"{rung.value}, on {card_gib} GiB")
            found.append(ladder.look(rung, card_gib))
            yield RungsReport(subject.conditions(), tuple(found))


def _short(plan: Plan) -> Plan:
    return replace(plan, spec=replace(plan.spec, prior_steps=STEPS), steps=STEPS, rounds=1)


class _Ladder:
    """Put one model on one rung after the other."""

    def __init__(self, subject: Subject, card: Card) -> None:
        self.card = card
        self._subject = subject
        self._device = subject.source.device
        self._model = cast("Placeable", engine_side(_read_where_it_fits(subject, card)))
        self._components = _weighed(subject.plan.spec, self._model)
        self._pictures = 0

    def look(self, rung: Rung, card_gib: int) -> RungPeak:
        """Draw a picture with the model on `rung`, on a card of `card_gib`."""
        room = round((card_gib - OWN_GIB) * GIB)
        [placement] = placements(self._components, *self._subject.size, ladder=[rung])
        planned, peaks = placement.peak_bytes / GIB, self._peaks(placement, room)
        peak_gib, reserved_gib = (each / GIB for each in peaks) if peaks else (None, None)
        ratio = peak_gib / planned if peak_gib is not None else None
        return RungPeak(card_gib, rung.value, self._chosen(room) is rung, planned, peak_gib, reserved_gib, ratio)

    def _peaks(self, placement: Placement, room: int) -> tuple[int, int] | None:
        """Tell what a picture takes at most, or `None` where memory runs out."""
        self._pictures += 1  # words that were encoded before would not be encoded again
        try:
            with translated_errors():
                placing.apply(self._model.networks, placement, self._device)
            self.card.limit(room)
            draw(self._model, self._subject.requests(1, prompt=f"{PROMPT} {self._pictures}"))
            return self.card.peaks()
        except OutOfMemory:
            return None
        finally:
            placing.release(self._model.networks.values())
            self.card.limit(None)

    def _chosen(self, room: int) -> Rung | None:
        try:
            return place("", self._components, room, *self._subject.size).rung
        except EngineError:
            return None


def _read_where_it_fits(subject: Subject, card: Card) -> Source:
    """Read a model onto the card, where random weights are made in no time, unless it is larger than that."""
    source = subject.source
    model = with_parts(components_of(source.spec), ("prior", "decoder"))
    fits = peak_bytes(model, Rung.RESIDENT, *subject.size) <= card.total_bytes
    return source if fits else replace(source, device=replace(source.device, kept_on="cpu"))


def _weighed(spec: ModelSpec, model: Placeable) -> Components:
    known = components_of(spec)
    return {name: known.get(name) or placing.weighed(name, network) for name, network in model.networks.items()}
