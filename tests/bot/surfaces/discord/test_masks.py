"""A mask is shown before it is used, and its person decides on it: in the same message, at any time."""

import io

import pytest
from PIL import Image, ImageDraw

from bot.surfaces.discord import attending
from bot.words.localisation import say
from engine.jobs import JobStatus
from tests.bot.surfaces.discord.bot import GatedWorker, has_pictures, is_begun
from tests.bot.surfaces.discord.killing import killed
from tests.engine.pictures.picture_files import file_of
from tests.engine.pictures.sent_pictures import png
from tests.servers.discord import DEFER_UPDATE, Upload

pytestmark = pytest.mark.usefixtures("quick_loop")

PHOTO = Upload("photo.png", png(128, 128))


def mask() -> Upload:
    image = Image.new("L", (128, 128))
    ImageDraw.Draw(image).rectangle((32, 32, 95, 95), fill=255)
    return Upload("mask.png", file_of(image))


async def asked_for_a_hat(bot, **options):
    """Ask for a repaint, and return its message with the mask."""
    everything = {"image": PHOTO, "mask": mask(), "prompt": "a hat", "steps": 2, **options}
    asked = await bot.server.slash("inpaint", everything, user=bot.ada, channel=bot.channel)
    return await asked.message(has_pictures)


async def held(bot):
    [job] = await bot.store.jobs.with_status([JobStatus.HELD])
    return job


async def white(bot, job) -> int:
    data = await bot.store.inputs(job.request)
    return Image.open(io.BytesIO(data[job.request.mask.sha256])).convert("L").histogram()[255]


async def drawn(bot, message):
    """Press Go, and return the job once its picture is there."""
    await (await bot.press(message, "Go")).message(lambda it: files(it) == ["kandinsky"])
    return await bot.ended()


def files(message) -> list[str]:
    return [file.filename.split("-")[0] for file in message.attachments]


async def test_a_mask_is_shown_then_the_same_message_shows_progress_and_the_picture(server, bot):
    async with bot.running():
        message = await asked_for_a_hat(bot)
        assert files(message) == ["mask"]
        assert message.content.endswith(say("mask-question"))
        assert [button.label for button in message.buttons] == ["Go", "Invert", "Grow", "Cancel"]
        bot.worker.hang()
        pressed = await bot.press(message, "Go")
        assert (await pressed.acknowledged()).type == DEFER_UPDATE
        assert await pressed.message(is_begun) is message
        assert [button.label for button in message.buttons] == ["Cancel"]
        bot.worker.go_on()
        job = await bot.ended()
    assert files(message) == ["kandinsky"]
    assert message.attachments[0].size_px == (128, 128)
    assert "Inpaint" in [button.label for button in message.buttons]
    assert job.request.mode == "inpaint"
    assert bot.channel.messages == [message]


async def test_every_button_below_a_mask_works_after_a_restart_weeks_later(server, bot):
    async with bot.running():
        message = await asked_for_a_hat(bot)
        before = await white(bot, await held(bot))
    for label, grown in (("Grow", True), ("Invert", False)):
        bot.worker = GatedWorker()
        server.clock.advance(14 * 24 * 3600)
        async with bot.running():
            shown = message.edits
            await bot.press(message, label)
            await server.changes.until(lambda shown=shown: message.edits > shown, 5, "the mask again")
            after = await white(bot, await held(bot))
            assert (after > before) if grown else (after + before > 0.9 * 128 * 128)
            before = after if grown else before
    bot.worker = GatedWorker()
    async with bot.running():
        await drawn(bot, message)
    assert files(message) == ["kandinsky"]


async def test_a_mask_that_is_cancelled_leaves_a_sentence(server, bot):
    async with bot.running():
        message = await asked_for_a_hat(bot)
        await (await bot.press(message, "Cancel")).message(lambda it: say("cancelled") in it.content)
        await bot.ended(JobStatus.CANCELLED)
    assert message.content.endswith(say("cancelled"))
    assert (message.attachments, message.buttons) == ([], [])


async def test_only_its_person_decides_on_a_mask_and_only_once(server, bot):
    bob = server.add_user("bob")
    async with bot.running():
        message = await asked_for_a_hat(bot)
        go = message.button("Go")
        refused = await (await bot.press(message, "Go", bob)).message(lambda it: it is not message)
        assert (await held(bot)).owner == f"discord:{bot.ada.id}"
        await drawn(bot, message)
        message.components[0]["components"][0]["custom_id"] = go  # an outdated app still shows it
        late = await (await server.press(message, go, bot.ada)).message(lambda it: it.ephemeral)
    assert (refused.content, refused.ephemeral) == (say("error-not-your-mask"), True)
    assert late.content == say("error-mask-decided")
    assert files(message) == ["kandinsky"]


async def test_a_mask_for_whose_promise_it_is_too_late_comes_into_the_channel(server, bot):
    server.faults.next("/interactions/*", status=404, code=10062)
    async with bot.running():
        message = await asked_for_a_hat(bot)
        assert bot.channel.messages == [message]
        await drawn(bot, message)
    assert bot.channel.messages == [message]
    assert files(message) == ["kandinsky"]


async def test_a_picture_for_which_the_press_is_too_old_too_comes_into_the_channel(server, bot):
    async with bot.running():
        message = await asked_for_a_hat(bot)
        bot.worker.hang()
        pressed = await bot.press(message, "Go")
        await pressed.message(is_begun)
        server.clock.advance(16 * 60)
        bot.worker.go_on()
        await pressed.message(lambda it: files(it) == ["kandinsky"])
        await bot.ended()
    assert [files(it) for it in bot.channel.messages] == [["mask"], ["kandinsky"]]


async def test_nothing_to_repaint_is_told_and_leaves_no_message(server, bot):
    options = {"image": PHOTO, "prompt": "a hat"}
    async with bot.running():
        asked = await server.slash("inpaint", options, user=bot.ada, channel=bot.channel)
        told = await asked.message(lambda it: it.content)
    assert (told.content, told.ephemeral) == (say("error-mask-missing"), True)
    assert bot.channel.messages == []


@pytest.mark.parametrize("who", ["private", "public"])
async def test_a_mask_is_as_private_as_its_picture(server, bot, who):
    async with bot.running():
        await bot.store.settings.put(f"owner:discord:{bot.ada.id}", "private", who == "private")
        message = await asked_for_a_hat(bot)
        assert message.ephemeral == (who == "private")
        await drawn(bot, message)
    assert files(message) == ["kandinsky"]
    assert message.ephemeral == (who == "private")


@pytest.mark.parametrize("acknowledged", [True, False])
async def test_a_press_of_go_that_a_kill_came_after_is_no_less_a_word(server, bot, monkeypatch, acknowledged):
    async with killed(bot, monkeypatch, attending, "promise_change", after=acknowledged):
        message = await asked_for_a_hat(bot)
        pressed = await bot.press(message, "Go")
    assert bool(pressed.acknowledgement) == acknowledged
    async with bot.running():
        await server.changes.until(lambda: files(message) == ["kandinsky"], 10, "the picture in the mask's place")
        await bot.ended()
    assert bot.channel.messages == [message]


async def test_a_mask_whose_change_was_acknowledged_is_shown_by_the_next_run(server, bot, monkeypatch):
    async with killed(bot, monkeypatch, attending, "promise_change", after=True):
        message = await asked_for_a_hat(bot)
        before = await white(bot, await held(bot))
        pressed = await bot.press(message, "Grow")
    shown = message.edits
    async with bot.running():
        await server.changes.until(lambda: message.edits > shown, 5, "the mask again")
        assert await white(bot, await held(bot)) > before
    assert pressed.acknowledgement
    assert files(message) == ["mask"]
