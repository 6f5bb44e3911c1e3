"""The caps: each refuses with its own code and numbers, and 0 means no limit."""

import pytest

from engine.dispatch.caps import Backlog, Caps, check
from engine.errors import QueueFull

NOTHING = Backlog(0, 0, 0, None)


@pytest.mark.parametrize(
    ("backlog", "caps", "code", "facts"),
    [
        (Backlog(5, 0, 0, None), Caps(waiting=5), "queue_full", {"waiting": 5, "limit": 5}),
        (Backlog(5, 2, 0, None), Caps(5, 2), "owner_queue_full", {"waiting": 2, "limit": 2}),
        (Backlog(5, 1, 4, None), Caps(5, 2, 3), "server_queue_full", {"waiting": 4, "limit": 3}),
        (Backlog(1, 1, 1, 30.4), Caps(waiting_minutes=30), "queue_too_long", {"minutes": 30, "limit": 30}),
    ],
)
def test_a_cap_refuses_with_its_numbers(backlog, caps, code, facts):
    with pytest.raises(QueueFull) as caught:
        check(caps, backlog)
    assert (caught.value.code, caught.value.facts) == (code, facts)
    check(caps, NOTHING)


def test_no_limit_and_no_knowledge_refuse_nobody():
    check(Caps(waiting=0, waiting_per_owner=0), Backlog(9, 9, 9, 9.0))
    check(Caps(waiting_minutes=1), Backlog(9, 9, 9, None))
