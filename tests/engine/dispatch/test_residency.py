"""Which model stays in memory: swaps are rare, and nobody waits for ever."""

import pytest

from engine.dispatch.residency import PATIENCE_S, SWAPS_PER_QUANTUM, Residency, Waiting

SWAP_S = 6.0
QUANTUM_S = SWAP_S * SWAPS_PER_QUANTUM


def begun(model: str = "a") -> Residency:
    residency = Residency()
    residency.settle(model, 0)
    return residency


def waiting(*models: str, since: float = 0.0) -> list[Waiting]:
    return [Waiting(model, since) for model in models]


def test_where_all_models_are_in_memory_the_fair_order_counts():
    assert begun().choose(waiting("b", "a"), 0, 1) == 0


def test_within_its_quantum_a_model_stays_as_long_as_there_is_work_for_it():
    assert begun().choose(waiting("b", "a", "a"), SWAP_S, QUANTUM_S - 1) == 1


def test_after_its_quantum_a_model_goes_when_somebody_has_waited_too_long():
    late = QUANTUM_S + 1
    assert begun().choose([Waiting("b", late - PATIENCE_S), Waiting("a", 0)], SWAP_S, late) == 0
    assert begun().choose([Waiting("b", late - PATIENCE_S + 1), Waiting("a", 0)], SWAP_S, late) == 1


def test_a_model_without_work_goes_at_once():
    assert begun().choose(waiting("b"), SWAP_S, 1) == 0


def test_after_a_swap_the_new_model_has_a_quantum_of_its_own():
    residency = begun()
    assert residency.choose(waiting("b", "a"), SWAP_S, QUANTUM_S + PATIENCE_S) == 0
    residency.settle("b", QUANTUM_S + PATIENCE_S)
    assert residency.choose(waiting("a", "b"), SWAP_S, QUANTUM_S + PATIENCE_S + 1) == 1


@pytest.mark.parametrize(("rule", "swaps"), [("fifo", 200), ("residency", 8)])
def test_people_who_alternate_between_two_models_cost_few_swaps(rule: str, swaps: int):
    jobs = [Waiting("ab"[number % 2], number * 1.0) for number in range(200)]
    residency, now, made, last = Residency(), 0.0, 0, None
    while jobs:
        come = [job for job in jobs if job.since <= now] or jobs[:1]
        chosen = come[residency.choose(come, SWAP_S, now) if rule == "residency" else 0]
        residency.settle(chosen.model, now)
        jobs.remove(chosen)
        made += chosen.model != last
        now = max(now, chosen.since) + 1.0 + SWAP_S * (chosen.model != last)
        last = chosen.model
    assert made <= swaps
    assert made > 1
