"""The limits: who may ask for what, where, and how much."""

import pytest

from bot.rules import policy
from bot.rules.limits import Limits
from bot.rules.policy import Use
from engine.catalog import DEMO, KANDINSKY_3
from engine.errors import RequestError
from engine.jobs import DAY_S
from engine.request import Part
from engine.requests import Batch, Morph, Outpaint, Text2Image
from tests.bot.rules.rules_house import origin

REQUEST = Text2Image(model="demo", prompt="a fox", width=128, height=96, steps=20, seed=7, count=2)
ANN, MOD, ARTIST = origin(), origin(is_moderator=True), origin(roles=frozenset({"77"}))
NOON = 1_000_000 * DAY_S + 43_200


@pytest.mark.parametrize(
    ("limits", "who", "code"),
    [
        (Limits(), ANN, None),
        (Limits(blocked_people=("discord:ann",)), ANN, "person_blocked"),
        (Limits(blocked_people=("discord:bob",)), ANN, None),
        (Limits(channels=("discord:1/2",)), ANN, None),
        (Limits(channels=("discord:1/3",)), ANN, "not_allowed_here"),
        (Limits(channels=("discord:1/3",)), MOD, "not_allowed_here"),
        (Limits(who={"imagine": "moderators"}), ANN, "command_not_allowed"),
        (Limits(who={"imagine": "moderators"}), MOD, None),
        (Limits(who={"imagine": ("77",)}), ARTIST, None),
        (Limits(who={"imagine": ("78",)}), ARTIST, "command_not_allowed"),
        (Limits(who={"imagine": "everyone", "morph": "moderators"}), ANN, None),
    ],
)
def test_a_command_is_for_whom_and_where_it_is_allowed(limits, who, code):
    assert refused(policy.check_access, "imagine", who, (Limits(), limits)) == code


@pytest.mark.parametrize(
    ("limits", "changes", "code"),
    [
        (Limits(largest_side=128, most_steps=20), {}, None),
        (Limits(largest_side=127), {}, "side_limit"),
        (Limits(most_steps=19), {}, "steps_limit"),
        (Limits(who={"demo": "moderators"}), {}, "model_not_allowed"),
        (Limits(who={"kandinsky-3": "moderators"}), {}, None),
        (Limits(who={"imagine": "moderators"}), {}, "command_not_allowed"),
        (Limits(blocked_words=("fox",)), {}, "prompt_blocked"),
        (Limits(blocked_words=("hen",)), {"negative_prompt": "h3n"}, "prompt_blocked"),
        (Limits(blocked_words=("hen",)), {"caption": "a h.e.n"}, "prompt_blocked"),
        (Limits(blocked_words=("hen",)), {"negative_prompt": "then"}, None),
    ],
)
def test_a_request_stays_within_the_limits(limits, changes, code):
    request = REQUEST.model_copy(update=changes)
    assert refused(policy.check_request, request, ANN, (limits,), ["demo"]) == code


def test_every_text_of_a_request_is_looked_at():
    batch = Batch(model="demo", prompts=("a cat", "a fox"))
    morph = Morph(model="demo", start=Part(text="a cat"), end=Part(text="a fox"))
    for request in (batch, morph):
        assert refused(policy.check_words, policy.texts_of(request), (Limits(blocked_words=("fox",)),))


def test_the_operator_s_words_are_told_to_nobody_and_the_server_s_to_its_moderators():
    for operators, word in ((True, ""), (False, "fox")):
        limits = Limits(blocked_words=("fox",), is_operators=operators)
        with pytest.raises(RequestError) as error:
            policy.check_words(["a f0x"], (limits,))
        assert error.value.facts == {"word": word}


@pytest.mark.parametrize(
    ("limits", "use", "who", "code"),
    [
        (Limits(queued=2), Use(queued=1), ANN, None),
        (Limits(queued=2), Use(queued=2), ANN, "too_many_waiting"),
        (Limits(queued=2), Use(running=9), ANN, None),
        (Limits(running=2), Use(queued=1, running=1), ANN, "too_many_running"),
        (Limits(per_day=5), Use(pictures=3), ANN, None),
        (Limits(per_day=5), Use(pictures=4), ANN, "daily_quota"),
        (Limits(per_day=5), Use(pictures=4), MOD, None),
        (Limits(per_day=5, is_operators=True), Use(pictures=4), MOD, "daily_quota"),
    ],
)
def test_what_a_person_has_and_had_counts(limits, use, who, code):
    assert refused(policy.check_use, REQUEST.count, who, limits, use, NOON) == code


def test_the_quota_says_what_is_left_and_when_the_day_ends():
    with pytest.raises(RequestError) as error:
        policy.check_use(REQUEST.count, ANN, Limits(per_day=5), Use(pictures=4), NOON + 1)
    assert error.value.facts == {"limit": 5, "used": 4, "left": 1, "hours": 12}


def test_what_the_person_did_not_name_is_lowered_to_the_strictest_limit():
    bounds = (Limits(most_steps=15, largest_side=1000), Limits(most_steps=18, largest_side=64))
    lowered = policy.lowered(REQUEST, (), DEMO, bounds)
    assert (lowered.width, lowered.height, lowered.steps) == (64, 64, 15)
    assert policy.lowered(REQUEST, ("size", "steps"), DEMO, bounds) == REQUEST
    large = REQUEST.model_copy(update={"model": "kandinsky-3", "width": 1024, "height": 1024})
    lowered = policy.lowered(large, (), KANDINSKY_3, (Limits(largest_side=800),))
    assert (lowered.width, lowered.height) == (768, 768)


def test_the_size_of_an_outpaint_is_its_picture_s():
    picture = {"sha256": "0" * 64, "width": 128, "height": 128}
    request = Outpaint(model="demo", prompt="a fox", picture=picture, width=256, height=128)
    assert policy.lowered(request, (), DEMO, (Limits(largest_side=128),)) == request


def test_the_strictest_limit_counts():
    assert policy.least((Limits(), Limits(queued=5), Limits(queued=3)), "queued") == 3
    assert policy.least((Limits(),), "queued") == 0


def refused(check, *arguments):
    try:
        check(*arguments)
    except RequestError as error:
        return error.code
    return None
