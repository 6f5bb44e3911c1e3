"""What the engine must know of a family: one record, which stands in the family's own folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from engine.catalog import ModelSpec
from engine.kandinsky.families.stock import Stock
from engine.kandinsky.placing.device import Device
from engine.kandinsky.placing.laddered import Placeable
from engine.kandinsky.placing.plan import Components
from engine.settings import AUTO, Keeping


class Load(Protocol):
    """Load a model."""

    def __call__(self, spec: ModelSpec, device: Device, cache_dir: Path, keeping: Keeping = AUTO, /) -> Placeable:
        """Load `spec` onto `device`, building what the bot builds itself in `cache_dir`.

        Raises `ModelMissing` for files that are not there, and `EngineError("quantisation_missing")` where `keeping`
        asks for what the machine cannot do.
        """


@dataclass(frozen=True, slots=True)
class FamilyRecord:
    """Say how the models of a family are loaded, what their networks weigh, and what they are measured against.

    `components` are for the plan of memory, by names such as "decoder.unet"; a network that is not among them is
    weighed when it is loaded, without what it computes with. Without `stock` a model cannot be benchmarked.
    """

    load: Load
    components: Components = field(default_factory=dict)
    stock: Stock | None = None
