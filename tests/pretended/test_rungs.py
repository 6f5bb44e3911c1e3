"""Every way of keeping a model, on a card that is not there: what is on it, what it needs at most, what waits."""

from functools import cache

import pytest

from engine.errors import OutOfMemory
from engine.kandinsky.placing import placing
from engine.kandinsky.placing.laddered import Placeable
from engine.kandinsky.placing.plan import FRAGMENTATION, WORKSPACE_BYTES, Placement, Rung
from tests.pretended.card import pretended
from tests.pretended.cases import Case
from tests.pretended.models import DEVICE, SPECS, model, placed
from tests.pretended.rungs import kept, on_rung, plan

# Of what the plan counts, without its tenth for what an allocator cannot use and its half GiB for workspaces.
MARGIN = 0.05
EVERY = [
    ("kandinsky-2-1", Rung.RESIDENT),
    ("kandinsky-2-2", Rung.ENCODERS_STREAMED),
    ("kandinsky-2-2", Rung.MODEL_OFFLOAD),
    ("kandinsky-3", Rung.MODEL_OFFLOAD_TILED),
    ("kandinsky-2-2", Rung.SEQUENTIAL_OFFLOAD),
    ("kandinsky-3", Rung.SEQUENTIAL_OFFLOAD_TILED),
]


@cache
def held(name: str) -> Placeable:
    return model(SPECS[name])


@pytest.mark.parametrize(("name", "rung"), EVERY, ids=str)
def test_what_is_not_in_use_is_off_the_card_which_needs_what_was_planned(name: str, rung: Rung) -> None:
    placement, case = plan(name, rung), Case(name, "text2img")
    found = on_rung(held(name), case, placement)
    at_work = set() if rung.streams(placing.role_of("unet")) else {"decoder.unet"}
    assert found.whole == kept(held(name), rung) | at_work
    planned = (placement.peak_bytes - WORKSPACE_BYTES) / FRAGMENTATION
    assert found.most_bytes == pytest.approx(planned, rel=MARGIN)
    assert found.waits == {}


def test_a_way_that_keeps_too_much_finds_no_room() -> None:
    """Shows that the card is full where more is on it than was planned."""
    name = "kandinsky-2-2"
    room = plan(name, Rung.MODEL_OFFLOAD).peak_bytes
    resident = Placement(Rung.RESIDENT, room, 0)
    with pytest.raises(OutOfMemory):
        on_rung(held(name), Case(name, "text2img"), resident)


def test_on_a_card_that_is_smaller_than_it_says_the_next_way_is_taken() -> None:
    name = "kandinsky-2-2"
    room = plan(name, Rung.ENCODERS_STREAMED).peak_bytes
    with pretended():
        placing.apply(held(name).networks, plan(name, Rung.SEQUENTIAL_OFFLOAD), DEVICE)
    with pretended(room) as card:
        laddered = placed(held(name), SPECS[name])
        [done] = laddered.render(Case(name, "text2img").drawings("small"), lambda _step: None)
    assert (laddered.rung, len(done.images)) == (Rung.ENCODERS_STREAMED, 1)
    assert card.most_bytes <= room
