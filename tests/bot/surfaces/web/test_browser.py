"""The page in a real browser: what a person types, sees and saves."""

import asyncio
import io
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.surfaces.web.page import EXAMPLES
from engine.jobs import JobStatus
from tests.bot.surfaces.web.web_bot import WebBot

CHROMIUM = shutil.which("chromium")
# The browser's own errands (updates, safe browsing, QUIC) would be requests to the outside.
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
PREVIEW = "document.querySelector('#chat .bot img[src^=\"data:image/jpeg\"]')?.naturalWidth > 0"
HOSTILE = "@everyone <img src=http://example.com/x onerror=alert(1)> **bold** $$x^2$$"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),  # one browser for all
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed: apt-get install chromium"),
]


@pytest_asyncio.fixture(loop_scope="module")
async def bot(tmp_path) -> AsyncIterator[WebBot]:
    async with WebBot(tmp_path / "store", step_s=0.05).running() as bot:
        yield bot


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(bot, browser) -> AsyncIterator[Page]:
    """Open the page; whatever a test does there, it logs no error and asks nobody else for anything."""
    context = await browser.new_context(viewport=DESKTOP)
    page, errors, hosts = await context.new_page(), [], set()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    context.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    await open_page(page, bot)
    yield page
    assert errors == []
    assert hosts <= {"127.0.0.1", None}  # `None` is the host of data: and blob: addresses
    await context.close()


async def open_page(page: Page, bot: WebBot) -> None:
    await page.goto(bot.url)
    await expect(line(page)).to_be_visible(timeout=15_000)


def line(page: Page):
    return page.locator("#line textarea")


async def say(page: Page, words: str) -> None:
    await line(page).fill(words)
    await line(page).press("Enter")
    await expect(line(page)).to_have_value("")


async def shows(page: Page, words: str) -> None:
    await expect(page.locator("#chat").get_by_text(words).last).to_be_visible(timeout=10_000)


async def sees_picture(page: Page, where: str) -> None:
    """Wait until a picture is decoded there, 128 pixels wide; a preview, which comes without a file, is none."""
    is_it = "image => image.naturalWidth === 128 && !image.src.startsWith('data:')"
    script = f"[...document.querySelectorAll('{where} img')].some({is_it})"
    await page.wait_for_function(script, timeout=15_000)


async def test_a_person_types_a_prompt_watches_it_being_drawn_and_saves_the_file(bot, page):
    await say(page, "/imagine a red circle --seed 7")
    await shows(page, "▰")
    await sees_picture(page, "#chat")
    await shows(page, "seed 7 · 128x128 · 20 steps · guidance 1.5 · demo")
    async with page.expect_download() as downloading:
        await page.locator("#chat a.download-link").click()
    saved = await downloading.value
    await bot.until(JobStatus.POSTED)
    job = (await bot.store.jobs.with_status([JobStatus.POSTED]))[0]
    assert saved.suggested_filename == "kandinsky-7.png"
    assert await asyncio.to_thread(Path(await saved.path()).read_bytes) == (await bot.store.pictures(job.id))[0].data


async def test_what_is_typed_quickly_is_obeyed_line_by_line_and_shown_literally(bot, page):
    await say(page, f"{HOSTILE} --steps 150")
    await say(page, "/queue")
    await say(page, "/imagine a fox --steps 9999")
    await say(page, "/cancel")
    await shows(page, f"{HOSTILE} --steps 150")
    await shows(page, "steps must be between 1 and 150; 9999 is not.")
    await shows(page, "Cancelled.")
    assert await page.locator("#chat .md :is(img, strong, b, .katex)").count() == 0


async def test_a_reload_brings_the_chat_back_and_another_browser_sees_nothing(bot, page, browser):
    await say(page, "a red circle --steps 2")
    await sees_picture(page, "#chat")
    await page.reload()
    await sees_picture(page, "#chat")
    context = await browser.new_context()
    other = await context.new_page()
    await open_page(other, bot)
    await expect(other.get_by_text("What shall I draw?")).to_be_visible()
    await say(other, "/queue")
    await shows(other, "You have nothing in the queue.")
    assert await other.locator("#chat img").count() == 0
    await context.close()


async def test_an_example_is_written_into_the_line(page):
    await page.locator("#chat button", has_text=EXAMPLES[0]).click()
    await expect(line(page)).to_have_value(EXAMPLES[0])


async def test_the_form_draws_too(page):
    await page.get_by_role("tab", name="Form").click()
    await page.get_by_label("Prompt", exact=True).fill("a blue square")
    await page.get_by_role("button", name="Generate").click()
    await sees_picture(page, "#gallery")
    assert "“a blue square”" in await page.locator("#status textarea").input_value()


async def test_a_picture_is_sent_with_the_line_and_watched_being_drawn_over(bot, page, tmp_path):
    await page.locator("#line input[type=file]").set_input_files(photo(tmp_path))
    await expect(page.locator("#line img")).to_be_visible()
    await expect(line(page)).to_be_in_viewport(ratio=0.9)
    await say(page, "/img2img a fox --size 128x128")
    await expect(page.locator("#chat .user img")).to_be_visible()
    await expect(page.locator("#line img")).to_have_count(0)
    await page.wait_for_function(PREVIEW, timeout=10_000)
    await sees_picture(page, "#chat")
    await expect(page.locator("#chat img[src^='data:']")).to_have_count(0)
    request = await latest(bot)
    assert (request.mode, request.picture.width, request.picture.height) == ("img2img", 256, 192)


async def test_what_is_brushed_over_in_the_form_is_repainted(bot, page, tmp_path):
    await page.get_by_role("tab", name="Form").click()
    await page.get_by_text("Inpaint", exact=True).click()
    await expect(page.locator("#canvas canvas").first).to_be_visible(timeout=10_000)  # the editor is ready
    await page.locator("#canvas input[type=file]").first.set_input_files(photo(tmp_path))
    await expect(page.locator("#canvas").get_by_text("Upload an image")).to_be_hidden()
    await brush(page)
    await page.get_by_label("Prompt", exact=True).fill("a blue square")
    await page.get_by_role("textbox", name="Size").fill("128x128")
    await page.get_by_role("button", name="Generate").click()
    await sees_picture(page, "#gallery")
    request = await latest(bot)
    kept = await bot.store.inputs(request)
    picture, mask = [Image.open(io.BytesIO(kept[each.sha256])).convert("L") for each in request.pictures()]
    assert picture.size == mask.size == (256, 192)
    assert [mask.getpixel(place) for place in ((128, 96), (5, 5), (250, 5), (128, 186))] == [255, 0, 0, 0]


async def test_a_button_below_a_result_is_pressed_and_inpaint_opens_the_brush(bot, page):
    await say(page, "/imagine a red circle --size 128x128 --steps 2")
    await sees_picture(page, "#chat")
    await page.get_by_role("button", name="Edit prompt").click()
    await expect(line(page)).to_have_value(re.compile(r"^/again --of \w{10} a red circle $"))
    await page.get_by_role("button", name="Re-roll").click()
    await expect(page.get_by_role("button", name="Re-roll")).to_have_count(2, timeout=10_000)
    await page.get_by_role("button", name="Inpaint").last.click()
    await expect(page.locator("#canvas canvas").first).to_be_visible(timeout=10_000)
    await expect(page.get_by_label("Prompt", exact=True)).to_have_value("a red circle")
    await expect(page.locator("#canvas").get_by_text("Upload an image")).to_be_hidden()
    await brush(page)
    await page.get_by_role("button", name="Generate").click()
    await sees_picture(page, "#gallery")
    request = await latest(bot)
    mask = Image.open(io.BytesIO((await bot.store.inputs(request))[request.mask.sha256])).convert("L")
    assert (mask.size, mask.getpixel((64, 64)), mask.getpixel((5, 5))) == ((128, 128), 255, 0)


async def brush(page: Page) -> None:
    """Draw a line through the middle of the picture."""
    box = await page.locator("#canvas canvas").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await page.mouse.move(x - 30, y)
    await page.mouse.down()
    await page.mouse.move(x + 30, y, steps=5)
    await page.mouse.up()


async def latest(bot: WebBot):
    """Return what was asked for last by a person who has seen the pictures."""
    return (await bot.store.jobs.with_status([JobStatus.POSTING, JobStatus.POSTED]))[-1].request


def photo(folder: Path) -> Path:
    """Write a picture as a phone would send one."""
    Image.new("RGB", (256, 192), "blue").save(folder / "photo.jpg")
    return folder / "photo.jpg"


async def test_a_phone_needs_no_scrolling_to_type_or_to_see_the_answer(page, tmp_path):
    await page.set_viewport_size(PHONE)
    await say(page, "a red circle --steps 2 --seed 7")
    await sees_picture(page, "#chat")
    await expect(line(page)).to_be_in_viewport(ratio=0.9)
    await expect(page.locator("#chat img").last).to_be_in_viewport()
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]


async def test_a_german_browser_sees_a_german_page(bot, browser):
    context = await browser.new_context(viewport=DESKTOP, locale="de-DE")
    page = await context.new_page()
    await open_page(page, bot)
    await expect(page.locator("#head")).to_contain_text("Hier malt das kleine eingebaute Modell demo.")
    await expect(page.get_by_text("Was soll ich malen?")).to_be_visible()
    await page.get_by_role("tab", name="Formular").click()
    await page.get_by_text("Vergrößern", exact=True).click()
    await expect(page.locator("#about")).to_have_text("Male ein Bild in doppelter Größe")
    await expect(page.get_by_role("button", name="Malen")).to_be_visible()
    assert "__i18n__" not in await page.inner_text("body")
    await context.close()
