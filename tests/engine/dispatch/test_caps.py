"""The caps: each refuses with its own code and numbers, and 0 means no limit."""

import pytest

from engine.dispatch.caps import Backlog, Caps, check, check_newcomer
from engine.errors import QueueFull

NOTHING = Backlog(0, 0, 0, None)
OF_OWNER = Caps(max_waiting=5, max_waiting_per_owner=2)
OF_SERVER = Caps(max_waiting=5, max_waiting_per_owner=2, max_waiting_per_server=3)


@pytest.mark.parametrize(
    ("backlog", "caps", "code", "facts"),
    [
        (Backlog(5, 0, 0, None), Caps(max_waiting=5), "queue_full", {"waiting": 5, "limit": 5}),
        (Backlog(5, 2, 0, None), OF_OWNER, "owner_queue_full", {"waiting": 2, "limit": 2}),
        (Backlog(5, 1, 4, None), OF_SERVER, "server_queue_full", {"waiting": 4, "limit": 3}),
        (Backlog(1, 1, 1, 30.4), Caps(max_waiting_minutes=30), "queue_too_long", {"minutes": 30, "limit": 30}),
    ],
)
def test_a_cap_refuses_with_its_numbers(backlog, caps, code, facts):
    with pytest.raises(QueueFull) as caught:
        check(caps, backlog)
    assert (caught.value.code, caught.value.facts) == (code, facts)
    check(caps, NOTHING)


def test_no_limit_and_no_knowledge_refuse_nobody():
    check(Caps(max_waiting_per_server=0, max_waiting_minutes=0), Backlog(9, 9, 9, 9.0))
    check(Caps(max_waiting_minutes=1), Backlog(9, 9, 9, None))


@pytest.mark.parametrize(
    ("newcomers", "is_refused"),
    [
        (Backlog(4, 0, 0, 14.9), False),
        (Backlog(5, 0, 0, None), True),
        (Backlog(1, 0, 0, 15.0), True),
        (Backlog(0, 0, 0, None), False),
    ],
)
def test_newcomers_have_a_share_of_what_may_wait(newcomers, is_refused):
    caps = Caps(max_waiting=10, max_waiting_minutes=30, newcomers_share=0.5)
    if not is_refused:
        return check_newcomer(caps, newcomers)
    with pytest.raises(QueueFull, match="newcomers_full"):
        check_newcomer(caps, newcomers)
    return None


def test_one_newcomer_gets_in_however_small_the_queue_is():
    check_newcomer(Caps(max_waiting=1, newcomers_share=0.1), Backlog(0, 0, 0, None))
