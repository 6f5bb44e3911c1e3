"""Settings of privacy hold on Telegram: covered pictures, and answers for one person alone."""

import pytest

from bot.commands.table import Upload
from bot.service.service import Service
from bot.surface import Answer
from bot.words.localisation import say
from tests.bot.surfaces.telegram.bot import WAIT_S, Bot, shows
from tests.engine.pictures.sent_pictures import paint_frames
from tests.servers.telegram.chats import User
from tests.servers.telegram.faults import bad_gateway

SHORT = "--steps 2 --seed 7"


async def choose(bot: Bot, person: User, name: str) -> None:
    await bot.store.settings.put(f"owner:telegram:{person.id}", name, True)


@pytest.fixture
def export(monkeypatch):
    answer = Service.answer

    async def answered(service, invocation, origin):
        if invocation.command.name != "privacy":
            return await answer(service, invocation, origin)
        return Answer("Everything that is kept.", files=tuple(Upload(f"{n}.json", b"{}") for n in range(12)))

    monkeypatch.setattr(Service, "answer", answered)


async def test_pictures_and_animations_are_covered_where_somebody_wants_it(bot, monkeypatch):
    monkeypatch.setattr("engine.workers.fake._draw", paint_frames)
    async with bot.running():
        await choose(bot, bot.alice, "spoiler")
        for words in ("/imagine a fox", '/morph "a cat" "a dog" --frames 3'):
            await bot.chat.send(f"{words} {SHORT}")
        await bot.server.world.changes.until(lambda: len(shown(bot.chat)) == 3, WAIT_S)
        job = await bot.ended()
        await bot.chat.send(f"/show {job.id}")
        await bot.server.world.changes.until(lambda: len(shown(bot.chat)) == 5, WAIT_S)
    assert [bool(message.animation) for message in shown(bot.chat)] == [False, True, False, True, False]
    assert all(message.content.spoiler for message in shown(bot.chat))


def shown(chat):
    return [message for message in chat.from_bot if message.photo or message.animation]


async def test_in_a_group_private_results_and_answers_go_to_the_person_s_own_chat(bot):
    group = bot.server.group("Studio", members=[bot.alice])
    async with bot.running():
        await choose(bot, bot.alice, "private")
        await group.send(f"/imagine a fox {SHORT}")
        posted = await bot.chat.wait(lambda m: m.photo, timeout_s=WAIT_S)
        job = await bot.ended()
        pressed = await bot.server.press(posted, f"again:{job.id}:0")
        assert await pressed.answered(timeout_s=WAIT_S) == {}
        await bot.chat.wait(lambda m: m.photo, after=posted, timeout_s=WAIT_S)
        await bot.ended()
        await group.send(f"/show {job.id}")
        await bot.chat.wait(shows("Number"), timeout_s=WAIT_S)
    assert group.from_bot == []
    assert job.place == f"telegram:{group.id}"


async def test_a_person_who_never_pressed_start_is_told_so_before_anything_is_drawn(bot):
    bob = bot.server.add_user("Bob")
    group = bot.server.group("Studio", members=[bob])
    async with bot.running():
        await choose(bot, bob, "private")
        for words in (f"/imagine a fox {SHORT}", "/history"):
            sent = await group.send(words)
            answer = await group.wait(after=sent, timeout_s=WAIT_S)
            assert answer.text == say("error-start-first", bot=bot.server.bot.username)
        assert await bot.store.jobs.untold() == []


async def test_an_export_from_a_group_goes_to_the_person_s_own_chat(bot, export):
    group = bot.server.group("Studio", members=[bot.alice])
    async with bot.running():
        await group.send("/privacy export")
        await bot.chat.wait(lambda m: m.file_name == "11.json", timeout_s=WAIT_S)
    assert group.from_bot == []
    assert [message.file_name for message in bot.chat.from_bot] == [f"{number}.json" for number in range(12)]
    assert bot.chat.from_bot[0].caption == "Everything that is kept."
    assert len({message.media_group_id for message in bot.chat.from_bot}) == 2


async def test_long_parameters_are_a_reply_in_a_group_and_short_ones_an_alert(bot):
    group = bot.server.group("Studio", members=[bot.alice])
    async with bot.running():
        for words, is_alert in (("a fox", True), ("a fox " * 60, False)):
            asked = await group.send(f"/imagine {words} {SHORT}")
            posted = await group.wait(lambda m: m.photo, after=asked, timeout_s=WAIT_S)
            job = await bot.ended()
            told = await (await bot.server.press(posted, f"parameters:{job.id}:0")).answered(timeout_s=WAIT_S)
            assert ("text" in told) is is_alert
    assert group.from_bot[-1].reply_to is posted


async def test_a_message_that_cannot_be_deleted_at_once_is_tried_again(server, bot, monkeypatch):
    monkeypatch.setattr("bot.surfaces.telegram.removing.RETRY_FIRST_S", 0.05)
    async with bot.running():
        await bot.chat.send(f"/imagine a fox {SHORT}")
        await bot.chat.wait(lambda m: m.photo, timeout_s=WAIT_S)
        job = await bot.ended()
        server.faults.next(bad_gateway(), method="deleteMessage", times=2)
        await bot.chat.send(f"/delete {job.id}")
        await bot.chat.wait(shows("Deleted"), timeout_s=WAIT_S)
    assert [bool(message.photo) for message in bot.chat.from_bot] == [False]
