"""Each command of the table that Telegram offers, as one message, brings back what it promises."""

from bot.commands.table import COMMANDS
from bot.words.localisation import say
from engine.jobs import JobStatus
from tests.bot.surfaces.telegram.bot import WAIT_S, decoded, shows
from tests.engine.pictures.sent_pictures import png

SHORT = "--steps 2 --seed 7"
PHOTO = png()
# A command, what comes with it, and whether the answer meets it.
DRAWN = [
    ("/imagine a fox", {}, lambda m: m.photo),
    ("/img2img a fox", {"photo": PHOTO}, lambda m: m.photo),
    ("/outpaint a field --extend left", {"photo": PHOTO}, lambda m: m.photo),
    ('/mix "a cat" "a dog":0.4', {}, lambda m: m.photo),
    ('/morph "a cat" "a dog" --frames 3', {}, lambda m: m.animation),
    ("/variations", {"photo": PHOTO}, lambda m: m.photo),
    ("/depth a fox", {"photo": PHOTO}, lambda m: m.photo),
    ("/upscale", {"photo": PHOTO}, lambda m: m.photo),
    ("/batch\na fox\na cat", {}, lambda m: m.photo),
    ("/inpaint a hat", {"photo": PHOTO}, lambda m: m.force_reply),
]
ANSWERED = [
    ("/again --of {job} a wolf", lambda m: m.photo and "a wolf" in m.caption),
    ("/queue", shows("nothing in the queue")),
    ("/cancel", shows(say("error-no-job"))),
    ("/history", shows(say("history-hint"))),
    ("/show {job}", lambda m: m.photo and "Number {job}" and "a fox" in m.caption),
    ("/show {job}.1", lambda m: m.photo and "Variations 1" in str(m.buttons)),
    ("/delete {job}", shows("Deleted")),
    ("/styles", shows(say("styles-none"))),
    ("/models", shows("demo: ")),
    ("/help", shows("/imagine: ")),
    ("/start", shows(say("start").splitlines()[0])),
    ("/settings language de", shows("language ist jetzt de")),
    ("/settings language en", shows("language is now")),
    ("/stats", shows("pictures: ")),
    ("/privacy", shows("Kept about you")),
    ("/report {job} it is ugly", shows(say("error-no-moderators-here"))),
    ("/audit", shows(say("error-moderators-only"))),
]


async def test_each_command_brings_back_what_it_promises(bot, all_modes):
    async with bot.running():
        for words, sent, is_answer in DRAWN:
            line = f"{words} {SHORT}"
            asked = await bot.chat.send(**sent, **({"caption": line} if sent else {"text": line}))
            assert await bot.chat.wait(is_answer, after=asked, timeout_s=WAIT_S), words
            await bot.ended()
        job = (await bot.store.jobs.with_status([JobStatus.POSTED]))[0].id
        for words, is_answer in ANSWERED:
            asked = await bot.chat.send(words.format(job=job))
            assert await bot.chat.wait(is_answer, after=asked, timeout_s=WAIT_S), words
            await bot.ended()
    tried = {line[0].split()[0].removeprefix("/") for line in (*DRAWN, *ANSWERED)}
    assert tried == {command.name for command in COMMANDS if "telegram" in command.surfaces}


async def test_a_list_of_prompts_may_be_typed_asked_for_or_a_text_file(bot, all_modes):
    async with bot.running():
        await bot.chat.send(f"/batch {SHORT}")
        question = await bot.chat.wait(shows(say("ask-prompts")), timeout_s=WAIT_S)
        await bot.chat.send("a fox\n\na cat", reply_to=question)
        await bot.chat.wait(lambda m: m.photo, timeout_s=WAIT_S)
        typed = (await bot.ended()).request
        listed = b"a wolf\na lynx\na bear"
        sent = await bot.chat.send(document=listed, file_name="list.txt", caption=f"/batch {SHORT}")
        await bot.chat.wait(lambda m: m.photo, after=sent, timeout_s=WAIT_S)
        sent_along = (await bot.ended()).request
        sent = await bot.chat.send(document=PHOTO, file_name="list.png", caption="/batch")
        assert await bot.chat.wait(shows("list.png is not text in UTF-8"), after=sent, timeout_s=WAIT_S)
    assert typed.prompts == ("a fox", "a cat")
    assert sent_along.prompts == ("a wolf", "a lynx", "a bear")


async def test_show_reads_how_a_file_was_made_and_shows_the_job_of_a_result(bot):
    async with bot.running():
        await bot.chat.send(f"/imagine a fox {SHORT}")
        await bot.chat.wait(lambda m: m.photo, timeout_s=WAIT_S)
        [picture] = await bot.rendered()
        sent = await bot.chat.send(document=picture.data, caption="/show")
        await bot.chat.wait(shows("a fox\nSteps: 2"), after=sent, timeout_s=WAIT_S)
        photo = await bot.chat.send(photo=PHOTO, caption="look")
        await bot.chat.send("/show", reply_to=photo)
        await bot.chat.wait(shows(say("no-parameters")), after=photo, timeout_s=WAIT_S)


async def test_a_picture_of_a_job_is_named_in_the_place_of_one_that_is_sent(bot):
    async with bot.running():
        await bot.chat.send(f"/imagine a fox --count 2 --size 128x64 {SHORT}")
        await bot.chat.wait(lambda m: m.photo, timeout_s=WAIT_S)
        job = await bot.ended()
        asked = await bot.chat.send(f"/upscale --of {job.id}.2 --file")
        posted = await bot.chat.wait(lambda m: m.document, after=asked, timeout_s=WAIT_S)
        asked = await bot.chat.send(f"/upscale --of {job.id}.3")
        assert await bot.chat.wait(shows("There is no job"), after=asked, timeout_s=WAIT_S)
    assert decoded(posted.document).size == (256, 128)
