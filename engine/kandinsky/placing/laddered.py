"""Draw with a model that is kept on a GPU as far as the memory goes: after an out-of-memory it takes the next rung."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any, Protocol

import structlog
from torch import nn

from engine.catalog import ModelSpec
from engine.errors import EngineError, OutOfMemory, RequestError
from engine.kandinsky.placing import compiling, placing
from engine.kandinsky.placing.budget import UNBOUNDED, Budget
from engine.kandinsky.placing.device import Device, translated_errors
from engine.kandinsky.placing.plan import (
    GIB,
    LADDER,
    NOTHING_ELSE,
    Components,
    Placement,
    Role,
    Rung,
    largest_batch,
    largest_size,
    next_rung,
    place,
    placements,
    too_small,
)
from engine.kandinsky.placing.room import ROOM, Room
from engine.models.model import Drawing, Drawn, Model, OnStep
from engine.requests import AnyRequest
from engine.settings import AUTO, Keeping

# Where the ladder begins that somebody asked for.
FIRST: Mapping[str, Rung] = MappingProxyType(
    {"resident": Rung.RESIDENT, "offload": Rung.MODEL_OFFLOAD, "sequential": Rung.SEQUENTIAL_OFFLOAD}
)
# What the plan counts for a picture is a forward with guidance: one row with what is asked for, one without.
GUIDED_ROWS = 2
log = structlog.get_logger(__name__)


class Placeable(Model, Protocol):
    """Be a model whose networks can be kept in any way."""

    @property
    def pipelines(self) -> list[Any]:
        """List the pipelines that hold its networks."""

    @property
    def networks(self) -> dict[str, nn.Module]:
        """Name the networks that are loaded, as the components of its family are."""

    def prepare(self, request: AnyRequest) -> None:
        """Load what only some modes need, where `request` is of one of them."""


class Laddered:
    """Be a model on a ladder of placements, from the fastest to the thriftiest.

    `free` tells how many bytes the model may have on `device` now, what it holds there included. `known` weighs its
    networks; a network that is not among them is weighed as it is. `others` are what a person could take instead. A
    request that does not fit is tried again on each lower rung; later ones of its size begin there, smaller ones where
    the model was.
    """

    def __init__(
        self, spec: ModelSpec, model: Placeable, device: Device, free: Callable[[], int | None],
        known: Components, keeping: Keeping = AUTO, *, shelved: bool = False,
        others: Mapping[str, Components] = NOTHING_ELSE,
    ) -> None:  # fmt: skip
        """Place the networks; raise `EngineError("device_too_small")` where no rung has room for them."""
        self._spec, self._model, self._device = spec, model, device
        self._budget = Budget(free)
        self._known = known
        self._others = others
        self._keeping = keeping
        self._shelved = shelved
        self._ladder = LADDER[LADDER.index(FIRST.get(keeping.memory, Rung.RESIDENT)) :]
        self._compiled = False
        self._placed: placing.Placed | None = None
        self._plan()

    @property
    def rung(self) -> Rung:
        """Tell how the model is kept now."""
        return self._placement.rung

    @property
    def held_bytes(self) -> int:
        """Count what it holds on the device now."""
        return placing.bytes_on(self._model.networks.values(), self._device)

    @property
    def weight_bytes(self) -> int:
        """Count what has to move when it takes the device: what stays there while it draws."""
        components = self._components()
        return sum(one.weight_bytes for one in components.values() if self.rung.keeps(one.role))

    def enter(self) -> None:
        """Put on the device what is to stay there, on a lower rung where that has no room."""
        if self._placed is None:  # the last request ended without room for it anywhere
            self._settle(self._home)
            return
        try:
            with translated_errors():
                self._placed.enter()
        except OutOfMemory:
            self._settle_below_or_refuse()

    def leave(self) -> None:
        """Take everything off the device; for a model that is shelved."""
        if self._placed:
            with translated_errors():
                self._placed.leave()

    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        """Draw; what finds no room is tried on each lower rung before it is refused. See `engine.models.model.Model`.

        A forward has no more rows than there is room for, so that only a single picture can be too large.
        """
        request = drawings[0].request
        self._prepare(request)
        rung: Rung | None = self._rung_for(request)
        while self._settle(rung):
            if (drawn := self._try(drawings, on_step)) is not None:
                return drawn
            rung = self._next(request)
        raise self._refusal(request)

    def most_pictures(self, request: AnyRequest) -> int:
        """Tell how many pictures of the size of `request` one forward holds on this rung now, at least 1.

        The plan says it, but fewer than ran out of memory before; beyond any number where `free` has no bounds.
        """
        size = self._size(request)
        planned = largest_batch(self._components(), self.rung, self._room(), *size, limit=UNBOUNDED)
        return max(1, min(planned, self._budget.most(self.rung, math.prod(size))))

    def statistics(self) -> Mapping[str, tuple[int, int]]:
        """Tell of the model's caches."""
        return self._model.statistics()

    def _try(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn] | None:
        """Draw, or return `None` where memory ran out."""
        rows = GUIDED_ROWS * self.most_pictures(drawings[0].request)
        told = ROOM.set(Room(rows, moves=not self.rung.keeps(Role.DENOISER)))
        try:
            return self._model.render(drawings, on_step)
        except OutOfMemory:
            self._budget.ran_out(self.rung, math.prod(self._size(drawings[0].request)))
            return None
        finally:
            ROOM.reset(told)

    def _next(self, request: AnyRequest) -> Rung | None:
        """Find the next rung, after memory ran out here."""
        lower = self._below(self.rung, *self._size(request))
        log.warning("out_of_memory", model=self._spec.name, rung=self.rung.value, mode=request.mode, next_rung=lower)
        return lower

    def _prepare(self, request: AnyRequest) -> None:
        known = self._model.networks.keys()
        with translated_errors():
            self._model.prepare(request)
        if self._model.networks.keys() != known:
            self._placed = None
            self._plan()

    def _plan(self) -> None:
        """Choose the rung for pictures of the model's own size, and take it, or one below."""
        self._home = self._first()
        if not self._settle(self._home):
            raise self._too_small()
        self._home = self.rung
        gib = round(self._placement.peak_bytes / GIB, 1)
        log.info("model_placed", model=self._spec.name, rung=self.rung.value, peak_gib=gib, shelved=self._shelved)

    def _first(self) -> Rung:
        if self._keeping.memory != "auto":
            return self._ladder[0]
        size = self._spec.native_size
        try:
            return place(
                self._spec.name, self._components(), self._room(), size, size, ladder=self._ladder, others=self._others
            ).rung
        except RequestError as error:
            log.warning("only_smaller_pictures_fit", model=self._spec.name, facts=error.facts)
            return self._ladder[-1]

    def _rung_for(self, request: AnyRequest) -> Rung:
        """Find the first rung on which nothing as small has failed; the last one is always tried."""
        rung, size = self._home, self._size(request)
        while self._budget.too_many(rung) <= math.prod(size):
            lower = self._below(rung, *size)
            if lower is None:
                break
            rung = lower
        return rung

    def _settle(self, rung: Rung | None) -> bool:
        """Keep the networks on `rung`, or the first below it that they can be moved to; tell whether there is one."""
        size = self._spec.native_size
        while rung and not (self._placed and self.rung is rung) and not self._apply(rung):
            rung = self._below(rung, size, size)
        return rung is not None

    def _settle_below_or_refuse(self) -> None:
        self._placed = None
        if not self._settle(self._below(self.rung, self._spec.native_size, self._spec.native_size)):
            raise self._too_small()

    def _too_small(self) -> EngineError:
        return too_small(self._spec.name, self._components(), self._room(), self._ladder, self._others)

    def _apply(self, rung: Rung) -> bool:
        """Place the networks; tell whether there was room."""
        size, self._placed = self._spec.native_size, None
        self._placement = placements(self._components(), size, size, 1, [rung])[0]
        with suppress(OutOfMemory), translated_errors():
            self._compile_or_not(before=True)
            self._placed = placing.apply(self._model.networks, self._placement, self._device, shelved=self._shelved)
            self._compile_or_not(before=False)
        return self._placed is not None

    def _compile_or_not(self, *, before: bool) -> None:
        """Compile what stays where it is; undo that `before` weights begin to move."""
        fits = self.rung is Rung.RESIDENT and not self._shelved
        if before and self._compiled and not fits:
            compiling.undo(self._model.networks.values())
            self._compiled = False
        if not before and fits and not self._compiled:
            self._compiled = bool(compiling.compile_models(self._model.pipelines, self._keeping.compile))

    def _below(self, rung: Rung, width: int, height: int) -> Rung | None:
        lower = next_rung(Placement(rung, 0, 0), self._components(), width, height, self._ladder)
        return lower.rung if lower else None

    def _components(self) -> Components:
        """Weigh the networks that can move."""
        networks = {name: one for name, one in self._model.networks.items() if not placing.is_fixed(one)}
        return {name: self._known.get(name) or placing.weighed(name, network) for name, network in networks.items()}

    def _room(self) -> int:
        """Count what the networks that can move may have."""
        fixed = [network for network in self._model.networks.values() if placing.is_fixed(network)]
        return self._budget.free_bytes - placing.bytes_on(fixed, self._device)

    def _size(self, request: AnyRequest) -> tuple[int, int]:
        """Tell the size that is drawn at once: an enlarged picture is drawn in tiles of the model's own."""
        native = self._spec.native_size
        return (native, native) if request.in_tiles else (request.width or native, request.height or native)

    def _refusal(self, request: AnyRequest) -> OutOfMemory:
        """Name the largest size that should fit on the last rung, if the person can ask for it."""
        width, height = self._size(request)
        below = min(width * height, self._budget.too_many(self.rung))
        near = largest_size(
            self._components(), self.rung, self._room(), width, height, self._spec.size_multiple,
            self._spec.min_size, below=below,
        )  # fmt: skip
        if near is None or request.sized_by_picture:
            return OutOfMemory()
        return OutOfMemory(
            "too_large_for_device", model=self._spec.name, width=width, height=height,
            near_width=near[0], near_height=near[1],
        )  # fmt: skip
