"""Pictures come in as photos, files, albums and answers, and every command about pictures answers with one."""

import pytest

from bot.words.localisation import say
from engine.jobs import JobStatus
from tests.bot.surfaces.telegram.bot import WAIT_S, decoded, shows
from tests.engine.pictures.sent_pictures import BAD_FILES, frames, paint_frames, png
from tests.servers.telegram import ApiError
from tests.servers.telegram.faults import DOWNLOAD, Fault, bad_gateway, cut

pytestmark = pytest.mark.usefixtures("quick_loop")

PHOTO = png()
WHITE = png(colour="white")
SHORT = "--steps 2 --seed 7"
# What people write below one picture, and the size of what is drawn.
USES = [
    (f"/img2img a fox --strength 0.5 {SHORT}", (128, 64)),
    (f"/outpaint a field --extend top,bottom {SHORT}", (128, 128)),
    (f'/mix "a cat":0.6 image1:0.3 {SHORT}', (128, 128)),
    (f"/variations {SHORT}", (128, 64)),
    (f"/upscale {SHORT}", (256, 128)),
]


def is_picture(message):
    return message.photo or message.document


@pytest.mark.parametrize(("words", "size"), USES, ids=[words.split()[0] for words, _ in USES])
async def test_a_command_below_a_file_draws_from_all_its_bytes(bot, words, size):
    async with bot.running():
        asked = await bot.chat.send(document=PHOTO, caption=f"{words} --file")
        posted = await bot.chat.wait(is_picture, timeout_s=WAIT_S)
        job = await bot.ended()
        [kept] = (await bot.store.inputs(job.request)).values()
    assert posted.reply_to is asked
    assert (decoded(posted.document).format, decoded(posted.document).size) == ("PNG", size)
    assert decoded(kept).tobytes() == decoded(PHOTO).tobytes()


async def test_a_command_below_a_photo_draws_from_its_largest_size(bot):
    async with bot.running():
        await bot.chat.send(photo=png(1000, 500), caption=f"/img2img a fox {SHORT}")
        posted = await bot.chat.wait(is_picture, timeout_s=WAIT_S)
        job = await bot.ended()
    assert decoded(posted.photo).size == (192, 64)
    assert (job.request.picture.width, job.request.picture.height) == (1000, 500)


async def test_a_command_that_answers_a_picture_draws_from_it_in_a_group_too(bot):
    group = bot.server.group("Studio", members=[bot.alice])
    async with bot.running():
        sent = await group.send(photo=PHOTO)
        asked = await group.send(f"/variations@{bot.server.bot.username} {SHORT}", reply_to=sent)
        posted = await group.wait(is_picture, timeout_s=WAIT_S)
        await bot.ended()
    assert posted.reply_to is asked
    assert group.from_bot == [posted]


@pytest.mark.parametrize("flags", ["", "--file"], ids=["photo", "file"])
async def test_a_command_that_answers_the_bot_s_own_picture_draws_from_it(bot, flags):
    async with bot.running():
        await bot.chat.send(f"/imagine a fox --size 128x64 {SHORT} {flags}")
        first = await bot.chat.wait(is_picture, timeout_s=WAIT_S)
        await bot.ended()
        await bot.chat.send("/upscale", reply_to=first)
        posted = await bot.chat.wait(is_picture, after=first, timeout_s=WAIT_S)
        await bot.ended()
    assert decoded(posted.photo).size == (256, 128)


async def test_words_that_answer_a_picture_are_drawn_from_alone(bot):
    async with bot.running():
        sent = await bot.chat.send(photo=PHOTO)
        await bot.chat.send(f"/imagine a fox {SHORT}", reply_to=sent)
        await bot.chat.wait(is_picture, timeout_s=WAIT_S)
        assert (await bot.ended()).request.mode == "text2img"


@pytest.mark.parametrize("captioned", [0, 1])
async def test_an_album_is_one_command_whichever_of_its_pictures_has_the_words(bot, captioned):
    async with bot.running():
        sent = await bot.chat.send_album([PHOTO, WHITE], caption=f"/mix {SHORT}", captioned=captioned)
        posted = await bot.chat.wait(is_picture, timeout_s=WAIT_S)
        job = await bot.ended()
    assert posted.reply_to is sent[captioned]
    assert len(job.request.pictures()) == 2
    assert bot.chat.from_bot == [posted]


async def test_a_morph_comes_as_an_animation_and_its_sheet(bot, monkeypatch):
    monkeypatch.setattr("engine.workers.fake._draw", paint_frames)
    async with bot.running():
        await bot.chat.send_album([PHOTO, WHITE], caption=f"/morph --frames 3 {SHORT}")
        drawn = await bot.rendered()
    moving, sheet = bot.chat.from_bot
    assert moving.animation == drawn[0].data
    assert len(frames(moving.animation)) == 4
    assert decoded(sheet.photo).size == (3 * 128, 128)
    assert "seed 7" in moving.caption
    assert sheet.caption == ""


async def test_a_morph_as_files_keeps_every_byte(bot, monkeypatch):
    monkeypatch.setattr("engine.workers.fake._draw", paint_frames)
    async with bot.running():
        await bot.chat.send(f'/morph "a cat" "a dog" --frames 3 --file {SHORT}')
        drawn = await bot.rendered()
    assert [message.document for message in bot.chat.from_bot] == [picture.data for picture in drawn]


async def test_a_bot_killed_between_the_animation_and_its_sheet_posts_each_once(server, bot, monkeypatch):
    monkeypatch.setattr("engine.workers.fake._draw", paint_frames)
    server.faults.next(
        bad_gateway(), method="editMessageMedia", times=1_000, where=lambda params: params.integer("message_id") == 3
    )
    async with bot.running():
        await bot.chat.send(f'/morph "a cat" "a dog" --frames 3 {SHORT}')
        await server.wait_for_call("editMessageMedia", lambda call: call.error, timeout_s=WAIT_S)
    server.faults.clear()
    async with bot.running():
        await bot.ended()
    assert [(bool(it.animation), bool(it.photo)) for it in bot.chat.from_bot] == [(True, False), (False, True)]


@pytest.mark.parametrize(("data", "sentence"), BAD_FILES, ids=[sentence[:30] for _, sentence in BAD_FILES])
async def test_a_file_that_is_no_picture_is_refused_in_a_sentence(bot, data, sentence):
    async with bot.running():
        await bot.chat.send(document=data, file_name="cat.png", caption="/img2img a fox")
        answer = await bot.chat.wait(timeout_s=WAIT_S)
        assert await bot.store.jobs.untold() == []
    assert answer.text.startswith(sentence)
    assert bot.chat.from_bot == [answer]


async def test_a_file_that_says_it_is_too_large_is_not_even_asked_for(server, bot):
    async with bot.running():
        await bot.chat.send(document=bytes(21 * 2**20), file_name="cat.png", caption="/img2img a fox")
        answer = await bot.chat.wait(timeout_s=WAIT_S)
    assert answer.text == "That file is too large: 21.0 MB, at most 20 MB are allowed."
    assert not server.called("getFile")


@pytest.mark.parametrize(
    ("method", "fault"),
    [("getFile", Fault(error=ApiError(400, "Bad Request: file is too big"))), (DOWNLOAD, cut())],
    ids=["getFile", "cut"],
)
async def test_a_file_that_cannot_be_fetched_is_told_in_a_sentence(server, bot, method, fault):
    server.faults.next(fault, method=method, times=5)
    async with bot.running():
        await bot.chat.send(document=PHOTO, file_name="cat.png", caption="/img2img a fox")
        answer = await bot.chat.wait(timeout_s=WAIT_S)
        assert await bot.store.jobs.with_status(list(JobStatus)) == []
    assert answer.text == "The picture cat.png could not be fetched. Send it again."


BAD_COMMANDS = [
    ("/imagine a fox", "/imagine draws from words alone."),
    ("/img2img a fox --strength 2", "strength must be between 0.02 and 1; 2 is not."),
    ("/morph", "A morph leads from one thing to another, so it needs two; 1 were given."),
    ("/depth a fox", "demo cannot do controlnet. These can: kandinsky-2-2"),
    ("/draw a fox", "There is no command /draw."),
    ("look at this", say("no-command")),
    ("", say("no-command")),
]


@pytest.mark.parametrize(("words", "sentence"), BAD_COMMANDS, ids=[words for words, _ in BAD_COMMANDS])
async def test_words_below_a_picture_that_ask_for_the_impossible_get_a_sentence(bot, words, sentence):
    async with bot.running():
        await bot.chat.send(photo=PHOTO, caption=words)
        answer = await bot.chat.wait(timeout_s=WAIT_S)
    assert answer.text.startswith(sentence)


async def test_pictures_of_a_group_that_ask_for_nothing_of_this_bot_stay_unanswered(bot):
    group = bot.server.group("Studio", members=[bot.alice], bot_is_admin=True)
    async with bot.running():
        for caption in ("look", "/draw a fox", "/img2img@other_test_bot a fox"):
            await group.send(photo=PHOTO, caption=caption)
        asked = await group.send(photo=PHOTO, caption=f"/img2img@{bot.server.bot.username} a fox {SHORT}")
        posted = await group.wait(is_picture, timeout_s=WAIT_S)
        await bot.ended()
    assert group.from_bot == [posted]
    assert posted.reply_to is asked


async def test_queue_may_stand_below_a_picture(bot):
    async with bot.running():
        await bot.chat.send(photo=PHOTO, caption="/queue")
        await bot.chat.wait(shows("nothing in the queue"), timeout_s=WAIT_S)
