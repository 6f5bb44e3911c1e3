"""In which manner a job is answered, as it was when it was asked for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Protocol, Self


class Addressed(Protocol):
    """Be what is answered at an address: a job, or the promise of one."""

    @property
    def address(self) -> dict[str, object]:
        """Say where and how it is answered."""


@dataclass(frozen=True, slots=True)
class Manner:
    """Say how a job is answered; it is kept beside the surface's own address, under names of its own.

    `language` is what its person is spoken to in, `private` whether the answer is for them alone, `spoiler` whether the
    pictures are covered, `moderated` whether a report reaches somebody, `adult` whether flagged pictures may be seen,
    `as_file` whether every byte is wanted.
    """

    language: str = ""
    private: bool = False
    spoiler: bool = False
    moderated: bool = True
    adult: bool = False
    as_file: bool = False

    @classmethod
    def of(cls, job: Addressed) -> Self:
        """Read it back from what is stored; a job of an older version may lack what came later."""
        return cls(**{name: job.address[name] for name in _NAMES if name in job.address})  # type: ignore[arg-type]

    def beside(self, address: dict[str, object]) -> dict[str, object]:
        """Return what is stored of a job: where it is answered, and how."""
        return {**address, **asdict(self)}


_NAMES = tuple(field.name for field in fields(Manner))
