"""Settings: values are checked, the nearest one counts, limits are the moderators', and a restart keeps it all."""

import asyncio

import pytest

from bot.commands.buttons import FILES, FULL, PARAMETERS
from bot.commands.table import COMMANDS, IMAGINE, IMG2IMG, Invocation
from bot.config import Config
from bot.rules.limits import NUMBERS, Limits
from bot.rules.policy import Rules
from bot.rules.setting_table import Context, find_setting
from bot.rules.settings import Settings, limits_of
from bot.service.answers import BY_COMMAND
from engine.errors import OutOfMemory, RequestError
from tests.bot.rules.rules_house import ALONE, ANN, BOB, CATALOG, MOD, open_house, origin

STYLES = {"oil": None}
CONTEXT = Context(origin(), CATALOG, {}, Settings(), most_days=30)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("model", "Kandinsky-3", "kandinsky-3"),
        ("size", "16:9", "16:9"),
        ("size", "128x128", "128x128"),
        ("count", "4", 4),
        ("language", "de-AT", "de"),
        ("private", "ja", True),
        ("spoiler", "否", False),
        ("per-day", "10", 10),
        ("per_day", "10", 10),
        ("retention_days", "30", 30),
        ("who-imagine", "Moderators", "moderators"),
        ("who-kandinsky-3", "<@&12>, 34", ["12", "34"]),
        ("who_imagine", "everyone", "everyone"),
        ("channels", "<#2> 3, here", ["discord:1/2", "discord:1/3"]),
        ("blocked_people", "<@42> <@!43> discord:44", ["discord:42", "discord:43", "discord:44"]),
        ("blocked_words", "a,  dead   cat,坏，a", ["a", "dead cat", "坏"]),
    ],
)
def test_a_value_is_read(name, text, value):
    assert find_setting(name, CATALOG).read(text, CONTEXT) == value


@pytest.mark.parametrize("name", NUMBERS)
def test_every_limit_can_be_set_as_far_as_it_says_and_holds_as_it_was_kept(name):
    for edge in (NUMBERS[name].low, NUMBERS[name].high):
        kept = find_setting(name, CATALOG).read(str(edge), CONTEXT)
        assert limits_of({name: kept}) == Limits(**{name: edge})
    assert name in Config.model_fields["limits"].annotation.model_fields


def test_the_lists_of_a_place_hold_as_they_were_kept():
    kept = {"channels": ["discord:1/2"], "blocked_words": ["a"], "blocked_people": ["discord:9"], "language": "de"}
    who = {"who-imagine": "moderators", "who-kandinsky-3": ["12"]}
    limits = limits_of({**kept, **who})
    assert (limits.channels, limits.blocked_words, limits.blocked_people) == (["discord:1/2"], ["a"], ["discord:9"])
    assert limits.who == {"imagine": "moderators", "kandinsky-3": ["12"]}


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("model", "kandinsky-9", "unknown_model"),
        ("size", "large", "bad_size_words"),
        ("size", "4096x64", "bad_size"),
        ("count", "5", "out_of_range"),
        ("count", "-1", "out_of_range"),
        ("style", "oil", "unknown_style"),
        ("language", "fr", "setting_choice"),
        ("private", "perhaps", "setting_switch"),
        ("per_day", "0", "out_of_range"),
        ("per_day", "many", "out_of_range"),
        ("retention_days", "31", "out_of_range"),
        ("who-imagine", "my friends", "setting_who"),
        ("channels", "general", "setting_channels"),
        ("blocked_people", "ann", "setting_people"),
        ("blocked_words", " , ", "setting_words"),
        ("blocked_words", "x" * 61, "setting_words"),
    ],
)
def test_a_wrong_value_is_refused(name, text, code):
    with pytest.raises(RequestError, match=code):
        find_setting(name, CATALOG).read(text, CONTEXT)


@pytest.mark.parametrize("name", ["modle", "who-privacy", "who-nobody", "who-"])
def test_an_unknown_setting_is_refused(name):
    with pytest.raises(RequestError, match="unknown_setting"):
        find_setting(name, CATALOG)


def test_every_command_that_makes_no_job_is_answered():
    names = {command.name for command in (*COMMANDS, FULL, FILES, PARAMETERS) if not command.makes_job}
    assert names == set(BY_COMMAND)


@pytest.mark.parametrize(
    ("defaults", "given", "bounds", "filled"),
    [
        ({"model": "kandinsky-3"}, {}, (), {"model": "kandinsky-3"}),
        ({"model": "gone"}, {}, (), {"model": "demo"}),
        ({"model": "kandinsky-3"}, {"model": "demo"}, (), {"model": "demo"}),
        ({"model": "kandinsky-3"}, {}, (Limits(who={"kandinsky-3": "moderators"}),), {"model": "demo"}),
        ({}, {}, (Limits(who={"demo": "moderators"}),), {"model": "kandinsky-3"}),
        ({"size": "128x128"}, {}, (), {"model": "demo", "size": "128x128"}),
        ({"size": "128x128"}, {"model": "kandinsky-3"}, (), {"model": "kandinsky-3"}),
        ({"size": "128x128"}, {}, (Limits(largest_side=64),), {"model": "demo"}),
        ({"size": "128x128"}, {"size": "64x64"}, (), {"model": "demo", "size": "64x64"}),
        ({"style": "gone", "count": 2}, {}, (), {"model": "demo", "count": 2}),
        ({"style": "none"}, {}, (), {"model": "demo", "style": "none"}),
    ],
)
def test_a_default_stands_in_where_it_fits_and_is_passed_by_where_it_does_not(defaults, given, bounds, filled):
    settings = Settings(defaults=defaults, bounds=bounds)
    assert settings.fill(Invocation(IMAGINE, given), CATALOG, {}, origin()).options == filled


def test_a_default_size_is_none_for_a_picture_that_is_drawn_over():
    settings = Settings(defaults={"size": "64x64"})
    assert settings.fill(Invocation(IMG2IMG), CATALOG, {}, origin()).options == {"model": "demo"}


async def test_the_nearest_setting_counts_and_a_restart_keeps_it(tmp_path):
    async with open_house(tmp_path) as bot:
        assert await bot.set(MOD, "count", "3", "server") == "count is now 3 (this server)."
        await bot.set(MOD, "count", "2", "here")
        assert len((await bot.imagine(ANN)).request.seeds()) == 2
        await bot.set(ANN, "count", "4")
    async with open_house(tmp_path) as bot:
        assert len((await bot.imagine(ANN)).request.seeds()) == 4
        assert len((await bot.imagine(BOB)).request.seeds()) == 2
        assert "count: 4 (yours)" in await bot.text("settings", ANN)
        assert "count: 2 (this place)" in await bot.text("settings", BOB)
        assert await bot.set(ANN, "count", "default") == "count is no longer set (yours). It was 4."
        await bot.set(MOD, "count", scope="here")
        assert len((await bot.imagine(ANN)).request.seeds()) == 3


async def test_limits_and_what_holds_for_others_are_the_moderators(tmp_path):
    async with open_house(tmp_path) as bot:
        for name, value, scope in (("per_day", "3", ""), ("model", "demo", "here"), ("language", "de", "server")):
            with pytest.raises(RequestError, match="moderators_only"):
                await bot.set(ANN, name, value, scope)
        with pytest.raises(RequestError, match="setting_scope"):
            await bot.set(MOD, "per_day", "3", "me")
        with pytest.raises(RequestError, match="no_server_here"):
            await bot.set(ALONE | {"is_moderator": True}, "per_day", "3", "here")
        await bot.set(MOD, "blocked_words", "cat")
        assert "cat" in await bot.text("settings", MOD)
        assert "cat" not in await bot.text("settings", ANN)


async def test_what_a_person_keeps_in_their_own_name_is_no_limit(tmp_path):
    async with open_house(tmp_path) as bot:
        await bot.store.settings.put("owner:discord:5", "who-imagine", "moderators")
        await bot.store.settings.put("owner:discord:5", "adult", True)
        await bot.set(MOD, "adult", "no")
        await bot.imagine(ANN)
        assert not (await bot.service.visit(origin(**ANN))).settings.adult


async def test_a_person_s_own_chat_is_the_person(tmp_path):
    async with open_house(tmp_path) as bot:
        await bot.set(ALONE, "language", "de", "here")
        assert (await bot.service.visit(origin(**ANN))).settings.language == "de"
        with pytest.raises(RequestError, match="no_server_here"):
            await bot.set(ALONE, "language", "de", "server")


async def test_a_change_of_language_is_confirmed_in_the_new_one(tmp_path):
    async with open_house(tmp_path) as bot:
        assert await bot.set(ANN, "language de") == "language ist jetzt de (von dir)."


async def test_the_quota_counts_what_was_drawn_and_not_what_failed_and_spares_moderators(tmp_path):
    async with open_house(tmp_path) as bot:
        await bot.set(MOD, "per_day", "2")
        bot.worker.fail_next(OutOfMemory())
        await bot.drawn(ANN)
        await bot.drawn(ANN, count=2)
        await bot.imagine(BOB)
        await bot.imagine(MOD, count=3)
        with pytest.raises(RequestError, match="daily_quota"):
            await bot.imagine(ANN)
    async with open_house(tmp_path) as bot:
        with pytest.raises(RequestError, match="daily_quota"):
            await bot.imagine(ANN)
        await bot.imagine(ANN | {"place": "discord:8/1"})


async def test_what_comes_at_once_does_not_slip_past_the_quota_together(tmp_path):
    async with open_house(tmp_path) as bot:
        await bot.set(MOD, "per_day", "3")
        asked = await asyncio.gather(*(bot.imagine(ANN) for _ in range(6)), return_exceptions=True)
        assert sum(isinstance(it, RequestError) for it in asked) == 3


async def test_the_same_message_again_is_the_same_job_whatever_the_limits(tmp_path):
    async with open_house(tmp_path) as bot:
        await bot.set(MOD, "per_day", "1")
        first = await bot.imagine(ANN, key="same")
        assert (await bot.imagine(ANN, key="same")).id == first.id


async def test_the_operator_s_limit_holds_beside_the_server_s_and_for_moderators(tmp_path):
    limits = Limits(per_day=1, most_steps=5, is_operators=True)
    async with open_house(tmp_path, Rules(limits=limits)) as bot:
        await bot.set(MOD, "per_day", "100")
        await bot.set(MOD, "most_steps", "100")
        assert "per_day: 1 (whoever runs the bot)" in await bot.text("settings", ANN)
        with pytest.raises(RequestError, match="steps_limit"):
            await bot.imagine(MOD, steps=6)
        assert (await bot.imagine(MOD)).request.steps == 5
        with pytest.raises(RequestError, match="daily_quota"):
            await bot.imagine(MOD | {"place": "discord:8/1"})


async def test_how_many_may_wait_is_counted_on_the_server(tmp_path):
    async with open_house(tmp_path) as bot:
        bot.worker.hang()
        await bot.set(MOD, "running", "2")
        await bot.imagine(ANN)
        await bot.imagine(ANN)
        with pytest.raises(RequestError, match="too_many_running"):
            await bot.imagine(ANN)
        await bot.imagine(ANN | {"place": "discord:8/1"})


async def test_commands_and_models_are_kept_for_some_also_when_a_job_is_drawn_again(tmp_path):
    async with open_house(tmp_path) as bot:
        job = await bot.drawn(ANN)
        await bot.set(MOD, "who-imagine", "<@&77>")
        with pytest.raises(RequestError, match="command_not_allowed"):
            await bot.obey(Invocation(next(it for it in COMMANDS if it.name == "again"), {"of": job.id}),
                                     origin(**ANN, key="again"))  # fmt: skip
        await bot.imagine(ANN | {"roles": frozenset({"77"})})
        await bot.set(MOD, "who-kandinsky-3", "moderators")
        assert "kandinsky-3" not in await bot.text("models", ANN)
        assert "kandinsky-3" in await bot.text("models", MOD)


async def test_whoever_is_blocked_may_still_see_and_delete_what_is_theirs(tmp_path):
    async with open_house(tmp_path) as bot:
        await bot.set(MOD, "blocked_people", "<@5>")
        for asking in (bot.imagine(ANN), bot.text("stats", ANN), bot.text("models", ANN)):
            with pytest.raises(RequestError, match="person_blocked"):
                await asking
        for name in ("help", "queue", "settings", "privacy"):
            assert await bot.text(name, ANN)


async def test_a_limit_that_cannot_be_read_stops_nobody_and_opens_nothing(tmp_path):
    async with open_house(tmp_path) as bot:
        for name, value in {"per_day": "many", "most_steps": 20, "blocked_words": 7, "who-morph": 7}.items():
            await bot.store.settings.put("server:discord:1", name, value)
        [_, limits] = (await bot.service.visit(origin(**ANN))).settings.bounds
    assert (limits.per_day, limits.most_steps, limits.blocked_words) == (0, 20, [])
    assert limits.who == {"morph": "moderators"}
