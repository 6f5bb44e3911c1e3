"""Draw with Kandinsky 2.1."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from engine.catalog import ModelSpec
from engine.kandinsky.families.kandinsky_2.model import Kandinsky2
from engine.kandinsky.families.kandinsky_2.prior import Prior
from engine.kandinsky.families.kandinsky_2_1.decoder import Decoder21
from engine.kandinsky.placing.device import Device
from engine.settings import AUTO, Keeping


class Kandinsky21(Kandinsky2):
    """Draw with Kandinsky 2.1."""

    @classmethod
    def load(cls, spec: ModelSpec, device: Device, _cache_dir: Path, _keeping: Keeping = AUTO) -> Self:
        """Load `spec` onto `device`."""
        return cls(spec, device, Prior.load(spec, device), Decoder21.load(spec, device))
