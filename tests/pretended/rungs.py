"""Draw on a card that is not there with a model that is kept in one of the ways of the ladder."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from engine.kandinsky.families.loaders import components_of
from engine.kandinsky.placing import placing
from engine.kandinsky.placing.laddered import Placeable
from engine.kandinsky.placing.plan import Placement, Rung, placements, with_parts
from engine.models.model import Step
from tests.pretended.card import pretended
from tests.pretended.cases import Case, Log, of_a_step
from tests.pretended.models import DEVICE, SPECS


@dataclass(frozen=True)
class Kept:
    """Hold what was seen: which networks were on the card at a step of the decoder, and the bytes that were taken."""

    whole: set[str]
    most_bytes: int
    waits: Counter[tuple[str, str]]


def plan(name: str, rung: Rung) -> Placement:
    """Say what a model needs on `rung` for a picture of its own size."""
    spec = SPECS[name]
    parts = with_parts(components_of(spec), ("prior", "decoder"))
    [placement] = placements(parts, spec.native_size, spec.native_size, 1, [rung])
    return placement


def kept(model: Placeable, rung: Rung) -> set[str]:
    """Name the networks that stay on the card."""
    return {name for name in model.networks if rung.keeps(placing.role_of(name))}


def on_rung(model: Placeable, case: Case, placement: Placement) -> Kept:
    """Draw where the model is kept as `placement` says, with no more room than that needs."""
    with pretended():
        placing.apply(model.networks, placement, DEVICE)
    there = placing.bytes_on(model.networks.values(), DEVICE)
    with pretended(placement.peak_bytes - there) as card:
        log, whole = Log(card), set[str]()

        def look(step: Step) -> None:
            log(step)
            if step.previews:
                whole.update(_whole(model))

        model.render(case.drawings(placement.rung), look)
    return Kept(whole, there + card.most_bytes, of_a_step(log)[0])


def _whole(model: Placeable) -> set[str]:
    """Name the networks of which more than a thousandth is on the card: some hold little things there all the time."""
    sizes = {name: sum(one.nbytes for one in network.parameters()) for name, network in model.networks.items()}
    return {name for name, one in model.networks.items() if placing.bytes_on([one], DEVICE) > sizes[name] / 1000}
