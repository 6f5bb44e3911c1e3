"""The judge of rounds finds what must never be, in histories that were made up."""

from dataclasses import replace

import pytest

from tests.chaos.judge import Aftermath, Story, judge
from tests.chaos.people import most_shown

JOB = Story("somebody", "job", accepted=True, answered=True, results=(1,))
PRESS = Story("somebody's press", "press", answered=True)
TALK = Story("somebody's question", "talk", answered=True)
CLEAN = Aftermath(log="worker_ready", secrets=("123:SECRET",))


def kinds(story: Story, aftermath: Aftermath = CLEAN) -> list[str]:
    return [finding.kind for finding in judge([story], aftermath).findings]


@pytest.mark.parametrize(
    "fine",
    [
        JOB,
        PRESS,
        TALK,
        replace(JOB, results=(1, 1)),
        replace(JOB, results=(0,), told=True),
        replace(JOB, results=(1, 0), told=True),
        replace(TALK, accepted=True),
    ],
)
def test_who_got_what_they_asked_for_or_an_end_in_words_has_nothing_to_complain_of(fine):
    assert kinds(fine) == []


def test_an_accepted_request_without_a_result_or_an_end_is_lost():
    assert kinds(replace(JOB, results=(0,))) == ["lost"]
    assert kinds(replace(JOB, results=(0,), progress=True)) == ["lost"]
    assert kinds(replace(JOB, results=(1, 0))) == ["lost"]


def test_what_was_sent_and_never_answered_is_swallowed():
    assert kinds(Story("somebody", "job", results=(0,))) == ["swallowed"]
    assert kinds(replace(TALK, answered=False)) == ["swallowed"]
    assert kinds(replace(TALK, answered=False, disturbed=True)) == ["swallowed"], "Telegram keeps what is sent"


def test_an_app_that_says_itself_that_nobody_answered_is_an_answer_while_the_bot_is_away_and_only_then():
    sent = Story("somebody", "job", kept=False, results=(0,))
    assert kinds(replace(sent, disturbed=True)) == ["refused by the app"]
    assert kinds(sent) == ["swallowed"]
    assert not judge([replace(sent, disturbed=True)], CLEAN).broken


def test_an_acknowledged_request_is_lost_however_disturbed_the_bot_was():
    assert kinds(replace(JOB, kept=False, disturbed=True, results=(0,))) == ["lost"]


def test_two_results_of_one_request_are_doubled():
    assert kinds(replace(JOB, results=(2,))) == ["doubled"]
    assert kinds(replace(JOB, results=(1, 2))) == ["doubled"]


def test_an_album_and_its_sheet_are_the_limit_that_is_known_as_long_as_the_sheet_says_so():
    assert kinds(replace(JOB, results=(1, 1), said_again=True)) == ["album and sheet"]
    assert kinds(replace(JOB, results=(0, 0), said_again=True)) == [], "the sheet alone shows what was asked for"
    assert kinds(replace(JOB, results=(2, 1), said_again=True)) == ["doubled", "album and sheet"]


def test_a_promise_that_stays_a_promise_is_stuck():
    assert kinds(replace(JOB, results=(0,), thinking=True)) == ["stuck"]
    assert kinds(replace(TALK, thinking=True)) == ["stuck"]


def test_a_progress_message_beside_the_result_is_counted_and_breaks_no_promise():
    assert kinds(replace(JOB, progress=True)) == ["progress left"]
    assert not judge([replace(JOB, progress=True)], CLEAN).broken


def test_a_press_that_nobody_answers_is_unanswered():
    assert kinds(replace(PRESS, answered=False)) == ["unanswered"]
    assert kinds(replace(PRESS, answered=False, kept=False, disturbed=True)) == ["refused by the app"]


@pytest.mark.parametrize(
    ("aftermath", "kind"),
    [
        (replace(CLEAN, integrity="row 7 missing from index"), "database damaged"),
        (replace(CLEAN, open_jobs=("0123456789 telegram leased",)), "job not ended"),
        (replace(CLEAN, missing=("a.png",)), "picture missing"),
        (replace(CLEAN, unnamed=("a.png",)), "file without row"),
        (replace(CLEAN, troubles=(("died", "exit code 70"),)), "died"),
        (replace(CLEAN, log="it failed\nTraceback (most recent call last):\n  File\nKeyError: 7\n"), "traceback"),
        (replace(CLEAN, log="GET /bot123:SECRET/getMe"), "token in the log"),
    ],
)
def test_what_is_left_on_the_disk_and_in_the_log_is_judged_too(aftermath, kind):
    assert kinds(JOB, aftermath) == [kind]


def test_a_finding_says_whom_it_befell():
    [finding] = judge([replace(JOB, results=(2,))], CLEAN).findings
    assert "somebody" in finding.what
    [finding] = judge([], replace(CLEAN, log="Traceback (most recent call last):\n  File x\nKeyError: 7\n")).findings
    assert finding.what == "KeyError: 7"


@pytest.mark.parametrize(
    ("shown", "asked", "count"),
    [
        ([], 1, 0),
        ([("", False)], 1, 0),
        ([("a", True)], 1, 1),
        ([("a", True), ("a", True)], 1, 2),
        ([("a", True), ("b", True)], 1, 2),
        ([("a", True), ("b", True)], 2, 1),
        ([("a", True), ("", True)], 1, 2),
        ([("", True)], 1, 1),
    ],
)
def test_results_are_counted_by_the_job_that_they_name(shown, asked, count):
    assert most_shown(shown, asked) == count
