"""How many pictures one forward holds: as many as were planned, but fewer than ran out of memory."""

import pytest

from engine.catalog import ModelSpec
from engine.checks import complete
from engine.errors import OutOfMemory
from engine.kandinsky.placing.budget import Budget
from engine.kandinsky.placing.laddered import Laddered
from engine.kandinsky.placing.plan import Rung, peak_bytes
from engine.models.model import Drawing
from engine.requests import Text2Image
from tests.engine.kandinsky.placing.laddered_models import CPU, PLENTY, laddered


def asked(spec: ModelSpec, size: int = 64, count: int = 1) -> Text2Image:
    return complete(Text2Image(model="x", prompt="a", seed=1, width=size, height=size, count=count), spec)


def test_a_forward_holds_as_many_pictures_as_were_planned_in_what_is_free_now(spec, bare) -> None:
    model, free = laddered(spec, model=bare), [PLENTY]
    model._budget = Budget(lambda: free[0])
    for pictures, size in ((1, 64), (2, 64), (5, 128), (70, 64)):
        free[0] = peak_bytes(model._components(), Rung.RESIDENT, size, size, pictures)
        assert model.most_pictures(asked(spec, size, count=2)) == pictures
    free[0] = 0
    assert model.most_pictures(asked(spec)) == 1


def test_where_the_budget_has_no_bounds_a_forward_has_none(spec, bare) -> None:
    model = Laddered(spec, bare, CPU, lambda: None, {})
    assert model.rung is Rung.RESIDENT
    assert model.most_pictures(asked(spec)) > 10**9


def test_after_memory_ran_out_a_forward_holds_fewer_pictures(spec, bare, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_out(*_arguments: object) -> None:
        raise OutOfMemory

    model = laddered(spec, model=bare)
    assert model.most_pictures(asked(spec)) > 8
    monkeypatch.setattr(bare, "render", run_out)
    with pytest.raises(OutOfMemory):
        model.render([Drawing(asked(spec, size=128))], lambda _step: None)
    assert model._settle(Rung.RESIDENT)
    assert model.most_pictures(asked(spec)) == 3
    assert model.most_pictures(asked(spec, size=128)) == 1  # as many pixels as ran out; one is always tried


def test_the_fewest_pixels_that_ran_out_of_memory_count_on_each_rung() -> None:
    budget = Budget(lambda: None)
    for pixels in (900, 400, 600):
        budget.ran_out(Rung.RESIDENT, pixels)
    assert (budget.too_many(Rung.RESIDENT), budget.too_many(Rung.MODEL_OFFLOAD)) == (400, float("inf"))
    assert [budget.most(Rung.RESIDENT, pixels) for pixels in (100, 101, 400)] == [3, 3, 0]
