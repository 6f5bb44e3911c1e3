"""The page keeps its promises over HTTP: pictures as they were made, each to its owner, a sentence for every slip."""

import asyncio
import io
import re
import time
from types import SimpleNamespace

import httpx
import pytest
from PIL import Image

from bot.commands.table import QUEUE
from bot.surfaces.web.words import word
from bot.words import replies
from bot.words.localisation import say
from engine.catalog import DEMO, KANDINSKY_2_2, Catalog
from engine.jobs import JobStatus
from tests.bot.surfaces.web.web_bot import Visitor, WebBot

SMALL = "--size 64x64 --steps 2"
HOSTILE = "@everyone <img src=x onerror=alert(1)> **bold**"
SENTENCES = [
    ("/imagine", "The prompt is empty"),
    ("x" * 5_000, "5,000 characters, at most 2,000"),
    ("/mix " + "a|" * 15_000, "30,005 characters, at most 24,000 are read"),
    ("/imagine a fox --steps 9999", "must be between 1 and 150; 9999 is not"),
    ("/imagine a fox --size 63x70000", "demo cannot draw 63x70000"),
    ("/imagine a fox --stepz 3", "There is no option --stepz"),
    ("/imagine a fox --model sdxl", "There is no model sdxl here"),
    ("/paint a fox", "There is no command /paint"),
    ("/", "There is no command /"),
    ("/cancel", "You have nothing waiting or running"),
]


@pytest.fixture(autouse=True)
def quick_page(monkeypatch):
    """Let a page that has everything ask again soon."""
    monkeypatch.setattr("bot.surfaces.web.app.WAIT_S", 0.05)


@pytest.fixture
async def bot(tmp_path):
    async with WebBot(tmp_path).running() as bot:
        yield bot


@pytest.fixture
async def visitor(bot):
    async with Visitor(bot.url) as visitor:
        yield visitor


def has_pictures(visitor: Visitor) -> bool:
    return bool(visitor.pictures)


def pixels(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).convert("RGB").tobytes()


async def picture(visitor: Visitor, words: str) -> bytes:
    """Ask for a picture and return its file."""
    before = len(visitor.pictures)
    await visitor.say(words)
    await visitor.until(lambda page: len(page.pictures) > before)
    return await visitor.get(visitor.pictures[-1])


async def test_a_typed_command_becomes_the_very_file_that_was_made(bot, visitor):
    data = await picture(visitor, "/imagine a red circle --seed 7")
    await bot.until(JobStatus.POSTED)
    job = (await bot.store.jobs.with_status([JobStatus.POSTED]))[0]
    assert data == (await bot.store.pictures(job.id))[0].data
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.size) == ("PNG", (128, 128))
    assert image.info["parameters"].startswith("a red circle\nSteps: 20, CFG scale: 1.5")
    assert visitor.texts == ["/imagine a red circle --seed 7", replies.caption(job)]
    assert visitor.pictures[0]["orig_name"] == "kandinsky-7.png"


async def test_the_same_seed_draws_the_same_pixels(visitor):
    first, second, other = [await picture(visitor, f"/imagine a fox --seed {seed} {SMALL}") for seed in (7, 7, 8)]
    assert pixels(first) == pixels(second) != pixels(other)


async def test_words_without_a_slash_are_a_prompt(bot, visitor):
    await picture(visitor, f"a fox {SMALL}")
    await bot.until(JobStatus.POSTED)
    assert (await bot.store.jobs.with_status([JobStatus.POSTED]))[0].request.prompt == "a fox"


async def test_progress_is_shown_in_place_of_the_answer(tmp_path):
    async with WebBot(tmp_path, step_s=0.1).running() as bot, Visitor(bot.url) as visitor:
        await visitor.say("/imagine a fox --steps 8 --size 64x64")
        await visitor.until(lambda page: "▰" in page.last)
        assert len(visitor.texts) == 2
        await visitor.until(has_pictures)
        assert len(visitor.texts) == 2


async def test_each_slip_is_answered_with_one_sentence(visitor):
    for words, sentence in SENTENCES:
        await visitor.say(words)
        await visitor.until(lambda page, sentence=sentence: sentence in page.last)
        assert "Traceback" not in visitor.last
        assert len(visitor.texts[-2]) <= 2_001


async def test_half_an_emoji_is_drawn_as_a_question_mark(visitor):
    await visitor.say(f"\ud83d fox {SMALL}")
    await visitor.until(has_pictures)
    assert visitor.texts[0] == f"? fox {SMALL}"
    await visitor.draw(prompt="\ud83d hen")
    await visitor.until(lambda page: page.gallery)
    assert "“? hen”" in visitor.status


async def test_an_empty_line_says_nothing(visitor):
    await visitor.say("   ")
    await visitor.look()
    assert visitor.chat == []


async def test_hostile_words_reach_the_page_as_words(visitor):
    await visitor.say(f"{HOSTILE} {SMALL}")
    await visitor.until(has_pictures)
    assert visitor.texts[0] == f"{HOSTILE} {SMALL}"
    assert f"“{HOSTILE}”" in visitor.last
    raw = "".join(part["text"] for message in visitor.chat for part in message["content"] if "text" in part)
    assert set(re.findall("<[^ >]+", raw)) <= {"<div", "</div", "<button", "</button"}


async def test_a_defect_is_logged_and_answered_with_a_sentence(bot, visitor, monkeypatch):
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr(bot.service, "obey", broken)
    await visitor.say("a fox")
    await visitor.until(lambda page: len(page.texts) == 2 and page.last != "…")
    assert visitor.last == say("error-engine-error")


async def test_the_form_draws_through_the_same_table(bot, visitor):
    await visitor.draw(negative="blur")
    await visitor.until(lambda page: page.gallery)
    await bot.until(JobStatus.POSTED)
    job = (await bot.store.jobs.with_status([JobStatus.POSTED]))[0]
    asked = job.request.model_dump(exclude={"mode", "exact", "quality", "savings"})
    assert asked == {
        "prompt": "a red circle", "negative_prompt": "blur", "width": 128, "height": 64, "steps": 2,
        "guidance_scale": 4.0, "seed": 7, "count": 2, "model": "demo",
            "style": None, "caption": "", "enhance": False,
    }  # fmt: skip
    made = [picture.data for picture in await bot.store.pictures(job.id)]
    assert [await visitor.get(entry["image"]) for entry in visitor.gallery] == made
    assert visitor.status == replies.caption(job)
    assert len(visitor.pictures) == 2


async def test_the_forms_slips_are_answered_beside_it(visitor):
    await visitor.draw(prompt="")
    await visitor.until(lambda page: "The prompt is empty" in page.status)
    await visitor.draw(steps=9999)
    await visitor.until(lambda page: "9999 is not" in page.status)
    await visitor.draw(width=63)
    await visitor.until(lambda page: "demo cannot draw 63x64" in page.status)
    await visitor.draw(prompt="a" * 300_000)
    await visitor.until(lambda page: "at most 24,000 are read" in page.status)


async def test_a_negative_seed_in_the_form_means_any(bot, visitor):
    await visitor.draw(seed=-1)
    await visitor.until(lambda page: page.gallery)


async def test_choosing_a_model_in_the_form_brings_its_bounds(tmp_path):
    bot = WebBot(tmp_path, catalog=Catalog([DEMO, KANDINSKY_2_2]))
    async with bot.running(), Visitor(bot.url) as visitor:
        command, width, height, steps, guidance = await visitor.call("defaults", "kandinsky-2-2", "morph")
    assert (width["minimum"], width["maximum"], width["value"], width["step"]) == (256, 1536, 768, 64)
    assert (height["value"], steps, guidance) == (768, 50, 4)
    assert command["value"] == "morph"
    assert [word("web-title-depth"), "depth"] in [list(choice) for choice in command["choices"]]


async def test_only_a_bot_with_the_demo_model_alone_says_so(tmp_path):
    for catalog, is_said in ((Catalog([DEMO]), True), (Catalog([KANDINSKY_2_2, DEMO]), False)):
        async with WebBot(tmp_path, catalog=catalog).running() as bot, Visitor(bot.url) as visitor:
            page = (await visitor.http.get("/config")).json()
            assert (
                any(word("web-demo-note") in str(part["props"].get("value")) for part in page["components"]) is is_said
            )
            assert page["i18n_translations"]["de"]["web-demo-note"].startswith("Hier malt das kleine eingebaute Modell")


async def test_two_browsers_are_two_owners(tmp_path):
    bot = WebBot(tmp_path, step_s=0.05)
    async with bot.running(), Visitor(bot.url) as ada, Visitor(bot.url) as ben:
        await ada.say("/imagine a fox --steps 60 --size 64x64")
        await ada.until(lambda page: "▰" in page.last)
        job = (await bot.store.jobs.with_status([JobStatus.LEASED]))[0]
        await ben.look()
        assert ben.chat == []
        await ben.say(f"/cancel {job.id}")
        await ben.until(lambda page: page.last == say("error-no-job"))
        await ben.say("/queue")
        await ben.until(lambda page: "You have nothing in the queue" in page.last)
        assert job.id not in "".join(ben.texts[1:])
        assert (await bot.store.jobs.get(job.id)).status is JobStatus.LEASED


async def test_what_is_stored_of_an_owner_does_not_open_their_chat(bot, visitor):
    await picture(visitor, f"a fox {SMALL}")
    await bot.until(JobStatus.POSTED)
    owner = (await bot.store.jobs.with_status([JobStatus.POSTED]))[0].owner
    cookie = visitor.http.cookies["kandinsky-bot"]
    assert cookie not in owner
    async with Visitor(bot.url, httpx.Cookies({"kandinsky-bot": owner.removeprefix("web:")})) as thief:
        await thief.look()
        assert thief.chat == []


async def test_the_cookie_is_kept_from_scripts_and_other_sites(bot):
    async with httpx.AsyncClient(trust_env=False) as http:
        cookie = (await http.get(bot.url)).headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "set-cookie" not in (await http.get(bot.url)).headers


async def test_several_jobs_wait_at_once_and_a_running_one_is_cancelled(tmp_path):
    bot = WebBot(tmp_path, step_s=0.05)
    async with bot.running(), Visitor(bot.url) as visitor:
        await asyncio.gather(*(visitor.say(f"/imagine fox {n} --steps 100 --size 64x64") for n in range(3)))
        await visitor.until(lambda page: any("▰" in text for text in page.texts))
        await visitor.say("/queue")
        await visitor.until(lambda page: "2 waiting in all" in page.last)
        await visitor.say("/cancel all")
        await visitor.until(lambda page: page.last == "Stopped 3 pictures.")
        await visitor.until(lambda page: sum("Cancelled." in text for text in page.texts) == 3)
        await bot.until(JobStatus.CANCELLED, count=3)


async def test_a_hundred_queue_commands_are_answered_while_a_picture_is_drawn(tmp_path):
    bot = WebBot(tmp_path, step_s=0.02)
    async with bot.running(), Visitor(bot.url) as visitor:
        await visitor.say("/imagine a fox --steps 150 --size 64x64")
        slowest_s = 0.0
        for _ in range(100):
            began = time.monotonic()
            await visitor.say(f"/{QUEUE.name}")
            slowest_s = max(slowest_s, time.monotonic() - began)
        await visitor.look()
        assert visitor.last.endswith("Nobody is waiting.")
        assert slowest_s < 0.5


async def test_a_reload_shows_the_chat_again(bot, visitor):
    await picture(visitor, f"a fox {SMALL}")
    shown = visitor.chat
    visitor.open_page()
    await visitor.look()
    assert visitor.chat == shown


async def test_a_picture_waits_for_its_owner_over_a_restart(tmp_path):
    bot = WebBot(tmp_path)
    async with bot.running(), Visitor(bot.url) as visitor:
        await visitor.say(f"/imagine a red circle --seed 7 {SMALL}")
        await bot.until(JobStatus.POSTING)
        cookies = visitor.http.cookies
    async with bot.running(), Visitor(bot.url, cookies) as visitor, Visitor(bot.url) as stranger:
        await bot.until(JobStatus.POSTING)
        await stranger.look()
        assert stranger.chat == []
        await visitor.until(has_pictures)
        assert "seed 7" in visitor.last
        assert Image.open(io.BytesIO(await visitor.get(visitor.pictures[0]))).size == (64, 64)
        await bot.until(JobStatus.POSTED)


@pytest.mark.parametrize("clock", ["goes on", "is set back"])
async def test_a_page_left_open_over_a_restart_goes_on(tmp_path, monkeypatch, clock):
    bot = WebBot(tmp_path)
    async with bot.running(), Visitor(bot.url) as visitor:
        await picture(visitor, f"a fox {SMALL}")
        seen, cookies = visitor.seen, visitor.http.cookies
    if clock == "is set back":
        monkeypatch.setattr("bot.surfaces.web.chats.time", SimpleNamespace(time_ns=lambda: 0))
    async with bot.running(), Visitor(bot.url, cookies) as visitor:
        visitor.seen = seen
        await picture(visitor, f"a hen {SMALL}")


async def test_an_idle_page_hardly_wakes_the_loop(tmp_path):
    async with WebBot(tmp_path).running():
        loop, wakes = asyncio.get_running_loop(), 0
        original = loop._selector.select

        def counted(timeout=None):
            nonlocal wakes
            wakes += 1
            return original(timeout)

        loop._selector.select = counted
        await asyncio.sleep(1)
    # Twice for each tick: ten of uvicorn, and a few of Gradio's.
    assert wakes < 60, "Gradio's own queue polls every millisecond"


async def test_a_stopped_page_gives_its_port_back(tmp_path):
    bot = WebBot(tmp_path)
    for _ in range(2):
        async with bot.running():
            assert bot.web.address == f"http://localhost:{bot.settings.port}"


async def test_with_auth_nothing_is_shown_before_the_password(tmp_path):
    bot = WebBot(tmp_path, auth="ada:a:password")
    async with bot.running(), Visitor(bot.url) as visitor:
        assert (await visitor.http.get("/config")).status_code == 401
        assert (await visitor.http.get("/gradio_api/info")).status_code == 404
        said = await visitor.http.post("/gradio_api/run/say", json={"data": [{"text": "a fox", "files": []}]})
        assert said.status_code == 401
        wrong = await visitor.http.post("/login", data={"username": "ada", "password": "wrong"})
        assert wrong.status_code == 400
        await visitor.http.post("/login", data={"username": "ada", "password": "a:password"})
        await picture(visitor, f"a fox {SMALL}")


async def test_the_page_serves_no_file_of_the_machine_and_fetches_none(bot, visitor):
    for path in (
        "/etc/hostname",
        "pyproject.toml",
        str(bot.path / "jobs.sqlite3"),
        "http://127.0.0.1:9/",
        "https://a.b/",
    ):
        assert (await visitor.http.get(f"/gradio_api/file={path}")).status_code in (403, 404)


async def test_gradio_tells_its_makers_nothing(visitor):
    config = (await visitor.http.get("/config")).json()
    assert config["analytics_enabled"] is False
    assert "stylesheets" not in config or config["stylesheets"] == []
    assert config["footer_links"] == []
