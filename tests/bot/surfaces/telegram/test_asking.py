"""A command that lacks something is answered with a question, whose answer completes it."""

import pytest

from bot.words.localisation import say
from tests.bot.surfaces.telegram.bot import WAIT_S, decoded, shows
from tests.engine.pictures.sent_pictures import png

PHOTO = png()
SHORT = "--steps 2 --seed 7"


def is_picture(message):
    return message.photo and not message.force_reply


async def test_a_bare_command_asks_for_the_picture_and_the_answer_has_the_words(bot):
    group = bot.server.group("Studio", members=[bot.alice])
    async with bot.running():
        asked = await group.send(f"/img2img@{bot.server.bot.username}")
        question = await group.wait(lambda m: m.force_reply, timeout_s=WAIT_S)
    assert question.text.startswith(say("ask-picture"))
    assert question.reply_to is asked
    assert question.reply_markup["selective"]
    async with bot.running():  # nothing but the question had to be remembered
        answer = await group.send(photo=PHOTO, caption=f"a fox {SHORT}", reply_to=question)
        posted = await group.wait(is_picture, timeout_s=WAIT_S)
        job = await bot.ended()
    assert posted.reply_to is answer
    assert (job.request.mode, job.request.prompt) == ("img2img", "a fox")


async def test_a_picture_without_words_is_asked_about_and_kept_in_the_question(bot):
    async with bot.running():
        await bot.chat.send(photo=PHOTO, caption=f"/img2img --strength 0.4 {SHORT}")
        question = await bot.chat.wait(lambda m: m.force_reply, timeout_s=WAIT_S)
        await bot.chat.send("a fox", reply_to=question)
        posted = await bot.chat.wait(is_picture, timeout_s=WAIT_S)
        job = await bot.ended()
    assert question.caption.startswith(say("ask-prompt"))
    assert question.photo
    assert decoded(posted.photo).size == (128, 64)
    assert (job.request.prompt, job.request.strength, job.request.seed) == ("a fox", 0.4, 7)


async def test_a_file_is_kept_in_the_question_with_all_its_bytes(bot):
    async with bot.running():
        await bot.chat.send(document=PHOTO, caption=f"/img2img {SHORT}")
        question = await bot.chat.wait(lambda m: m.force_reply, timeout_s=WAIT_S)
        await bot.chat.send("a fox", reply_to=question)
        job = await bot.ended()
        [kept] = (await bot.store.inputs(job.request)).values()
    assert decoded(kept).tobytes() == decoded(PHOTO).tobytes()


async def test_one_thing_after_the_other_is_asked_for(bot):
    async with bot.running():
        await bot.chat.send("/img2img")
        first = await bot.chat.wait(shows(say("ask-picture")), timeout_s=WAIT_S)
        await bot.chat.send(photo=PHOTO, reply_to=first)
        second = await bot.chat.wait(shows(say("ask-prompt")), timeout_s=WAIT_S)
        await bot.chat.send(f"a fox {SHORT}", reply_to=second)
        posted = await bot.chat.wait(is_picture, timeout_s=WAIT_S)
        await bot.ended()
    assert "“a fox”\nseed 7" in posted.caption


async def test_words_alone_do_not_answer_the_question_for_a_picture(bot):
    async with bot.running():
        await bot.chat.send("/img2img")
        first = await bot.chat.wait(shows(say("ask-picture")), timeout_s=WAIT_S)
        await bot.chat.send(f"a fox {SHORT}", reply_to=first)
        again = await bot.chat.wait(shows(say("ask-picture")), after=first, timeout_s=WAIT_S)
        await bot.chat.send(photo=PHOTO, reply_to=again)
        assert await bot.chat.wait(is_picture, timeout_s=WAIT_S)
        assert (await bot.ended()).request.prompt == "a fox"


@pytest.mark.parametrize("command", ["/mix", "/morph"])
async def test_things_are_asked_for_and_may_be_words(bot, command):
    async with bot.running():
        await bot.chat.send(f"{command} {SHORT}")
        question = await bot.chat.wait(shows(say("ask-parts")), timeout_s=WAIT_S)
        await bot.chat.send('"a cat" "a dog"', reply_to=question)
        job = await bot.ended()
    assert job.request.texts() == ("a cat", "a dog")


async def test_things_are_asked_for_and_may_be_an_album(bot):
    async with bot.running():
        await bot.chat.send(f"/mix {SHORT}")
        question = await bot.chat.wait(shows(say("ask-parts")), timeout_s=WAIT_S)
        await bot.chat.send_album([PHOTO, png(colour="blue")], reply_to=question)
        job = await bot.ended()
    assert len(job.request.pictures()) == 2


@pytest.mark.parametrize("command", ["/variations", "/upscale"])
async def test_a_command_that_needs_no_words_asks_for_the_picture_only(bot, command):
    async with bot.running():
        await bot.chat.send(f"{command} {SHORT}")
        question = await bot.chat.wait(shows(say("ask-picture")), timeout_s=WAIT_S)
        await bot.chat.send(photo=PHOTO, reply_to=question)
        assert await bot.chat.wait(is_picture, timeout_s=WAIT_S)
        await bot.ended()


async def test_a_message_that_only_quotes_a_question_is_none(bot):
    async with bot.running():
        fake = await bot.chat.send(f"{say('ask-prompt')}\n/imagine --seed 7")
        await bot.chat.wait(shows(say("no-words")), timeout_s=WAIT_S)
        await bot.chat.send("a fox", reply_to=fake)
        answer = await bot.chat.wait(after=bot.chat.messages[-1], timeout_s=WAIT_S)
        assert await bot.store.jobs.untold() == []
    assert answer.text == say("no-words")
