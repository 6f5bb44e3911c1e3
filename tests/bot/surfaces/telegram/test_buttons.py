"""The buttons below results and questions work after weeks and restarts, for whom they are meant."""

import pytest

from bot.commands.buttons import VERBS
from bot.words.localisation import say, speaking
from engine.jobs import JobStatus
from tests.bot.surfaces.telegram.bot import WAIT_S, decoded, next_photo, press, result, shows

SHORT = "--steps 2 --seed 7 --size 128x64"
ONE = (
    "again",
    "edit",
    "variations",
    "upscale",
    "inpaint",
    "outpaint",
    "mix",
    "parameters",
    "files",
    "delete",
)
FOUR = ("again", "edit", "variations", "upscale", "full", "parameters", "files", "delete")


async def test_each_result_has_the_buttons_of_its_kind(bot):
    async with bot.running():
        one = await result(bot, bot.chat, f"/imagine a fox {SHORT}")
        four = await result(bot, bot.chat, f"/imagine a fox --count 4 {SHORT}")
    assert [data.partition(":")[0] for data in one.buttons.values()] == [
        *("variations", "upscale", "inpaint", "outpaint", "mix"), *("again", "edit", "parameters"),
        *("files", "delete"),
    ]  # fmt: skip
    rows = [[button["callback_data"] for button in row] for row in four.content.inline_keyboard]
    job = rows[0][0].split(":")[1]
    assert rows[0] == [f"variations:{job}:{number}" for number in (1, 2, 3, 4)]
    assert max(map(len, rows)) == 4
    assert all(len(data.encode()) <= 64 for row in rows for data in row)
    assert "🔁 Re-roll" in one.buttons
    assert "🔍 3" in four.buttons


@pytest.mark.parametrize("verb", ONE)
async def test_each_button_of_one_picture_works_after_a_restart(bot, verb):
    async with bot.running():
        posted = await result(bot, bot.chat, f"/imagine a fox {SHORT}")
    async with bot.running():
        told = await press(bot, posted, verb)
        await CHECKS[verb](bot, posted, told)


@pytest.mark.parametrize("verb", FOUR)
async def test_each_button_of_several_pictures_works_after_a_restart(bot, verb):
    async with bot.running():
        posted = await result(bot, bot.chat, f"/imagine a fox --count 4 {SHORT}")
    async with bot.running():
        told = await press(bot, posted, verb)
        await CHECKS[verb](bot, posted, told)


def draws(mode):
    async def check(bot, posted, told):
        _, job = await next_photo(bot, bot.chat, posted)
        assert told == {}
        assert job.request.mode == mode

    return check


async def edits(bot, posted, told):
    question = await bot.chat.wait(lambda m: m.force_reply, timeout_s=WAIT_S)
    await bot.chat.send("a wolf", reply_to=question)
    _, job = await next_photo(bot, bot.chat, question)
    assert question.text.startswith(f"“a fox”\n{say('ask-prompt')}\n/again --of")
    assert (job.request.prompt, job.request.width) == ("a wolf", 128)


async def outpaints(bot, posted, told):
    words = await bot.chat.wait(shows(say("ask-prompt")), timeout_s=WAIT_S)
    await bot.chat.send("a field", reply_to=words)
    sides = await bot.chat.wait(shows(say("ask-sides")), timeout_s=WAIT_S)
    await bot.chat.send("top, bottom", reply_to=sides)
    _, job = await next_photo(bot, bot.chat, sides)
    assert (job.request.mode, job.request.extend, job.request.prompt) == ("outpaint", ("top", "bottom"), "a field")


async def mixes(bot, posted, told):
    question = await bot.chat.wait(shows(say("ask-more-parts")), timeout_s=WAIT_S)
    await bot.chat.send('"a tiger":0.4', reply_to=question)
    _, job = await next_photo(bot, bot.chat, question)
    assert [bool(part.picture) for part in job.request.parts] == [False, True]


async def asks_where(bot, posted, told):
    question = await bot.chat.wait(lambda m: m.force_reply, timeout_s=WAIT_S)
    assert question.text.startswith(say("ask-paint"))
    assert told == {}


async def shows_one(bot, posted, told):
    alone = await bot.chat.wait(lambda m: m.photo, after=posted, timeout_s=WAIT_S)
    assert decoded(alone.photo).size == (128, 64)
    assert "inpaint" in {data.partition(":")[0] for data in alone.buttons.values()}
    await press(bot, alone, "variations")
    _, job = await next_photo(bot, bot.chat, alone)
    assert job.request.mode == "variations"


async def says_parameters(bot, posted, told):
    answer = await bot.chat.wait(after=posted, timeout_s=WAIT_S)
    assert "seed 7" in answer.text
    assert answer.reply_to is posted


async def sends_files(bot, posted, told):
    drawn = await bot.rendered()
    await bot.chat.wait(lambda m: m.document == drawn[-1].data, after=posted, timeout_s=WAIT_S)
    files = [message for message in bot.chat.from_bot if message.document]
    assert [message.document for message in files] == [picture.data for picture in drawn]
    assert "seed 7" in files[0].caption


async def deletes(bot, posted, told):
    assert told["text"].startswith("Deleted ")
    assert bot.chat.from_bot == []
    assert await bot.store.jobs.with_status(list(JobStatus)) == []


CHECKS = {
    "again": draws("text2img"), "variations": draws("variations"), "upscale": draws("upscale"), "edit": edits,
    "outpaint": outpaints, "mix": mixes, "inpaint": asks_where, "full": shows_one, "parameters": says_parameters,
    "files": sends_files, "delete": deletes,
}  # fmt: skip


def test_no_verb_is_forgotten():
    masks = {"go", "invert", "grow", "stop"}  # tested with the masks
    assert CHECKS.keys() | masks | {"cancel", "report"} == VERBS.keys()


async def test_cancel_stands_below_the_progress_and_stops_the_owner_s_job_after_a_restart_too(bot):
    bob = bot.server.add_user("Bob")
    group = bot.server.group("Studio", members=[bot.alice, bob])
    async with bot.running():
        bot.worker.hang()
        await group.send("/imagine a fox", sender=bot.alice)
        waiting = await group.wait(shows("Starting"), timeout_s=WAIT_S)
    async with bot.running():
        bot.worker.hang()
        refused = await press(bot, waiting, "cancel", bob)
        told = await press(bot, waiting, "cancel", bot.alice)
        await bot.ended(JobStatus.CANCELLED)
    assert refused["text"] == say("error-no-job")
    assert told["text"].startswith("Stopped ")
    assert (waiting.text, waiting.buttons) == (f"“a fox”\n{say('cancelled')}", {})


async def test_others_may_draw_on_but_not_delete_unless_they_look_after_the_group(bot):
    bob, carol = bot.server.add_user("Bob"), bot.server.add_user("Carol")
    group = bot.server.group("Studio", members=[carol, bot.alice, bob])  # carol created it
    async with bot.running():
        posted = await result(bot, group, f"/imagine a fox {SHORT}", bot.alice)
        assert await press(bot, posted, "variations", bob) == {}
        drawn, job = await next_photo(bot, group, posted)
        refused = await press(bot, posted, "delete", bob)
        told = await press(bot, posted, "delete", carol)
        await press(bot, drawn, "delete", bob)
    assert job.owner == f"telegram:{bob.id}"
    assert drawn.reply_to is posted
    assert "can be deleted by its owner and by moderators" in refused["text"]
    assert told["text"].startswith("Deleted ")
    assert group.from_bot == []
    assert len(bot.server.called("getChatAdministrators")) == 1


async def test_an_anonymous_administrator_s_picture_is_theirs_to_press(bot):
    bob = bot.server.add_user("Bob")
    group = bot.server.group("Studio", members=[bot.alice, bob])
    group.anonymous.append(bob)
    async with bot.running():
        posted = await result(bot, group, f"/imagine a fox {SHORT}", bob)
        job = await bot.ended()
        told = await press(bot, posted, "delete", bob)
    assert job.owner == f"telegram:{group.id}"
    assert told["text"].startswith("Deleted ")


async def test_what_is_too_old_to_be_deleted_loses_its_picture(bot):
    async with bot.running():
        posted = await result(bot, bot.chat, f"/imagine a fox {SHORT}")
        posted.date -= 49 * 60 * 60
        await press(bot, posted, "delete")
    assert posted.caption == say("picture-deleted")
    assert posted.buttons == {}
    assert len(decoded(posted.photo).getcolors()) == 1


async def test_a_command_that_answers_a_result_is_about_its_job(bot):
    async with bot.running():
        posted = await result(bot, bot.chat, f"/imagine a fox {SHORT}")
        await bot.chat.send("/again a wolf", reply_to=posted)
        second, job = await next_photo(bot, bot.chat, posted)
        assert job.request.prompt == "a wolf"
        reported = "/report it is bad", say("error-no-moderators-here")
        for words, answer in (("/show", "Number"), reported, ("/delete", "Deleted")):
            sent = await bot.chat.send(words, reply_to=second)
            assert await bot.chat.wait(shows(answer), after=sent, timeout_s=WAIT_S)
    assert second.deleted


async def test_a_command_about_an_earlier_picture_asks_which_one(bot):
    async with bot.running():
        posted = await result(bot, bot.chat, f"/imagine a fox {SHORT}")
        number = (await bot.ended()).id
        for words in ("/again", "/show", "/delete"):
            sent = await bot.chat.send(words)
            question = await bot.chat.wait(shows(say("ask-number")), after=sent, timeout_s=WAIT_S)
            await bot.chat.send(number, reply_to=question)
            assert await bot.chat.wait(lambda m: m.photo or "Deleted" in m.text, after=question, timeout_s=WAIT_S)
            await bot.ended()
    assert posted.deleted


async def test_an_old_or_strange_button_is_explained(bot):
    async with bot.running():
        posted = await result(bot, bot.chat, f"/imagine a fox {SHORT}")
        query = {"id": "1", "from": bot.alice.payload(), "chat_instance": "1", "message": posted.payload()}
        bot.server.world.updates.push("callback_query", query | {"data": "draw:1"})
        unknown = await bot.server.wait_for_call("answerCallbackQuery", timeout_s=WAIT_S)
        await bot.store.delete((await bot.ended()).id)
        told = await press(bot, posted, "again")
    assert unknown.params["text"] == say("error-button-unknown")
    assert "There is no job" in told["text"]


async def test_a_german_person_is_answered_in_german_and_the_one_beside_them_in_english(bot):
    hans = bot.server.add_user("Hans", language_code="de-AT")
    group = bot.server.group("Studio", members=[bot.alice, hans])
    with speaking("de"):
        labels, error, question = say("button-again"), say("error-no-job"), say("ask-prompt")
    async with bot.running():
        posted = await result(bot, group, f"/imagine ein Fuchs {SHORT}", hans)
        await group.send("/cancel", sender=hans)
        await group.wait(shows(error), timeout_s=WAIT_S)
        await group.send("/cancel", sender=bot.alice)
        await group.wait(shows(say("error-no-job")), timeout_s=WAIT_S)
        assert await press(bot, posted, "edit", hans) == {}
        asked = await group.wait(shows(question), timeout_s=WAIT_S)
        english = await press(bot, posted, "parameters", bot.alice)
        german = await press(bot, posted, "parameters", hans)
    assert f"🔁 {labels}" in posted.buttons
    assert "Schritte" in posted.caption
    assert ("steps" in english["text"], "Schritte" in german["text"]) == (True, True)
    assert asked.text.startswith("Hans\n")
    assert asked.content.entities[0]["user"]["id"] == hans.id


async def test_a_result_in_a_group_can_be_reported_to_its_moderators(bot):
    group = bot.server.group("Studio", members=[bot.alice])
    async with bot.running():
        posted = await result(bot, group, f"/imagine a fox {SHORT}")
        job = await bot.ended()
        told = await (await bot.server.press(posted, f"report:{job.id}:0")).answered(timeout_s=WAIT_S)
        [entry] = await bot.store.audit.list(job.server)
    assert told["text"] == say("reported", job=job.id)
    assert (entry.action, entry.facts["job"]) == ("report", job.id)
