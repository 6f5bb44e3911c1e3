"""What is kept about a person can be seen, taken along, and deleted, and nobody else's."""

import io
import json
import zipfile

import pytest

import bot.service.answers.privacy
from bot.rules.policy import Rules
from engine.errors import RequestError
from tests.bot.rules.rules_house import ANN, BOB, MOD, open_house


def opened(answer):
    [file] = answer.files
    archive = zipfile.ZipFile(io.BytesIO(file.data))
    return json.loads(archive.read("kandinsky.json")), set(archive.namelist()) - {"kandinsky.json"}


async def test_what_is_kept_is_counted_and_how_long(tmp_path):
    async with open_house(tmp_path, Rules(retention_days=90)) as house:
        await house.drawn(ANN, count=2)
        await house.set(ANN, "count", "2")
        text = await house.text("privacy", ANN)
        assert "requests: 1, pictures: 2, pictures you sent: 0, settings: 1" in text
        assert "after 90 days" in text
        await house.set(MOD, "retention_days", "7")
        assert "after 7 days" in await house.text("privacy", ANN)


async def test_an_export_holds_one_s_own_jobs_pictures_and_settings_and_is_private(tmp_path):
    async with open_house(tmp_path) as house:
        job = await house.drawn(ANN, prompt="ein Fuchs", count=2)
        await house.drawn(BOB, prompt="a secret")
        await house.set(ANN, "count", "2")
        answer = await house.answer("privacy", ANN, action="export")
    record, files = opened(answer)
    assert answer.private
    assert record["settings"] == {"count": 2}
    assert [it["request"]["prompt"] for it in record["jobs"]] == ["ein Fuchs"]
    assert files == {f"pictures/{job.id}-1.png", f"pictures/{job.id}-2.png"} == set(record["jobs"][0]["files"])


async def test_an_export_that_is_too_large_goes_on_where_it_ended(tmp_path, monkeypatch):
    async with open_house(tmp_path) as house:
        jobs = [await house.drawn(ANN, seed=seed) for seed in range(3)]
        monkeypatch.setattr(bot.service.answers.privacy, "MOST_BYTES", 4_000)
        seen, begin = [], ""
        for _ in range(3):
            answer = await house.answer("privacy", ANN, action=f"export {begin}".strip())
            seen += [it["id"] for it in opened(answer)[0]["jobs"]]
            if "goes on" not in answer.text:
                break
            begin = answer.text.rpartition(" ")[2]
        assert seen == [job.id for job in jobs]
        monkeypatch.setattr(bot.service.answers.privacy, "MOST_BYTES", 100)
        answer = await house.answer("privacy", ANN, action="export")
        assert f"too large for it: {jobs[0].id}" in answer.text
        with pytest.raises(RequestError, match="job_unknown"):
            await house.answer("privacy", BOB, action="export", code=jobs[0].id)


async def test_a_deletion_asks_for_a_code_that_holds_for_what_is_there(tmp_path):
    async with open_house(tmp_path) as house:
        await house.drawn(ANN)
        theirs = await house.drawn(BOB)
        await house.set(ANN, "count", "2")
        asked = await house.text("privacy", ANN, action="delete")
        code = asked.rpartition(" ")[2]
        await house.drawn(ANN)
        assert "for ever" in await house.text("privacy", ANN, action=f"delete {code}")
        assert "for ever" in await house.text("privacy", ANN, action="delete", code="yes")
        assert len(await house.store.jobs.owned_by("discord:5")) == 2
        code = (await house.text("privacy", ANN, action="delete")).rpartition(" ")[2]
        assert "gone with their pictures: 2" in await house.text("privacy", ANN, action="delete", code=code)
        assert await house.store.jobs.owned_by("discord:5") == []
        assert await house.store.settings.get("owner:discord:5") == {}
        assert (await house.store.jobs.get(theirs.id)).id == theirs.id
        assert await house.text("privacy", ANN, action="delete") == "Nothing is kept about you."


async def test_a_deletion_stops_what_waits_and_the_quota_still_counts_it(tmp_path):
    async with open_house(tmp_path) as house:
        await house.set(MOD, "per_day", "2")
        await house.drawn(ANN, count=2)
        code = (await house.text("privacy", ANN, action="delete")).rpartition(" ")[2]
        await house.text("privacy", ANN, action="delete", code=code)
        with pytest.raises(RequestError, match="daily_quota"):
            await house.imagine(ANN)
        house.worker.hang()
        waiting = await house.imagine(BOB)
        code = (await house.text("privacy", BOB, action="delete")).rpartition(" ")[2]
        await house.text("privacy", BOB, action="delete", code=code)
        with pytest.raises(KeyError):
            await house.store.jobs.get(waiting.id)


async def test_an_unknown_action_is_refused(tmp_path):
    async with open_house(tmp_path) as house:
        with pytest.raises(RequestError, match="setting_choice"):
            await house.text("privacy", ANN, action="sell")
