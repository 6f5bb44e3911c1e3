"""A lane by itself: what counts, what it has, and what is true of it after each word of its worker."""

import pytest

from engine.dispatch.lane import Lane, Lanes
from engine.dispatch.live import Live
from engine.events import Done, EngineState, Failed, Lost, Progress, Ready
from engine.workers.fake import FakeWorker
from tests.engine.dispatch.lane_bench import job


@pytest.fixture
def lane() -> Lane:
    """Be ready in the second epoch, with one job."""
    lane = Lane(0, FakeWorker())
    lane.begin(Ready(2, ("demo", "other"), 4, swap_s=6.0))
    lane.take(Live(job(1)))
    lane.lease(job(1))
    return lane


@pytest.mark.parametrize("event", [Progress, Done, Failed])
@pytest.mark.parametrize(
    ("told", "counts"),
    [(("1", 0, 2), True), (("1", 0, 1), False), (("1", 0, 3), False), (("1", 1, 2), False), (("2", 0, 2), False)],
    ids=["its own", "an old epoch", "a later epoch", "another attempt", "another job"],
)
def test_only_the_job_and_attempt_and_epoch_that_it_has_counts(lane: Lane, event: type, told: tuple, counts) -> None:
    rest = {Progress: (1, 2), Done: ((), 1.0), Failed: ("out_of_memory", {})}[event]
    assert lane.is_current(event(*told, *rest)) is counts


def test_a_job_is_off_the_device_before_the_worker_s_last_word(lane: Lane) -> None:
    assert not lane.is_free
    lane.denoised("1")
    assert lane.is_free
    assert lane.has_attempt("1", 0)
    lane.let_go("1")
    assert not lane.has_attempt("1", 0)


def test_it_holds_what_is_in_memory_and_has_what_can_come_there(lane: Lane) -> None:
    lane.residency.model = "demo"
    assert [(lane.has(model), lane.holds(model)) for model in ("demo", "other", "third")] == [
        (True, True), (True, False), (False, False),
    ]  # fmt: skip
    lane.lose(Lost(2, "worker_lost", {}))
    assert not lane.has("demo")


def test_a_worker_that_was_ready_is_restarting_and_one_that_was_not_could_not_load(lane: Lane) -> None:
    lane.lose(Lost(2, "worker_lost", {}))
    assert (lane.state, lane.cannot_load, lane.slots) == (EngineState.RESTARTING, False, 0)
    lane.lose(Lost(3, "model_missing", {"repository": "x"}))
    assert (lane.state, lane.cannot_load) == (EngineState.MODEL_MISSING, True)
    assert (lane.loss.code, lane.loss.facts) == ("model_missing", {"repository": "x"})
    lane.begin(Ready(4, ("demo",), 1))
    assert (lane.state, lane.cannot_load, lane.epoch) == (EngineState.READY, False, 4)


def test_a_refusal_counts_for_its_own_epoch_only(lane: Lane) -> None:
    lane.refuse(1)
    assert lane.ready
    lane.refuse(2)
    assert not lane.ready


def test_the_best_of_all_lanes_is_told() -> None:
    said = {"w": None, "r": Ready(1, ("demo",), 1), "l": Lost(1, "worker_lost", {}), "m": Lost(1, "model_missing", {})}
    for words, state in {
        "rwlm": EngineState.READY, "lmw": EngineState.WARMING_UP, "ml": EngineState.RESTARTING,
        "mm": EngineState.MODEL_MISSING, "w": EngineState.WARMING_UP,
    }.items():  # fmt: skip
        lanes = Lanes([FakeWorker() for _ in words])
        for lane, word in zip(lanes, words, strict=True):
            if isinstance(said[word], Ready):
                lane.begin(said[word])
            elif said[word]:
                lanes.lose(lane, said[word])
        assert lanes.state is state
        assert lanes.broken.is_set() is (words in ("ml", "mm"))
