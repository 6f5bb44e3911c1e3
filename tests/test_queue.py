"""The fair queue: owners take turns, and the order it tells is the order it keeps."""

from itertools import count

import pytest

from engine.queue import FairQueue


@pytest.fixture
def queue() -> FairQueue:
    return FairQueue()


def drain(queue: FairQueue) -> list[str]:
    return list(iter(queue.pop, None))


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
    job = queue.pop()
    queue.push_back(job, "ann")
    assert drain(queue) == ["a0", "b0"]


def test_a_removed_job_is_gone(queue):
    queue.push("a0", "ann")
    assert queue.remove("a0")
    assert not queue.remove("a0")
    assert (len(queue), queue.pop(), queue.waiting_of("ann")) == (0, None, 0)


def test_the_order_that_is_told_is_the_one_that_is_kept(queue):
    numbers = count()
    for owner, jobs in {"ann": 5, "bob": 1, "eve": 3}.items():
        for _ in range(jobs):
            queue.push(f"{owner}{next(numbers)}", owner)
    queue.pop()
    told = list(queue.order())
    assert told == drain(queue)
