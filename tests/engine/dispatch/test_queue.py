"""The fair queue: owners take turns by what they ask for, and the order it tells is the order it keeps."""

from dataclasses import dataclass, field
from functools import partial
from itertools import combinations, count
from random import Random

import pytest

from engine.dispatch.fair_queue import FairQueue


@pytest.fixture
def queue() -> FairQueue:
    return FairQueue()


def take_first(queue: FairQueue) -> str | None:
    job_id = next(queue.order(), None)
    if job_id is not None:
        queue.take(job_id)
    return job_id


def drain(queue: FairQueue) -> list[str]:
    return list(iter(partial(take_first, queue), None))


def test_a_burst_does_not_starve_the_next_person(queue):
    for number in range(10):
        queue.push(f"a{number}", "ann")
    queue.push("b0", "bob")
    assert drain(queue)[:3] == ["a0", "b0", "a1"]


def test_one_owner_is_served_in_order(queue):
    for number in range(4):
        queue.push(f"a{number}", "ann")
    assert drain(queue) == ["a0", "a1", "a2", "a3"]


def test_a_returned_job_is_the_next_one(queue):
    queue.push("a0", "ann")
    queue.push("b0", "bob")
    job = take_first(queue)
    queue.push_back(job, "ann")
    assert drain(queue) == ["a0", "b0"]


def test_a_removed_job_is_gone(queue):
    queue.push("a0", "ann")
    assert queue.remove("a0")
    assert not queue.remove("a0")
    assert (len(queue), take_first(queue), queue.waiting_of("ann")) == (0, None, 0)


def test_the_order_that_is_told_is_the_one_that_is_kept(queue):
    numbers = count()
    for owner, jobs in {"ann": 5, "bob": 1, "eve": 3}.items():
        for _ in range(jobs):
            queue.push(f"{owner}{next(numbers)}", owner)
    take_first(queue)
    told = list(queue.order())
    assert told == drain(queue)


def test_nobody_with_one_request_waits_behind_another_s_second(queue):
    for number in range(10):
        queue.push(f"a{number}", "ann")
    for name in ("bob", "cid"):
        assert take_first(queue)
        queue.push(name, name)
        assert next(queue.order()) == name


def test_a_costly_request_counts_as_what_it_costs(queue):
    for number in range(2):
        queue.push(f"large{number}", "ann", cost=4)
    for number in range(8):
        queue.push(f"small{number}", "bob")
    order = drain(queue)
    assert order.index("small3") < order.index("large1") < order.index("small5")


def test_a_weight_is_a_share(queue):
    for number in range(12):
        queue.push(f"a{number}", "ann", weight=2)
        queue.push(f"b{number}", "bob")
    taken = [take_first(queue)[0] for _ in range(12)]
    assert taken.count("a") == 8


def test_what_was_cancelled_costs_nothing(queue):
    for number in range(10):
        queue.push(f"a{number}", "ann")
    for number in range(10):
        queue.remove(f"a{number}")
    queue.push("a10", "ann")
    queue.push("b0", "bob")
    assert drain(queue) == ["a10", "b0"]


def test_nobody_is_owed_anything_for_having_been_away(queue):
    queue.push("b0", "bob")
    take_first(queue)
    for number in range(20):
        queue.push(f"a{number}", "ann")
    for _ in range(10):
        take_first(queue)
    for number in range(1, 6):
        queue.push(f"b{number}", "bob")
    assert [job[0] for job in drain(queue)[:8]].count("b") in (4, 5)


def test_company_is_paid_for_and_does_not_move_the_others_back(queue):
    for number in range(3):
        queue.push(f"a{number}", "ann")
        queue.push(f"b{number}", "bob")
    for job in ("a0", "a1"):  # drawn together
        queue.take(job)
    queue.push("c0", "cid")
    assert drain(queue) == ["b0", "c0", "b1", "a2", "b2"]


def test_a_rest_begins_anew(queue):
    queue.push("a0", "ann", cost=100)
    take_first(queue)
    queue.rest()
    queue.push("a1", "ann")
    queue.push("b0", "bob")
    assert drain(queue) == ["a1", "b0"]
    queue.push("a2", "ann")
    queue.rest()
    assert len(queue) == 1


def test_a_returned_job_is_not_paid_for_twice(queue):
    for owner in ("ann", "bob"):
        for number in range(3):
            queue.push(f"{owner}{number}", owner)
    queue.push_back(take_first(queue), "ann")
    assert (queue.waiting_of("ann"), "ann0" in queue, len(queue)) == (3, True, 6)
    assert drain(queue) == ["ann0", "bob0", "ann1", "bob1", "ann2", "bob2"]


def test_while_the_first_cannot_run_nobody_is_owed_anything_for_having_been_away(queue):
    queue.push("stuck", "eve")
    for number in range(20):
        queue.push(f"b{number}", "bob")
        queue.push(f"c{number}", "cid")
    for _ in range(20):
        queue.take(list(queue.order())[1], in_turn=True)
    for number in range(5):
        queue.push(f"d{number}", "dan")
    assert [job[0] for job in list(queue.order())[1:7]].count("d") in (2, 3)


def test_returned_jobs_keep_their_order(queue):
    for number in range(3):
        queue.push(f"a{number}", "ann")
    taken = [take_first(queue) for _ in range(2)]
    for job in reversed(taken):
        queue.push_back(job, "ann")
    assert queue.remove("a0")
    assert drain(queue) == ["a1", "a2"]


def test_the_cost_of_all_who_wait_is_known(queue):
    queue.push("a0", "ann", cost=2.5, weight=5)
    queue.push("b0", "bob", cost=1.0)
    queue.push("c0", "cid", cost=4.0)
    queue.remove("b0")
    take_first(queue)
    assert queue.cost == 4.0


# Random days


@dataclass
class Day:
    """Play a day at random; remember what each owner was given, and when the owner waited."""

    random: Random
    queue: FairQueue = field(default_factory=FairQueue)
    waiting: dict[str, float] = field(default_factory=dict)  # job -> cost
    taken: list[tuple[str, float, frozenset[str]]] = field(default_factory=list)  # owner, cost, who waited then

    def ask(self, number: int) -> None:
        owner, cost = f"owner{self.random.randrange(5)}", self.random.choice([0.5, 1.0, 2.0, 5.0])
        self.waiting[f"{owner}:{number}"] = cost
        self.queue.push(f"{owner}:{number}", owner, cost, WEIGHTS.get(owner, 1.0))

    def draw(self) -> None:
        waited = frozenset(job.partition(":")[0] for job in self.waiting)
        if job := take_first(self.queue):
            self.taken.append((job.partition(":")[0], self.waiting.pop(job), waited))

    def cancel(self) -> None:
        if self.waiting:
            job = self.random.choice(sorted(self.waiting))
            assert self.queue.remove(job)
            del self.waiting[job]

    def play(self, steps: int, cancels: bool = True) -> None:
        for number in range(steps):
            self.random.choice([partial(self.ask, number), self.draw, self.cancel if cancels else self.draw])()
            assert len(list(self.queue.order())) == len(self.queue) == len(self.waiting)


WEIGHTS = {"owner1": 2.0, "owner2": 0.5}


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost_and_the_order_is_kept_on_random_days(seed):
    day = Day(Random(seed))
    for _ in range(10):
        day.play(40)
        assert set(day.queue.order()) == set(day.waiting)
        assert day.queue.cost == pytest.approx(sum(day.waiting.values()))
    told = list(day.queue.order())
    assert told == drain(day.queue)
    assert (len(day.queue), take_first(day.queue)) == (0, None)


@pytest.mark.parametrize("seed", range(20))
def test_two_who_wait_all_the_time_are_given_the_same_by_weight(seed):
    """The bound of start-time fair queueing: at any time the two differ by no more than one job of each."""
    day = Day(Random(seed))
    for number in range(200):
        day.ask(number)
    day.play(400, cancels=False)
    for one, other in combinations([f"owner{number}" for number in range(5)], 2):
        bound = sum(5.0 / WEIGHTS.get(owner, 1.0) for owner in (one, other))
        difference = lowest = highest = 0.0
        for owner, cost, waited in day.taken:
            if not {one, other} <= waited:
                difference = lowest = highest = 0.0
            elif owner in (one, other):
                difference += cost / WEIGHTS.get(owner, 1.0) * (1 if owner == one else -1)
                lowest, highest = min(lowest, difference), max(highest, difference)
            assert highest - lowest <= bound + 1e-9


def test_what_means_nothing_any_more_is_not_kept(queue):
    queue.push("first", "first")
    for number in range(1_000):
        queue.push(f"job{number}", f"owner{number % 7}")
        queue.remove(f"job{number}")
    assert len(queue._turns) < 200
    for number in range(1_000):
        queue.push(f"ann{number}", "ann")
        queue.push(f"one{number}", f"one{number}")
        assert take_first(queue)
        assert take_first(queue)
    assert len(queue._owners) < 200
