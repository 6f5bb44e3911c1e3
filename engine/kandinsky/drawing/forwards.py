"""Compute the forwards of networks: those that several requests ask for at the time as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import structlog
import torch
from torch import Tensor
from torch.nn.functional import pad
from torch.utils._pytree import tree_map

from engine.errors import OutOfMemory
from engine.kandinsky.placing.device import translated_errors
from engine.kandinsky.placing.kernels import choose_kernels
from engine.kandinsky.placing.room import ROOM
from engine.models.company import Ask, Turn, ask

log = structlog.get_logger(__name__)

# What a network is told of texts, [rows, tokens, ...]: of different lengths, where nothing stands for no token.
TEXTS = frozenset({"encoder_hidden_states", "encoder_attention_mask"})
# How many rows of a kind a network has room for, where more ran out of memory.
_room: WeakKeyDictionary[Any, dict[object, int]] = WeakKeyDictionary()


class Rows(NamedTuple):
    """Hold what a network is given for some rows of a batch: each tensor has an entry for each of them."""

    sample: Tensor
    timestep: Tensor
    conditions: Mapping[str, Any]
    most: int | None

    @property
    def kind(self) -> object:
        """Tell what can be computed by one forward."""
        told = {name: tree_map(_shape, value) for name, value in self.conditions.items() if name not in TEXTS}
        return str((_shape(self.sample), told))


def forward(
    network: Any, sample: Tensor, timestep: Tensor, conditions: Mapping[str, Any], *, first: bool = False
) -> Tensor:
    """Compute `network` for the rows of `sample`, float [rows, ...], all at one time step, and their `conditions`.

    Everybody in the company who asks the same network for rows of the same shapes is answered by one forward, before
    any other where it comes `first`. Where the memory has no room for all rows, there are several. Raises
    `OutOfMemory` where it has none for a single one.
    """
    room = ROOM.get()
    rows = Rows(sample, timestep.expand(len(sample)), conditions, room.rows)
    turn = Turn.FIRST if first else Turn.KEPT if room.moves else Turn.FAIR
    answer: Tensor = ask(Ask((id(network), rows.kind), rows, partial(_together, network), turn, len(sample)))
    return answer


def _together(network: Any, asked: Sequence[Rows]) -> Sequence[Tensor]:
    """Answer everybody with their part of what is computed for all rows."""
    rows = asked[0] if len(asked) == 1 else _joined(asked)
    return torch.split(_computed(network, rows), [len(each.sample) for each in asked])


def _joined(asked: Sequence[Rows]) -> Rows:
    conditions = {name: _rows(name, [each.conditions[name] for each in asked]) for name in asked[0].conditions}
    bounds = [each.most for each in asked if each.most is not None]
    sample, timestep = (torch.cat([getattr(each, name) for each in asked]) for name in ("sample", "timestep"))
    return Rows(sample, timestep, conditions, min(bounds, default=None))


def _rows(name: str, values: Sequence[Any]) -> Any:
    """Put what everybody gave under one name into one tensor, or a dictionary of them."""
    if name in TEXTS and values[0] is not None:
        tokens = max(value.shape[1] for value in values)
        values = [pad(value, (0, 0) * (value.ndim - 2) + (0, tokens - value.shape[1])) for value in values]
    return tree_map(lambda *each: None if each[0] is None else torch.cat(each), *values)


def _computed(network: Any, rows: Rows) -> Tensor:
    """Compute as many rows at once as there is room for."""
    count = len(rows.sample)
    return _in_parts(network, rows, min(count, rows.most or count, _room_of(network).get(rows.kind, count)))


def _in_parts(network: Any, rows: Rows, most: int) -> Tensor:
    """Compute `most` rows at once, or fewer, and remember with how many it went well where more ran out of memory."""
    try:
        parts = [_part(rows, slice(at, at + most)) for at in range(0, len(rows.sample), most)]
        return torch.cat([_at_once(network, part) for part in parts])
    except OutOfMemory:
        if most == 1:
            raise
    computed, room = _in_parts(network, rows, most // 2), _room_of(network)
    room[rows.kind] = min(most // 2, room.get(rows.kind, most))
    log.warning("fewer_rows_at_once", rows=room[rows.kind], size=tuple(rows.sample.shape[1:]))
    return computed


def _room_of(network: Any) -> dict[object, int]:
    return _room.setdefault(network, {})


@translated_errors()
@torch.inference_mode()
def _at_once(network: Any, rows: Rows) -> Tensor:
    choose_kernels(network, rows.sample)
    computed: Tensor = network(rows.sample, rows.timestep, return_dict=False, **rows.conditions)[0]
    return computed


def _part(rows: Rows, part: slice) -> Rows:
    conditions = tree_map(lambda each: None if each is None else each[part], rows.conditions)
    return Rows(rows.sample[part], rows.timestep[part], conditions, rows.most)


def _shape(value: Tensor | None) -> object:
    return None if value is None else (tuple(value.shape[1:]), value.dtype)
