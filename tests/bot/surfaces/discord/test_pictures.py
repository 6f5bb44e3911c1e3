"""Pictures come in as Discord's attachments, and every command about pictures answers with one."""

import io

import pytest
from PIL import Image

from bot.surfaces.discord.commands import MENU
from bot.words.localisation import say
from engine.jobs import JobStatus
from tests.bot.surfaces.discord.bot import has_pictures
from tests.engine.pictures.sent_pictures import BAD_FILES, frames, paint_frames, png
from tests.servers.discord import DEFER, MODAL, SEND, Upload

pytestmark = pytest.mark.usefixtures("quick_loop")

PHOTO = Upload("photo.png", png())
MASK = Upload("mask.png", png(colour="white"))
SMALL = {"steps": 2, "seed": 7}
# Every command about pictures with options, and the size of what it draws.
USES = [
    ("img2img", {"image": PHOTO, "prompt": "a fox", "strength": 0.5}, (128, 64)),
    ("outpaint", {"image": PHOTO, "prompt": "a field", "extend": "top, bottom"}, (128, 128)),
    ("mix", {"parts": '"a cat":0.6 image1:0.3', "image1": PHOTO, "image2": MASK}, (128, 128)),
    ("variations", {"image": PHOTO}, (128, 64)),
    ("upscale", {"image": PHOTO}, (256, 128)),
]


@pytest.mark.parametrize(("name", "options", "size"), USES, ids=[use[0] for use in USES])
async def test_a_command_draws_from_the_pictures_attached_to_it(server, bot, name, options, size):
    async with bot.running():
        asked = await server.slash(name, {**options, **SMALL}, user=bot.ada, channel=bot.channel)
        assert (await asked.acknowledged()).type == DEFER
        message = await asked.message(has_pictures)
        job = await bot.ended()
        kept = await bot.store.inputs(job.request)
    assert bot.posted == [message]
    assert message is asked.original
    [picture] = [Image.open(io.BytesIO(file.data)) for file in message.attachments]
    picture.load()
    assert (picture.format, picture.size) == ("PNG", size)
    sent = [value for value in options.values() if isinstance(value, Upload)]
    pixels = {Image.open(io.BytesIO(upload.data)).tobytes() for upload in sent}
    assert {Image.open(io.BytesIO(data)).tobytes() for data in kept.values()} == pixels


async def test_a_model_without_depth_says_which_have_it(server, bot):
    async with bot.running():
        options = {"image": PHOTO, "prompt": "a fox"}
        asked = await server.slash("depth", options, user=bot.ada, channel=bot.channel)
        message = await asked.message(lambda message: message.content)
    assert "demo cannot do controlnet. These can: kandinsky-2-2" in message.content


async def test_a_morph_comes_as_an_animation_and_its_sheet(server, bot, monkeypatch):
    monkeypatch.setattr("engine.workers.fake._draw", paint_frames)
    options = {"parts": '"a cat"', "image1": PHOTO, "frames": 3, **SMALL}
    async with bot.running():
        asked = await server.slash("morph", options, user=bot.ada, channel=bot.channel)
        message = await asked.message(has_pictures)
        job = await bot.ended()
        drawn = await bot.store.pictures(job.id)
    animation, sheet = message.attachments
    assert (animation.data, sheet.data) == (drawn[0].data, drawn[1].data)
    assert animation.filename.endswith("-1.gif")
    assert len(frames(animation.data)) == 4
    assert sheet.size_px == (3 * 128, 128)
    assert animation.description == "a cat"


@pytest.mark.parametrize(("data", "sentence"), BAD_FILES, ids=[sentence[:30] for _, sentence in BAD_FILES])
async def test_a_file_that_is_no_picture_is_refused_for_its_person_alone(server, bot, data, sentence):
    async with bot.running():
        options = {"image": Upload("cat.png", data), "prompt": "a fox"}
        asked = await server.slash("img2img", options, user=bot.ada, channel=bot.channel)
        message = await asked.message(lambda message: message.content)
        assert await bot.store.jobs.untold() == []
    assert sentence in message.content
    assert message.ephemeral
    assert bot.channel.messages == []


async def test_a_file_that_says_it_is_too_large_is_not_even_fetched(server, bot):
    async with bot.running():
        options = {"image": Upload("cat.png", bytes(21 * 2**20)), "prompt": "a fox"}
        asked = await server.slash("img2img", options, user=bot.ada, channel=bot.channel)
        message = await asked.message()
        assert (await asked.acknowledged()).type == SEND
    assert (message.content, message.ephemeral) == ("That file is too large: 21.0 MB, at most 20 MB are allowed.", True)
    assert not [request for request in server.requests if request.path.startswith("/cdn")]


@pytest.mark.parametrize("fault", [{"status": 404}, {"status": 500}, {"drop": True}], ids=str)
async def test_a_file_that_cannot_be_fetched_is_told_and_leaves_no_loading_message(server, bot, fault):
    server.faults.next("/cdn/*", times=5, **fault)  # aiohttp itself tries a dropped request again
    async with bot.running():
        options = {"image": PHOTO, "prompt": "a fox"}
        asked = await server.slash("img2img", options, user=bot.ada, channel=bot.channel)
        message = await asked.message(lambda message: message.content)
    assert message.content == "The picture photo.png could not be fetched. Send it again."
    assert message.ephemeral
    assert bot.channel.messages == []
    assert asked.original.deleted


async def test_a_download_that_outlasts_the_time_for_an_answer_still_becomes_a_picture(server, bot):
    server.faults.next("/cdn/*", delay_s=0.3)
    async with bot.running():
        asked = await server.slash("variations", {"image": PHOTO, **SMALL}, user=bot.ada, channel=bot.channel)
        await asked.acknowledged()
        server.clock.advance(5)
        assert await asked.message(has_pictures) is asked.original
        await bot.ended()


async def test_a_command_that_comes_twice_with_its_picture_makes_one_job(server, bot):
    def fetched() -> bool:
        return len([request for request in server.requests if request.path.startswith("/cdn")]) == 2

    async with bot.running():
        asked = await server.slash("variations", {"image": PHOTO, **SMALL}, user=bot.ada, channel=bot.channel)
        await asked.message(has_pictures)
        server.gateway.interact(asked.payload)
        await server.changes.until(fetched, 5, "a second download")
        await bot.ended()
        assert len(await bot.store.jobs.with_status(list(JobStatus))) == 1
    assert len(bot.posted) == 1


@pytest.mark.parametrize(("entry", "size"), [("Variations", (128, 64)), ("Upscale", (256, 128))])
async def test_a_message_s_menu_draws_from_its_picture(server, bot, entry, size):
    async with bot.running():
        message = await server.say(bot.channel, bot.ada, "look", [Upload("notes.txt", b"milk"), PHOTO])
        asked = await server.message_menu(entry, message, user=bot.ada)
        answer = await asked.message(has_pictures)
        await bot.ended()
    assert answer.attachments[0].size_px == size


async def test_a_message_s_picture_becomes_an_init_image_with_the_words_of_a_form(server, bot):
    async with bot.running():
        drawn = await (await bot.imagine(size="128x64")).message(has_pictures)
        await bot.ended()
        asked = await server.message_menu("Use as init image", drawn, user=bot.ada)
        assert (await asked.acknowledged()).type == MODAL
        form = await asked.modal()
        assert form.fields == ["prompt", "strength"]
        sent = await server.submit(form, {"prompt": "a fox", "strength": "0.4"})
        assert (await sent.acknowledged()).type == DEFER
        answer = await sent.message(has_pictures)
        job = await bot.ended()
    assert answer is sent.original
    assert (job.request.mode, job.request.prompt, job.request.strength) == ("img2img", "a fox", 0.4)
    assert answer.attachments[0].size_px == (128, 64)


async def test_a_form_and_what_is_wrong_in_it_are_in_its_person_s_language(server, bot):
    bot.ada.locale = "de"
    async with bot.running():
        message = await server.say(bot.channel, bot.ada, files=[PHOTO])
        form = await (await server.message_menu("Use as init image", message, user=bot.ada)).modal()
        sent = await server.submit(form, {"prompt": "a fox", "strength": "much"})
        answer = await sent.message(lambda message: message.content)
    assert form.title == "Bild übermalen"
    assert answer.content == "strength muss zwischen 0,02 und 1 liegen; much tut das nicht."
    assert answer.ephemeral
    assert bot.channel.messages == [message]


@pytest.mark.parametrize("entry", [say(f"menu-{name}") for name in MENU])
async def test_a_message_without_a_picture_is_refused_in_a_sentence(server, bot, entry):
    async with bot.running():
        message = await server.say(bot.channel, bot.ada, "just words", [Upload("notes.txt", b"milk")])
        answer = await (await server.message_menu(entry, message, user=bot.ada)).message()
    assert (answer.content, answer.ephemeral) == ("That message has no picture.", True)


async def test_a_picture_that_was_deleted_meanwhile_is_told(server, bot):
    async with bot.running():
        message = await server.say(bot.channel, bot.ada, files=[PHOTO])
        server.world.attachments.clear()
        asked = await server.message_menu("Upscale", message, user=bot.ada)
        answer = await asked.message(lambda message: message.content)
    assert "could not be fetched" in answer.content
    assert answer.ephemeral
