"""What the page offers below a result: pressed over HTTP, after a restart, and in the reader's language."""

import asyncio
import io
import re

import httpx
import pytest
import pytest_asyncio
from PIL import Image

from bot.commands.buttons import on_mask, on_result
from bot.commands.table import COMMANDS, DRAWING_COMMANDS
from bot.words.localisation import say, speaking
from engine.catalog import DEMO, Catalog
from engine.jobs import Job, JobStatus
from engine.requests import Batch, Inpaint
from tests.bot.surfaces.web.web_bot import Visitor, WebBot

SMALL = "--steps 2 --size 64x64"


pytestmark = pytest.mark.asyncio(loop_scope="module")  # one bot for most, each test with a browser of its own


@pytest.fixture(scope="module", autouse=True)
def quick_page():
    """Let a page that has everything ask again soon."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.surfaces.web.app.WAIT_S", 0.05)
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory):
    catalog = Catalog([DEMO])
    async with WebBot(tmp_path_factory.mktemp("store"), catalog=catalog).running() as bot:
        yield bot


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(bot):
    async with Visitor(bot.url) as visitor:
        yield visitor


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


async def latest(bot: WebBot) -> Job:
    """Return the job of the last result that a page has."""
    return (await bot.store.jobs.with_status([JobStatus.POSTING, JobStatus.POSTED]))[-1]


async def drawn(bot: WebBot, visitor: Visitor, words: str = f"two foxes --count 2 --seed 7 {SMALL}") -> Job:
    """Ask for pictures and wait until the page has them, with their buttons."""
    before = len(visitor.pictures)
    await visitor.say(words)
    await visitor.until(lambda page: len(page.pictures) > before)
    job = await latest(bot)
    while job.status is not JobStatus.POSTED:
        await asyncio.sleep(0.01)
        job = await bot.store.jobs.get(job.id)
    return job


async def more(visitor: Visitor, count: int) -> list[bytes]:
    """Wait for the pictures after the first `count`, and return their files."""
    await visitor.until(lambda page: len(page.pictures) > count and page.last != "…")
    return [await visitor.get(file) for file in visitor.pictures[count:]]


async def test_a_result_has_the_buttons_of_every_platform_below_it(bot, visitor):
    job = await drawn(bot, visitor)
    assert [key for key, _ in visitor.buttons] == [button.key for row in on_result(job) for button in row]
    assert [words for _, words in visitor.buttons][:2] == ["✨ Variations 1", "✨ Variations 2"]


async def test_a_button_of_one_picture_is_about_that_picture(bot, visitor):
    job = await drawn(bot, visitor)
    second = (await bot.store.pictures(job.id))[1]
    await visitor.press("Full size", 2)
    assert await more(visitor, 2) == [second.data]
    assert visitor.last.startswith(f"Number {job.id}.2\n")
    assert visitor.texts[-2] == f"🖼️ Full size 2 · {job.id}.2"
    await visitor.press("Variations", 2)
    await more(visitor, 3)
    request = (await latest(bot)).request
    assert request.mode == "variations"
    kept = Image.open(io.BytesIO((await bot.store.inputs(request))[request.picture.sha256]))
    assert kept.convert("RGB").tobytes() == Image.open(io.BytesIO(second.data)).convert("RGB").tobytes()


async def test_re_roll_parameters_and_files_are_about_the_whole_job(bot, visitor):
    job = await drawn(bot, visitor)
    await visitor.press("Parameters")
    await visitor.until(lambda page: page.last.startswith(f"Number {job.id}"))
    assert "seed 7, 8" in visitor.last
    await visitor.press("Send as file")
    files = await more(visitor, 2)
    assert files == [picture.data for picture in await bot.store.pictures(job.id)]
    assert [file["mime_type"] for file in visitor.pictures[2:]] == ["application/octet-stream"] * 2
    assert visitor.pictures[-1]["orig_name"] == f"kandinsky-{job.id}-2.png"
    await visitor.press("Re-roll")
    await more(visitor, 4)
    again = (await latest(bot)).request
    assert (again.prompt, again.count, again.seed == 7) == ("two foxes", 2, False)


async def test_what_asks_for_more_is_written_into_the_line_to_be_finished(bot, visitor):
    job = await drawn(bot, visitor, f"a fox {SMALL}")
    lines = {}
    for words in ("Edit prompt", "Outpaint", "Mix with"):
        line, tabs, *_ = await visitor.press(words)
        lines[words] = line["text"]
        assert tabs["selected"] == "chat"
    assert lines == {
        "Edit prompt": f"/again --of {job.id} a fox ",
        "Outpaint": f"/outpaint --of {job.id} --extend all a fox ",
        "Mix with": f"/mix --of {job.id} ",
    }
    for words, rest in (("Edit prompt", ""), ("Outpaint", "--steps 2"), ("Mix with", '"a hen" --steps 2')):
        await visitor.say(f"{lines[words]}{rest}")
        await more(visitor, len(visitor.pictures))
    assert [message.request.mode for message in (await bot.store.history.latest(job.owner, 4))] == [
        "mix", "outpaint", "text2img", "text2img",
    ]  # fmt: skip


async def test_inpaint_loads_the_picture_below_the_forms_brush(bot, visitor):
    job = await drawn(bot, visitor, f"a fox {SMALL}")
    line, tabs, command, canvas, prompt = await visitor.press("Inpaint")
    assert (tabs["selected"], command, prompt) == ("form", "inpaint", "a fox")
    assert line["__type__"] == "update"
    background = await visitor.get(canvas["background"])
    made = (await bot.store.pictures(job.id))[0].data
    assert Image.open(io.BytesIO(background)).tobytes() == Image.open(io.BytesIO(made)).tobytes()


async def test_delete_takes_the_pictures_out_of_the_chat_and_off_the_disk(bot, visitor):
    job = await drawn(bot, visitor)
    files = list(visitor.pictures)
    await visitor.press("Full size", 1)
    await more(visitor, 2)
    await visitor.press("Delete")
    await visitor.until(lambda page: not page.pictures)
    assert visitor.texts.count(f"Deleted {job.id}.") == 2
    assert visitor.buttons == []
    with pytest.raises(KeyError):
        await bot.store.jobs.get(job.id)
    for file in files:
        assert (await visitor.http.get(file["url"])).status_code in (403, 404)


async def test_a_strangers_button_does_nothing(bot, visitor):
    job = await drawn(bot, visitor, f"a fox {SMALL}")
    async with Visitor(bot.url) as stranger:
        for key in (f"full:{job.id}:1", f"delete:{job.id}:0", f"inpaint:{job.id}:0", f"go:{job.id}:0"):
            await stranger.call("press", key)
            await stranger.until(lambda page: page.last.startswith("There is no job"))
            stranger.open_page()
        for key in ("", "full", "burn:1:1", None):
            await stranger.call("press", key)
        await stranger.until(lambda page: page.last == say("error-button-unknown"))
        assert stranger.pictures == []
    assert (await bot.store.jobs.get(job.id)).status is JobStatus.POSTED


async def test_a_typed_mask_is_shown_before_it_is_used(bot, visitor):
    picture, mask = Image.new("RGB", (128, 128), "blue"), Image.new("L", (128, 128))
    mask.paste(255, (0, 0, 64, 128))
    files = [await visitor.upload(png(image)) for image in (picture, mask)]
    await visitor.say("/inpaint a fox --steps 2", *files)
    await visitor.until(lambda page: page.buttons)
    [held] = await bot.store.jobs.with_status([JobStatus.HELD])
    assert [key for key, _ in visitor.buttons] == [button.key for row in on_mask(held) for button in row]
    assert visitor.last.endswith(say("mask-question"))
    before = await visitor.get(visitor.pictures[-1])
    await visitor.press("Invert")
    await visitor.until(lambda page: page.pictures[-1]["orig_name"].startswith("mask"))
    after = visitor.pictures[-1]
    assert [tinted(data) for data in (before, await visitor.get(after))] == [(True, False), (False, True)]
    await visitor.press("Go")
    await visitor.until(lambda page: "Re-roll" in str(page.buttons))
    request = (await latest(bot)).request
    assert isinstance(request, Inpaint)
    used = Image.open(io.BytesIO((await bot.store.inputs(request))[request.mask.sha256])).convert("L")
    assert (used.getpixel((9, 9)), used.getpixel((120, 9))) == (0, 255)
    await visitor.call("press", f"grow:{held.id}:0")
    await visitor.until(lambda page: page.last == say("error-mask-decided"))


def tinted(overlay: bytes) -> tuple[bool, bool]:
    """Tell of the left and the right half of a blue picture whether it is tinted."""
    image = Image.open(io.BytesIO(overlay)).convert("RGB")
    return tuple(image.getpixel((x, 64))[0] > 60 for x in (16, 112))


async def test_a_mask_can_be_forgotten(bot, visitor):
    half = Image.new("RGBA", (128, 128), "blue")
    half.paste((0, 0, 0, 0), (0, 0, 64, 64))
    await visitor.say("/inpaint a fox", await visitor.upload(png(half)))
    await visitor.until(lambda page: page.buttons)
    await visitor.press("Cancel")
    await visitor.until(lambda page: "Cancelled." in page.last and not page.buttons)


async def test_several_prompts_come_in_lines_or_in_a_file(bot, visitor):
    await visitor.say(f"/batch {SMALL}\na fox in the snow\na hen", await visitor.upload(b"an owl\n", "more.txt"))
    await visitor.until(lambda page: len(page.pictures) >= 3 and page.buttons)
    request = (await latest(bot)).request
    assert isinstance(request, Batch)
    assert request.prompts == ("a fox in the snow", "a hen", "an owl")
    await visitor.draw(command="batch", prompts="a fox\n\na hen", list=await visitor.upload(b"an owl", "more.txt"))
    await visitor.until(lambda page: len(page.gallery) == 3)
    assert (await latest(bot)).request.prompts == ("a fox", "a hen", "an owl")


async def test_the_form_takes_looks(bot, visitor):
    await visitor.draw(caption="Hello", enhance=True, style="none")
    await visitor.until(lambda page: page.gallery)
    request = (await latest(bot)).request
    assert (request.caption, request.enhance, request.style) == ("Hello", True, None)


async def test_covered_pictures_are_shown_to_whoever_points_at_them(bot, visitor):
    job = await drawn(bot, visitor, f"a fox {SMALL}")
    await bot.store.settings.put(f"owner:{job.owner}", "spoiler", True)
    await visitor.say(f"a hen {SMALL}")
    await visitor.until(lambda page: "covered" in str(page.chat[-1]))
    [address] = re.findall(r'class="covered" src="([^"]+)"', str(visitor.chat[-1]))
    made = (await bot.store.pictures((await latest(bot)).id))[0].data
    assert (await visitor.http.get(f"/{address}")).content == made
    assert len(visitor.pictures) == 1
    await visitor.draw()
    await visitor.until(lambda page: page.preview.count("covered") == 2)
    assert not visitor.gallery


# What is typed, and the words that answer it; those that draw are asked for in `test_web_pictures` and above.
ANSWERED = {
    "/again --of {job} a hen": "“a hen”",
    "/queue": "You have nothing in the queue.",
    "/cancel": "You have nothing waiting or running.",
    "/history": "{job}: done",
    "/show {job}": "Number {job}",
    "/settings": "Not set: ",
    "/settings count 1": "count is now 1 (yours).",
    "/styles": "No styles are set up here.",
    "/models": "demo: 128x128",
    "/stats": "pictures: ",
    "/privacy": "Kept about you",
    "/report {job}": "There are no moderators here.",
    "/audit": "That is for moderators.",
    "/help": "/imagine: Draw a picture from words",
    "/delete {job}": "Deleted {job}.",
}


async def test_each_command_that_draws_nothing_new_is_answered_in_the_chat(bot, visitor):
    job = await drawn(bot, visitor)
    for words, answer in ANSWERED.items():
        await visitor.say(words.format(job=job.id))
        await visitor.until(lambda page, answer=answer: answer.format(job=job.id) in page.last)
    drawing = {*(command.name for command in DRAWING_COMMANDS), "start"}
    tried = {words.split()[0].removeprefix("/") for words in ANSWERED}
    assert tried == {command.name for command in COMMANDS if "web" in command.surfaces} - drawing


async def test_a_german_reads_german_and_a_setting_outweighs_the_browser(bot):
    async with Visitor(bot.url, language="de-AT,de;q=0.9") as visitor:
        job = await drawn(bot, visitor, f"ein Fuchs --seed 7 {SMALL}")
        with speaking("de"):
            assert visitor.buttons[0][1] == f"✨ {say('button-variations')}"
            assert say("caption-steps", steps=2) in visitor.last
            await visitor.say("/paint")
            await visitor.until(lambda page: page.last.startswith(say("error-unknown-command", value="paint")[:20]))
        await bot.store.settings.put(f"owner:{job.owner}", "language", "ru")
        await visitor.say("/history")
        with speaking("ru"):
            await visitor.until(lambda page: page.last.endswith(say("history-hint")))


async def test_buttons_work_after_a_restart_and_show_brings_them_back(tmp_path):
    bot = WebBot(tmp_path, step_s=0.02)
    async with bot.running(), Visitor(bot.url) as visitor:
        job = await drawn(bot, visitor)
        await bot.until(JobStatus.POSTED)
        made = [picture.data for picture in await bot.store.pictures(job.id)]
        cookies, left_open = visitor.http.cookies, visitor.buttons
    async with bot.running(), Visitor(bot.url, httpx.Cookies(cookies)) as visitor:
        await visitor.look()
        assert visitor.chat == []
        await visitor.call("press", next(key for key, words in left_open if "Full size 2" in words))
        assert await more(visitor, 0) == made[1:]
        await visitor.say("/history")
        await visitor.until(lambda page: job.id in page.last)
        await visitor.say(f"/show {job.id}")
        assert await more(visitor, 1) == made
        shown = [key for key, _ in visitor.buttons]
        assert [button.key for row in on_result(job) for button in row] == shown[-len(left_open) :]
        await visitor.say(f"/imagine a fox --steps 150 {SMALL[10:]}")
        await visitor.until(lambda page: "▰" in page.last)
        await visitor.press("Cancel")
        await visitor.until(lambda page: page.last.endswith("Cancelled."))
