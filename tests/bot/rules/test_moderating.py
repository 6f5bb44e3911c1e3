"""What moderators see and do, what is done with flagged pictures, statistics and advice."""

import io
import json

import pytest
from PIL import Image

import bot.service.following
from bot.commands.buttons import Button
from bot.commands.styles import BUILT_IN, styles_of
from bot.commands.table import INPAINT, Invocation, Upload
from bot.rules.policy import Limits, Rules
from bot.service.answers.lookups import duration, money, table
from bot.words.replies import advice
from engine.errors import RequestError
from engine.jobs import JobStatus
from engine.request import Style
from engine.requests import Text2Image
from engine.store.store import Statistics
from tests.bot.rules.rules_house import ALONE, ANN, BOB, MOD, open_house, origin


async def test_the_record_holds_changes_reports_and_what_moderators_deleted(tmp_path):
    async with open_house(tmp_path) as house:
        job = await house.drawn(ANN)
        await house.set(MOD, "per_day", "5")
        await house.set(MOD, "per_day")
        await house.text("report", BOB, job=job.id, reason="not  nice")
        await house.text("report", BOB, job=job.id)
        assert await house.text("show", MOD | {"place": "discord:1/99"}, job=job.id)
        await house.text("delete", MOD | {"place": "discord:1/99"}, job=job.id)
        mine = await house.drawn(ANN)
        await house.text("delete", ANN, job=mine.id)
        lines = [line.split(" UTC ")[1] for line in (await house.text("audit", MOD)).splitlines()]
        assert house.surface.removed == [job.id, mine.id]
    assert lines == [
        f"discord:7: deleted {job.id} of discord:5",
        f"discord:6: reported {job.id} of discord:5, reason: not nice",
        "discord:7: took back per_day for discord:1",
        "discord:7: set per_day to 5 for discord:1",
    ]


async def test_the_record_is_for_moderators_and_reports_need_some(tmp_path):
    async with open_house(tmp_path) as house:
        with pytest.raises(RequestError, match="moderators_only"):
            await house.text("audit", ANN)
        with pytest.raises(RequestError, match="no_moderators_here"):
            await house.text("report", ALONE, job="0123456789")
        with pytest.raises(RequestError, match="job_unknown"):
            await house.text("report", ANN, job="0123456789")
        assert "so far" in await house.text("audit", MOD)


async def test_a_blocked_prompt_is_recorded_without_its_words_and_answered_without_the_list(tmp_path):
    rules = Rules(limits=Limits(blocked_words=("secretword",), is_operators=True))
    async with open_house(tmp_path, rules) as house:
        await house.set(MOD, "blocked_words", "fox, hen")
        for options in ({"prompt": "my private f0x"}, {"negative": "a h.e.n"}, {"prompt": "s3cretword"}):
            with pytest.raises(RequestError, match="prompt_blocked"):
                await house.imagine(ANN, **options)
        entries = [it for it in await house.store.audit.list("discord:1") if it.action == "blocked"]
        assert [(it.facts["word"], it.facts["times"]) for it in entries] == [("fox, hen", 3)]
        assert "private" not in json.dumps([it.facts for it in entries])
        assert "secretword" not in await house.text("audit", MOD)


async def test_blocked_words_are_refused_before_anything_is_kept_or_looked_for(tmp_path):
    async with open_house(tmp_path) as house:
        await house.set(MOD, "blocked_words", "fox")
        picture = io.BytesIO()
        Image.new("RGB", (64, 64), "red").save(picture, "PNG")
        image = Upload("a.png", picture.getvalue())
        for words in ({"prompt": "a hat", "where": "the fox"}, {"prompt": "a fox"}):
            with pytest.raises(RequestError, match="prompt_blocked"):
                await house.obey(Invocation(INPAINT, {"image": image, **words}), origin(**ANN, key="w"))
        assert list((tmp_path / "inputs").iterdir()) == []
        await house.obey(
            Invocation(INPAINT, {"image": image, "mask": image, "prompt": "a hat"}), origin(**ANN, key="k")
        )
        assert len(list((tmp_path / "inputs").iterdir())) == 1


async def test_a_mask_is_decided_on_under_the_limits_of_that_moment_and_can_always_be_dropped(tmp_path):
    async with open_house(tmp_path) as house:
        house.surface.confirms_masks = True
        picture = Image.new("RGBA", (128, 128), "red")
        picture.paste((0, 0, 0, 0), (0, 0, 64, 64))
        buffer = io.BytesIO()
        picture.save(buffer, "PNG")
        options = {"prompt": "a hat", "image": Upload("a.png", buffer.getvalue())}
        job = await house.obey(Invocation(INPAINT, options), origin(**ANN, key="held"))
        assert job.status is JobStatus.HELD
        await house.set(MOD, "who-inpaint", "moderators")
        with pytest.raises(RequestError, match="command_not_allowed"):
            await house.decide(Button("go", job.id), origin(**ANN))
        assert (await house.decide(Button("stop", job.id), origin(**ANN))).status is JobStatus.CANCELLED


@pytest.mark.parametrize(
    ("action", "is_adult", "allowed", "ends", "covered"),
    [
        ("blur", False, True, JobStatus.POSTED, True),
        ("blur", True, True, JobStatus.POSTED, False),
        ("blur", True, False, JobStatus.POSTED, True),
        ("restrict", False, True, JobStatus.FAILED, False),
        ("restrict", True, True, JobStatus.POSTED, False),
        ("restrict", True, False, JobStatus.FAILED, False),
        ("block", True, True, JobStatus.FAILED, False),
    ],
)
async def test_a_flagged_picture_is_covered_or_not_shown(
    tmp_path, monkeypatch, action, is_adult, allowed, ends, covered
):
    monkeypatch.setattr(bot.service.following, "RETRY_FIRST_S", 0.001)
    async with open_house(tmp_path, Rules(action=action)) as house:
        add = house.store.add_pictures

        async def flagged(job_id, made, seconds, notes=None):
            return await add(job_id, made, seconds, {"flagged": True})

        monkeypatch.setattr(house.store, "add_pictures", flagged)
        if not allowed:
            await house.set(MOD, "adult", "no")
        job = await house.drawn(ANN | {"is_adult": is_adult})
        assert (job.status, bool(job.address.get("spoiler"))) == (ends, covered)
        if ends is JobStatus.FAILED:
            assert job.error == "picture_flagged"
            assert "may not be shown here" in house.surface.told[0]
            assert house.surface.delivered == []
        else:
            assert bool(house.surface.delivered[0].address["spoiler"]) is covered
            assert (await house.answer("show", ANN, job=job.id)).private is covered


async def test_statistics_are_the_server_s_or_in_one_s_own_chat_one_s_own(tmp_path):
    async with open_house(tmp_path, Rules(hourly_rate=2)) as house:
        await house.drawn(ANN)
        await house.drawn(BOB, count=2)
        assert "pictures: 3" in await house.text("stats", ANN)
        assert "pictures: 1" in await house.text("stats", ALONE)
        assert "nothing" in await house.text("stats", {"owner": "9", "place": "discord:8/1"})


def test_statistics_tell_waiting_times_and_costs():
    text = table([(1, Statistics(5, 4, 1, 3600.0, 12.0, 200.0))], True, Rules(hourly_rate=2, currency="EUR"))
    assert "The last 24 hours: pictures: 4 · failed: 1 · waiting: 12 s as a rule, 3 min at most" in text
    assert "drawing: 60 min · cost: 2.00 EUR, 0.5 EUR a picture" in text
    assert "cost" not in table([(None, Statistics(5, 4, 1, 60.0, None, None))], False, Rules())


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0.00"), (12.345, "12.35"), (0.00345, "0.0034"), (0.000012, "0.000012")]
)
def test_small_amounts_are_not_nothing(amount, text):
    assert money(amount) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.25, "0.2 s"), (31, "31 s"), (600, "10 min"), (36_000, "10 h")])
def test_a_time_has_the_unit_that_suits_it(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("model", "options", "words"),
    [
        ("kandinsky-3", {"guidance_scale": 4.0, "steps": 25}, ""),
        ("kandinsky-3", {"guidance_scale": 9.0, "steps": 80}, "guidance of 3 to 6; this was 9"),
        ("kandinsky-3", {"guidance_scale": 2.9, "steps": 25}, "this was 2.9"),
        ("kandinsky-3", {"guidance_scale": 4.0, "steps": 31}, "More than 30 steps"),
        ("kandinsky-3", {"guidance_scale": 4.0, "steps": 50, "quality": "best"}, ""),
        ("kandinsky-2-2", {"guidance_scale": 4.0, "steps": 100}, ""),
        ("demo", {"guidance_scale": 9.0, "steps": 20}, ""),
        ("gone", {"guidance_scale": 9.0, "steps": 20}, ""),
    ],
)
def test_a_gentle_line_is_said_where_values_seldom_help(model, options, words):
    said = advice(Text2Image(model=model, prompt="a fox", **options))
    assert len(said) == bool(words)
    assert words in "".join(said)


def test_styles_of_the_configuration_stand_beside_those_built_in_and_replace_them():
    fog = {"fog": Style(name="fog", prompt="fog"), "oil": Style(name="oil"), "ink": Style(name="ink", prompt="blots")}
    offered = styles_of(fog)
    assert offered.keys() == {style.name for style in BUILT_IN} - {"oil"} | {"fog"}
    assert offered["ink"].prompt == "blots"
    assert len(BUILT_IN) >= 8
