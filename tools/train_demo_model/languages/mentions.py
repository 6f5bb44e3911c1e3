"""Which attributes a sentence names."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mentions:
    """Colour and shape are always named; the rest may be left out."""

    size: bool
    place: bool
    background: bool
    texture: bool
    relation: bool


def joined(*parts: str) -> str:
    """Join the parts that are not empty with single spaces, without a space before a comma."""
    return " ".join(part for part in parts if part).replace(" ,", ",")
