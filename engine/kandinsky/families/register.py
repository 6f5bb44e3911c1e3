"""The families of models: a new one is a folder beside this file, and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.kandinsky.families import kandinsky_2_1, kandinsky_2_2, kandinsky_3
from engine.kandinsky.families.record import FamilyRecord

# By `ModelSpec.family`; several models may be of one family.
FAMILIES: Mapping[str, FamilyRecord] = MappingProxyType(
    {
        "kandinsky-2-1": kandinsky_2_1.FAMILY,
        "kandinsky-2-2": kandinsky_2_2.FAMILY,
        "kandinsky-3": kandinsky_3.FAMILY,
    }
)
