"""A result's buttons go on working after restarts and weeks, for those whom they are for."""

import io

from PIL import Image

from bot.surfaces.discord import attending
from bot.words.localisation import say
from engine.jobs import JobStatus
from tests.bot.surfaces.discord.bot import GatedWorker, has_pictures, is_begun
from tests.bot.surfaces.discord.killing import killed
from tests.bot.surfaces.discord.test_masks import files, mask
from tests.engine.pictures.sent_pictures import png
from tests.servers.discord import DEFER, SEND, Upload

WEEKS_S = 14 * 24 * 3600
SINGLE = [
    ["Variations", "Upscale", "Inpaint", "Outpaint", "Mix with…"],
    ["Re-roll", "Edit prompt", "Parameters", "Send as file", "Report"],
    ["Delete"],
]
SEVERAL = [
    [f"{verb} {number}" for number in (1, 2, 3, 4)] for verb in ("Variations", "Upscale", "Full size")
] + SINGLE[1:]  # fmt: skip
# What each form asks for, what a test fills in, and the words of what is drawn then.
FORMS = {
    "Outpaint": (["prompt", "extend", "ratio"], {"prompt": "a field", "extend": "left"}, ("a field",)),
    "Mix with…": (["parts", "image2"], {"image2": [Upload("cat.png", png())]}, ()),
    "Edit prompt": (["prompt"], {"prompt": "a blue square"}, ("a blue square",)),
}
DRAWING = {"Variations": "variations", "Upscale": "upscale", "Re-roll": "text2img"}


def rows(message) -> list[list[str]]:
    return [[part["label"] for part in row["components"]] for row in message.components]


async def answered(bot, message, label, user=None):
    """Press a button, and return the other message that answers it."""
    pressed = await bot.press(message, label, user)
    return await pressed.message(lambda it: it is not message and not it.loading)


async def drawn_anew(bot, interaction, message):
    answer = await interaction.message(lambda it: it is not message and has_pictures(it))
    await bot.ended()
    return answer, await bot.job(answer)


async def test_a_result_has_its_buttons_in_five_rows_of_five_at_most(server, bot):
    async with bot.running():
        single, several = await bot.draw(), await bot.draw(count=4)
    assert (rows(single), rows(several)) == (SINGLE, SEVERAL)
    assert single.components[0]["components"][0]["emoji"]["name"] == "✨"
    assert all(len(button.custom_id) <= 100 for button in several.buttons)


async def test_every_button_of_a_picture_works_after_a_restart_weeks_later(server, bot):
    async with bot.running():
        message = await bot.draw()
    bot.worker = GatedWorker()
    server.clock.advance(WEEKS_S)
    async with bot.running():
        before = await bot.job(message)
        for label, mode in DRAWING.items():
            pressed = await bot.press(message, label)
            assert (await pressed.acknowledged()).type == DEFER
            answer, job = await drawn_anew(bot, pressed, message)
            assert (job.request.mode, len(answer.attachments)) == (mode, 1)
            assert len(rows(answer)) == 3
        for label, (asked, values, texts) in FORMS.items():
            form = await (await bot.press(message, label)).modal()
            assert (form.title, form.fields) == (label, asked)
            _, job = await drawn_anew(bot, await server.submit(form, values), message)
            assert job.request.texts() == texts
        told = await answered(bot, message, "Parameters")
        assert (before.id in told.content, "seed 7" in told.content, told.ephemeral) == (True, True, True)
        [file] = (await answered(bot, message, "Send as file")).attachments
        [kept] = await bot.store.pictures(before.id)
        assert (file.filename, file.data) == (f"kandinsky-{before.id}-1.png", kept.data)
        assert (await answered(bot, message, "Report")).ephemeral
        assert say("deleted", job=before.id) in (await answered(bot, message, "Delete")).content
        assert message.deleted
        assert message not in bot.channel.messages


async def test_every_button_of_a_sheet_works_after_a_restart_weeks_later(server, bot):
    async with bot.running():
        message = await bot.draw(count=2)
    bot.worker = GatedWorker()
    server.clock.advance(WEEKS_S)
    async with bot.running():
        before = await bot.job(message)
        kept = await bot.store.pictures(before.id)
        for label, mode in (("Variations 2", "variations"), ("Upscale 1", "upscale")):
            _, job = await drawn_anew(bot, await bot.press(message, label), message)
            number = int(label[-1])
            [sent] = (await bot.store.inputs(job.request)).values()
            assert job.request.mode == mode
            assert pixels(sent) == pixels(kept[number - 1].data)
        full = await answered(bot, message, "Full size 2")
        assert [file.data for file in full.attachments] == [kept[1].data]
        assert (full.ephemeral, rows(full)[0][0]) == (False, "Variations 2")
        upscaled, _ = await drawn_anew(bot, await bot.press(full, "Upscale 2"), full)
        assert upscaled.attachments[0].size_px == (128, 128)
        assert len((await answered(bot, message, "Send as file")).attachments) == 2


async def test_inpaint_asks_for_its_mask_in_a_form_and_shows_it_before_it_is_used(server, bot):
    async with bot.running():
        message = await bot.draw(size="128x128")
    bot.worker = GatedWorker()
    async with bot.running():
        form = await (await bot.press(message, "Inpaint")).modal()
        assert form.fields == ["mask", "where", "prompt"]
        assert form.components[2]["component"]["value"] == "a red circle"
        sent = await server.submit(form, {"mask": [mask()], "prompt": "a hat"})
        shown = await sent.message(has_pictures)
        assert files(shown) == ["mask"]
    bot.worker = GatedWorker()
    async with bot.running():
        await (await bot.press(shown, "Go")).message(lambda it: files(it) == ["kandinsky"])
        job = await bot.ended()
    assert (job.request.mode, job.request.prompt) == ("inpaint", "a hat")


async def test_a_mix_calls_its_button_s_picture_the_first_and_the_form_s_the_second(server, bot):
    async with bot.running():
        message = await bot.draw()
        form = await (await bot.press(message, "Mix with…")).modal()
        values = {"parts": '"a cat" image2:0.2 image1:0.7', "image2": [Upload("cat.png", png())]}
        _, job = await drawn_anew(bot, await server.submit(form, values), message)
    cat, sent, own = job.request.parts
    assert (cat.text, sent.weight, own.weight) == ("a cat", 0.2, 0.7)
    assert (sent.picture.width, own.picture.width) == (128, 64)


async def test_what_others_may_press_is_what_leaves_a_person_s_pictures_alone(server, bot):
    bob = server.add_user("bob")
    async with bot.running():
        message = await bot.draw()
        refused = await answered(bot, message, "Delete", bob)
        job = await bot.job(message)
        assert refused.content == say("error-not-yours-to-delete", value=job.id)
        assert refused.ephemeral
        assert message in bot.channel.messages
        _, job = await drawn_anew(bot, await bot.press(message, "Variations", bob), message)
        assert job.owner == f"discord:{bob.id}"


async def test_a_moderator_deletes_anybody_s_picture(server, bot):
    bob = server.add_user("bob")
    bot.guild.moderators.append(bob)
    async with bot.running():
        message = await bot.draw()
        await answered(bot, message, "Delete", bob)
        assert await bot.store.jobs.with_status(list(JobStatus)) == []
    assert bot.channel.messages == []


async def test_nobody_else_uses_a_private_picture(server, bot):
    bob = server.add_user("bob")
    async with bot.running():
        await bot.store.settings.put(f"owner:discord:{bot.ada.id}", "private", True)
        message = await bot.draw()
        job = await bot.job(message)
        for label in ("Variations", "Send as file", "Inpaint", "Delete"):
            refused = await answered(bot, message, label, bob)
            assert (refused.content, refused.ephemeral) == (say("error-job-unknown", value=f"{job.id}"), True)
        assert say("deleted", job=job.id) in (await answered(bot, message, "Delete")).content
    assert message.deleted
    assert bot.channel.messages == []


async def test_a_private_picture_s_own_person_deletes_it_after_its_token_s_death(server, bot):
    async with bot.running():
        await bot.store.settings.put(f"owner:discord:{bot.ada.id}", "private", True)
        message = await bot.draw()
        server.clock.advance(WEEKS_S)
        await answered(bot, message, "Delete")
        assert await bot.store.jobs.with_status(list(JobStatus)) == []
    assert message.deleted


async def test_what_was_acknowledged_as_deleted_is_gone_whatever_comes_after(server, bot, monkeypatch):
    async with killed(bot, monkeypatch, attending, "promise_change", after=True):
        await bot.store.settings.put(f"owner:discord:{bot.ada.id}", "private", True)
        message = await bot.draw()
        pressed = await bot.press(message, "Delete")
    assert pressed.acknowledgement
    async with bot.running(token="a-wrong-one"):
        assert await bot.store.jobs.with_status(list(JobStatus)) == []


async def test_a_picture_of_a_deleted_job_and_a_button_of_another_kind_are_refused_in_a_sentence(server, bot):
    async with bot.running():
        message = await bot.draw()
        job = await bot.job(message)
        await bot.store.delete(job.id)
        gone = await answered(bot, message, "Variations")
        assert (gone.content, gone.ephemeral) == (say("error-job-unknown", value=job.id), True)
        message.components[0]["components"][0]["custom_id"] = "kandinsky:sharpen:0123456789:1"
        pressed = await bot.press(message, "Variations")
        assert (await pressed.acknowledged()).type == SEND
        unknown = await pressed.message(lambda it: it is not message)
    assert (unknown.content, unknown.ephemeral) == (say("error-button-unknown"), True)


async def test_a_waiting_picture_is_cancelled_by_its_button_but_not_by_others(server, bot):
    bob = server.add_user("bob")
    bot.worker.hang()
    async with bot.running():
        message = await (await bot.imagine()).message(is_begun)
        assert rows(message) == [["Cancel"]]
        assert (await answered(bot, message, "Cancel", bob)).ephemeral
        assert len(await bot.store.jobs.untold()) == 1
        await bot.press(message, "Cancel")
        await server.changes.until(lambda: say("cancelled") in message.content, 5, "its end")
        await bot.ended(JobStatus.CANCELLED)
    assert rows(message) == []


async def test_a_result_that_came_into_the_channel_has_its_buttons_and_can_be_deleted(server, bot):
    bot.worker.hang()
    async with bot.running():
        await (await bot.imagine()).message(is_begun)
        server.clock.advance(16 * 60)
        bot.worker.go_on()
        await bot.ended()
        [message] = bot.posted
        assert rows(message) == SINGLE
        await answered(bot, message, "Delete")
    assert bot.posted == []


def pixels(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).convert("RGB").tobytes()
