"""The families of models: a new one is a folder beside this file, and a line here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from engine.kandinsky.families.record import FamilyRecord


class Families(Mapping[str, FamilyRecord]):
    """Import a family when its record is first asked for: each brings parts of libraries that others do without."""

    def __init__(self, folders: Mapping[str, str]) -> None:
        self._folders = folders

    def __getitem__(self, name: str) -> FamilyRecord:
        record: FamilyRecord = import_module(f"{__package__}.{self._folders[name]}").FAMILY
        return record

    def __iter__(self) -> Iterator[str]:
        return iter(self._folders)

    def __len__(self) -> int:
        return len(self._folders)


# By `ModelSpec.family`; several models may be of one family.
FAMILIES = Families(
    {
        "kandinsky-2-1": "kandinsky_2_1",
        "kandinsky-2-2": "kandinsky_2_2",
        "kandinsky-3": "kandinsky_3",
    }
)
