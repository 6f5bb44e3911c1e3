"""Draw with Kandinsky 2.2."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Self

from engine.catalog import ModelSpec
from engine.kandinsky.embedded import embedded
from engine.kandinsky.families.kandinsky_2.model import Kandinsky2
from engine.kandinsky.families.kandinsky_2.prior import Prior
from engine.kandinsky.families.kandinsky_2_2.decoder import Decoder22
from engine.kandinsky.placing.device import Device
from engine.settings import AUTO, Keeping


class Kandinsky22(Kandinsky2):
    """Draw with Kandinsky 2.2, or with the embedded model, which is a small one."""

    @classmethod
    def load(cls, spec: ModelSpec, device: Device, cache_dir: Path, _keeping: Keeping = AUTO) -> Self:
        """Load `spec` onto `device`; one without repositories is the embedded model."""
        spec = replace(spec, repositories=spec.repositories or embedded.repositories(cache_dir))
        return cls(spec, device, Prior.load(spec, device), Decoder22.load(spec, device))
