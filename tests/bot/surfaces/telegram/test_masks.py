"""A person says where to repaint in every way that an app has, sees it, and decides."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from bot.words.localisation import say
from engine.jobs import JobStatus
from engine.requests import Segment
from engine.workers import fake
from tests.bot.surfaces.telegram.bot import WAIT_S, decoded, shows
from tests.engine.pictures.sent_pictures import encoded, png

pytestmark = pytest.mark.usefixtures("quick_loop")

SHORT = "--steps 2 --seed 7"
STROKE = (40, 30, 90, 60)


def landscape(width: int = 192, height: int = 128) -> Image.Image:
    """Return a picture with as much in it as a photo has."""
    noise = np.random.default_rng(3).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


LANDSCAPE = encoded(landscape(), "PNG")


def painted(data: bytes, box: tuple[int, int, int, int] = STROKE) -> bytes:
    """Return what a person sends back who painted over the photo that `data` is."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    ImageDraw.Draw(image).rectangle(box, fill=(0, 255, 60))
    return encoded(image, "JPEG")


def black_and_white(size: tuple[int, int] = (192, 128), box: tuple[int, int, int, int] = STROKE) -> bytes:
    mask = Image.new("L", size)
    mask.paste(255, box)
    return encoded(mask, "PNG")


def transparent() -> bytes:
    image = landscape().convert("RGBA")
    image.paste((0, 0, 0, 0), STROKE)
    return encoded(image, "PNG")


@pytest.fixture
def finding(monkeypatch):
    """Let the fake worker find what words name: always at the same place."""

    def draw(request):
        if not isinstance(request, Segment):
            return [fake._paint(request, seed) for seed in request.seeds()]
        mask = Image.new("L", (request.picture.width, request.picture.height))
        mask.paste(255, STROKE)
        return [mask]

    monkeypatch.setattr("engine.workers.fake._draw", draw)


def is_question(message):
    return message.photo and "Go" in message.buttons


def is_result(message):
    return message.photo and not message.force_reply and "Go" not in message.buttons


async def press(bot, message, label, sender=None):
    return await (await bot.server.press(message, message.buttons[label], sender)).answered(timeout_s=WAIT_S)


async def mask_of(bot, job):
    kept = await bot.store.inputs(job.request)
    return np.asarray(decoded(kept[job.request.mask.sha256]).convert("L")) > 127


def overlap(mask, box=STROKE) -> float:
    """Return the intersection of a mask and a box over their union."""
    wanted = np.zeros_like(mask)
    wanted[box[1] : box[3], box[0] : box[2]] = True
    return (mask & wanted).sum() / (mask | wanted).sum()


async def held(bot):
    [job] = await bot.store.jobs.with_status([JobStatus.HELD])
    return job


async def test_a_photo_painted_over_becomes_a_mask_that_is_confirmed_after_a_restart(bot):
    async with bot.running():
        original = await bot.chat.send(photo=LANDSCAPE)
        asked = await bot.chat.send(
            photo=painted(original.photo), caption=f"/inpaint a red hat {SHORT}", reply_to=original
        )
        question = await bot.chat.wait(is_question, timeout_s=WAIT_S)
        assert overlap(await mask_of(bot, await held(bot))) > 0.8
    assert question.reply_to is asked
    assert question.caption == f"“a red hat”\n{say('mask-question')}"
    async with bot.running():
        assert await press(bot, question, "Go") == {}
        posted = await bot.chat.wait(is_result, timeout_s=WAIT_S)
        job = await bot.ended()
    assert (job.request.mode, job.request.prompt) == ("inpaint", "a red hat")
    assert question.buttons == {}
    assert posted.reply_to is asked


async def test_a_mask_is_inverted_and_grown_in_the_same_message_and_belongs_to_its_person(bot):
    bob = bot.server.add_user("Bob")
    group = bot.server.group("Studio", members=[bob, bot.alice])
    async with bot.running():
        original = await group.send(document=LANDSCAPE, sender=bot.alice)
        await group.send(
            document=black_and_white(), caption=f"/inpaint a hat {SHORT}", reply_to=original, sender=bot.alice
        )
        question = await group.wait(is_question, timeout_s=WAIT_S)
        first = await mask_of(bot, await held(bot))
        refused = await press(bot, question, "Go", bob)
        for label in ("Grow", "Invert"):
            shown = len(question.edits)
            assert await press(bot, question, label, bot.alice) == {}
            await bot.server.world.changes.until(lambda before=shown: len(question.edits) > before, WAIT_S)
        changed = await mask_of(bot, await held(bot))
        assert "Go" in question.buttons
        await press(bot, question, "Cancel", bot.alice)
        told = await group.wait(shows(say("cancelled")), timeout_s=WAIT_S)
    assert refused["text"] == say("error-not-your-mask")
    assert (first & changed).sum() == 0
    assert (~changed).sum() > first.sum()
    assert group.from_bot == [question, told]


@pytest.mark.parametrize("how", ["transparent file", "album", "words"])
async def test_a_mask_may_be_transparency_a_second_picture_or_words(bot, finding, how):
    words = f"/inpaint a red hat {SHORT}"
    async with bot.running():
        if how == "transparent file":
            await bot.chat.send(document=transparent(), caption=words)
        elif how == "album":
            await bot.chat.send_album([LANDSCAPE, black_and_white()], caption=words)
        else:
            await bot.chat.send(photo=LANDSCAPE, caption=f"{words} --where the hat")
        await press(bot, await bot.chat.wait(is_question, timeout_s=WAIT_S), "Go")
        job = await bot.ended()
        mask = await mask_of(bot, job)
    assert job.request.prompt == "a red hat"
    assert overlap(mask) > 0.9


async def test_a_picture_without_a_mask_is_asked_about_and_keeps_the_words(bot):
    async with bot.running():
        for kind in ("photo", "document"):  # a file might be transparent: that is seen only once it is there
            sent = await bot.chat.send(**{kind: LANDSCAPE}, caption=f"/inpaint a red hat {SHORT}")
            question = await bot.chat.wait(shows(say("ask-paint")), after=sent, timeout_s=WAIT_S)
            original = question.photo or question.document
            await bot.chat.send(photo=painted(original), reply_to=question)
            overlay = await bot.chat.wait(is_question, after=question, timeout_s=WAIT_S)
            assert overlap(await mask_of(bot, await held(bot))) > 0.8
            await press(bot, overlay, "Cancel")
            await bot.chat.wait(shows(say("cancelled")), after=overlay, timeout_s=WAIT_S)


async def test_a_result_is_painted_over_without_any_command(bot):
    async with bot.running():
        await bot.chat.send(f"/imagine a fox --size 192x128 {SHORT}")
        first = await bot.chat.wait(is_result, timeout_s=WAIT_S)
        await bot.ended()
        await bot.chat.send(photo=painted(first.photo), reply_to=first)
        question = await bot.chat.wait(lambda m: m.force_reply, timeout_s=WAIT_S)
        await bot.chat.send(f"a red hat {SHORT}", reply_to=question)
        overlay = await bot.chat.wait(is_question, timeout_s=WAIT_S)
        job = await held(bot)
        assert overlap(await mask_of(bot, job)) > 0.8
        await press(bot, overlay, "Go")
        await bot.chat.wait(is_result, after=overlay, timeout_s=WAIT_S)
        await bot.ended()
        await bot.chat.send(photo=painted(first.photo), caption="a blue hat", reply_to=first)
        await bot.chat.wait(is_question, after=bot.chat.messages[-2], timeout_s=WAIT_S)
        second = await held(bot)
    assert question.caption.startswith(f"{say('ask-prompt')}\n/inpaint")
    assert (job.request.prompt, second.request.prompt) == ("a red hat", "a blue hat")
    assert job.request.picture == second.request.picture  # the one that was drawn, not Telegram's photo of it


async def test_the_inpaint_button_asks_where_and_what(bot, finding):
    async with bot.running():
        await bot.chat.send(f"/imagine a fox --size 192x128 {SHORT}")
        first = await bot.chat.wait(is_result, timeout_s=WAIT_S)
        await bot.ended()
        label = next(text for text in first.buttons if "Inpaint" in text)
        assert await press(bot, first, label) == {}
        where = await bot.chat.wait(lambda m: m.force_reply, timeout_s=WAIT_S)
    async with bot.running():
        await bot.chat.send("the fox's tail", reply_to=where)
        what = await bot.chat.wait(lambda m: m.force_reply, after=where, timeout_s=WAIT_S)
        await bot.chat.send(f"a brush {SHORT}", reply_to=what)
        await press(bot, await bot.chat.wait(is_question, timeout_s=WAIT_S), "Go")
        job = await bot.ended()
    assert where.text.startswith(say("ask-paint"))
    assert where.reply_to is first
    assert what.text.endswith("--where the fox's tail")
    assert (job.request.mode, job.request.prompt) == ("inpaint", "a brush")


BAD_MASKS = [
    (black_and_white(box=(0, 0, 0, 0)), "The mask marks nothing"),
    (black_and_white(box=(0, 0, 192, 128)), "The mask marks everything"),
    (png(64, 128), "The painted picture has another shape"),
]


@pytest.mark.parametrize(("mask", "sentence"), BAD_MASKS, ids=[sentence for _, sentence in BAD_MASKS])
async def test_a_mask_that_is_of_no_use_is_explained(bot, mask, sentence):
    async with bot.running():
        original = await bot.chat.send(document=LANDSCAPE)
        await bot.chat.send(document=mask, caption="/inpaint a hat", reply_to=original)
        assert await bot.chat.wait(shows(sentence), timeout_s=WAIT_S)
        assert await bot.store.jobs.with_status(list(JobStatus)) == []


async def test_words_that_have_no_room_in_a_question_are_not_cut(bot):
    async with bot.running():
        await bot.chat.send(photo=LANDSCAPE, caption=f"/inpaint {'a red hat ' * 95}")
        assert await bot.chat.wait(shows(say("error-too-long-to-ask")), timeout_s=WAIT_S)


async def test_a_sheet_is_not_painted_over(bot):
    async with bot.running():
        await bot.chat.send(f"/imagine a fox --count 4 {SHORT}")
        sheet = await bot.chat.wait(is_result, timeout_s=WAIT_S)
        await bot.ended()
        await bot.chat.send(photo=painted(sheet.photo), reply_to=sheet)
        assert await bot.chat.wait(shows(say("error-paint-on-one")), timeout_s=WAIT_S)
