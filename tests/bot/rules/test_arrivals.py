"""What is refused before anything of a picture is fetched or looked at, and what is counted in any case."""

import asyncio
import io

import pytest
from PIL import Image

import bot.service.service
from bot.commands.table import IMG2IMG, INPAINT, MIX, Invocation, Upload
from bot.rules.arrivals import Arrivals
from bot.rules.limits import Limits
from bot.rules.policy import Rules
from bot.words import replies
from engine.dispatch.caps import Caps
from engine.dispatch.dispatcher import Dispatcher
from engine.errors import RequestError
from engine.pictures.reading import ReadingPool
from tests.bot.rules.rules_house import ALONE, ANN, BOB, KEYS, MOD, open_house, origin


def upload(colour: str = "red") -> Upload:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(buffer, "PNG")
    return Upload("a.png", buffer.getvalue())


async def draw_over(house, at, image: Upload | None = None, key: str = "", **options):
    given = {"image": image or upload(), "prompt": "a hat", "seed": 7, **options}
    command = INPAINT if "where" in options or "mask" in options else IMG2IMG
    return await house.obey(Invocation(command, given), origin(**at, key=key or f"a{next(KEYS)}"))


async def refused(asking) -> RequestError:
    with pytest.raises(RequestError) as caught:
        await asking
    assert "{" not in replies.error(caught.value)
    return caught.value


@pytest.fixture
def read(monkeypatch):
    """List the pictures that were looked at."""
    looked_at, plainly = [], ReadingPool.read

    async def noted(pool, owner, data):
        looked_at.append(owner)
        return await plainly(pool, owner, data)

    monkeypatch.setattr(ReadingPool, "read", noted)
    return looked_at


async def test_whoever_has_had_their_pictures_of_the_day_has_no_file_looked_at(tmp_path, read):
    async with open_house(tmp_path) as house:
        await house.set(MOD, "per_day", "1")
        await house.drawn(ANN)
        broken = Upload("a.png", b"no picture")
        assert (await refused(draw_over(house, ANN, broken))).code == "daily_quota"
        assert (await refused(draw_over(house, BOB, broken))).code == "picture_format"
        assert read == ["discord:6"]


async def test_nothing_is_looked_at_or_looked_for_while_the_queue_is_full(tmp_path, read, monkeypatch):
    monkeypatch.setattr("tests.bot.rules.rules_house.Dispatcher", lambda *parts: Dispatcher(*parts, CAPS))
    async with open_house(tmp_path) as house:
        house.worker.hang()
        for _ in range(3):
            await house.imagine(ANN)
        for options in ({}, {"where": "the hat"}):
            assert (await refused(draw_over(house, ANN, **options))).code == "owner_queue_full"
        assert read == []


CAPS = Caps(max_waiting_per_owner=2)


async def test_a_person_sends_so_many_pictures_a_minute_whatever_becomes_of_them(tmp_path, read):
    async with open_house(tmp_path) as house:
        await house.set(MOD, "uploads_per_minute", "3")
        await draw_over(house, ANN)
        assert (await refused(draw_over(house, ANN, Upload("a.png", b"no picture")))).code == "picture_format"
        mix = Invocation(MIX, {"parts": "", "image1": upload(), "image2": upload()})
        error = await refused(house.obey(mix, origin(**ANN, key="mix")))
        assert (error.code, error.facts["limit"]) == ("uploads_too_fast", 3)
        assert 55 <= error.facts["seconds"] <= 60
        await draw_over(house, BOB)
        await draw_over(house, ANN | {"place": "discord:8/1"})
        await draw_over(house, ALONE)
        await draw_over(house, ANN)
        assert (await refused(draw_over(house, ANN))).code == "uploads_too_fast"
        assert len(read) == 6


async def test_all_people_of_a_place_together_send_so_many(tmp_path):
    async with open_house(tmp_path) as house:
        await house.set(MOD, "place_uploads_per_minute", "2")
        await draw_over(house, ANN)
        await draw_over(house, BOB)
        assert (await refused(draw_over(house, MOD))).code == "place_uploads_too_fast"
        await draw_over(house, ANN | {"place": "discord:1/3"})


async def test_the_operator_s_rate_counts_on_all_servers_together(tmp_path):
    rules = Rules(limits=Limits(uploads_per_minute=2, is_operators=True))
    async with open_house(tmp_path, rules) as house:
        await draw_over(house, ANN)
        await draw_over(house, ANN | {"place": "discord:8/1"})
        assert (await refused(draw_over(house, ANN | {"place": "discord:9/1"}))).code == "uploads_too_fast"


async def test_the_same_message_again_is_the_same_job_whatever_was_sent_since(tmp_path):
    async with open_house(tmp_path) as house:
        await house.set(MOD, "uploads_per_minute", "1")
        job = await draw_over(house, ANN, key="same")
        assert (await draw_over(house, ANN, key="same")).id == job.id
        again = Invocation(IMG2IMG, {"image": upload(), "prompt": "a hat"})
        visit = await house.service.visit(origin(**ANN, key="same"))
        await house.service.expect(visit, again)


async def test_a_surface_can_ask_before_it_fetches_anything(tmp_path):
    async with open_house(tmp_path) as house:
        await house.set(MOD, "uploads_per_minute", "1")
        visit = await house.service.visit(origin(**ANN, key="new"))
        await house.service.expect(visit, Invocation(IMG2IMG, {"prompt": "a hat"}), 1)
        await house.service.expect(visit, Invocation(IMG2IMG, {"prompt": "a hat"}), 1)  # which counts nothing
        await draw_over(house, ANN)
        with pytest.raises(RequestError, match="uploads_too_fast"):
            await house.service.expect(visit, Invocation(IMG2IMG, {"image": object()}))


async def test_nothing_is_searched_for_whoever_has_had_their_pictures_of_the_day(tmp_path, monkeypatch):
    searched = []

    async def search(*parts):
        searched.append(parts)
        raise RequestError("segment_nothing", value="x")

    monkeypatch.setattr(bot.service.service.masking, "by_words", search)
    async with open_house(tmp_path) as house:
        await house.set(MOD, "per_day", "1")
        assert (await refused(draw_over(house, ANN, where="the hat"))).code == "segment_nothing"
        await house.drawn(ANN)
        assert (await refused(draw_over(house, ANN, where="the hat"))).code == "daily_quota"
        assert len(searched) == 1


async def test_a_search_counts_as_one_more_picture_sent(tmp_path):
    async with open_house(tmp_path) as house:
        await house.set(MOD, "uploads_per_minute", "3")
        await draw_over(house, ANN, where="left")
        assert (await refused(draw_over(house, ANN, where="left"))).code == "uploads_too_fast"
        await draw_over(house, ANN)


async def test_a_person_s_searches_come_one_after_another(tmp_path, monkeypatch):
    under_way, beside = [], []

    async def search(words, picture, who, *parts):
        beside.append(under_way.count(who.owner))
        under_way.append(who.owner)
        await asyncio.sleep(0.05)
        under_way.remove(who.owner)
        raise RequestError("segment_nothing", value="x")

    monkeypatch.setattr(bot.service.service.masking, "by_words", search)
    async with open_house(tmp_path) as house:
        asked = (draw_over(house, at, where="the hat") for at in (ANN, ANN, ANN, BOB))
        await asyncio.gather(*asked, return_exceptions=True)
    assert beside == [0, 0, 0, 0]


def test_what_came_is_forgotten_after_a_minute():
    now = [1_000.0]
    arrivals, ann = Arrivals(lambda: now[0]), origin()
    bounds = (Limits(uploads_per_minute=2),)
    arrivals.add(1, ann)
    now[0] += 30
    arrivals.add(1, ann)
    with pytest.raises(RequestError) as caught:
        arrivals.check(1, ann, bounds)
    assert caught.value.facts == {"limit": 2, "seconds": 30}
    now[0] += 31
    arrivals.check(1, ann, bounds)
    now[0] += 60
    assert len(arrivals) == 0


def test_more_than_a_minute_s_worth_at_once_is_let_in_where_nothing_came_before():
    Arrivals().check(4, origin(), (Limits(uploads_per_minute=2),))


async def test_refused_words_fill_one_line_of_the_record_and_not_all_of_it(tmp_path):
    """A hundred of them pushed everything else out of what /audit shows."""
    async with open_house(tmp_path) as house:
        await house.set(MOD, "blocked_words", "fox, hen")
        for number in range(30):
            with pytest.raises(RequestError, match="prompt_blocked"):
                await house.imagine(ANN, prompt="a hen" if number == 7 else "a fox")
        with pytest.raises(RequestError, match="prompt_blocked"):
            await house.imagine(BOB, prompt="a hen")
        told = (await house.text("audit", MOD)).splitlines()
        assert len(told) == 3
        assert told[0].endswith("discord:6: was refused /imagine for a blocked word: hen")
        assert told[1].endswith("discord:5: was refused 30 times for blocked words, with /imagine: fox, hen")
