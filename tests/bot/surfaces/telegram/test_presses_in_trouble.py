"""Presses are obeyed in topics, in groups that moved, and whatever happens on the way."""

import pytest

from tests.bot.surfaces.telegram.bot import WAIT_S, key_of, next_photo, press, result, shows
from tests.servers.telegram import ApiError
from tests.servers.telegram.faults import Fault, bad_gateway, flood, lost_answer

SHORT = "--steps 2 --seed 7 --size 128x64"


async def test_buttons_in_a_topic_answer_there(bot):
    forum = bot.server.forum("Studio", members=[bot.alice])
    topic = forum.topic("Pictures")
    async with bot.running():
        await forum.send(f"/imagine a fox --count 4 {SHORT}", thread_id=topic)
        posted, _ = await next_photo(bot, forum, forum.messages[-1])
        for verb in ("variations", "full", "edit", "files"):
            shown = len(forum.from_bot)
            assert await press(bot, posted, verb) == {}
            await bot.server.world.changes.until(lambda before=shown: len(forum.from_bot) > before, WAIT_S)
        await bot.ended()
    assert {message.thread_id for message in forum.from_bot} == {topic}


async def test_buttons_go_on_in_the_supergroup_that_a_group_became(bot):
    group = bot.server.group("Studio", members=[bot.alice])
    async with bot.running():
        bot.worker.hang()
        await group.send(f"/imagine a fox {SHORT}")
        old = await group.wait(shows("Starting"), timeout_s=WAIT_S)
        successor = group.migrate()
        await bot.worker.crash()
        await bot.ended()
        [posted] = successor.from_bot
        assert await press(bot, posted, "variations") == {}
        drawn, _ = await next_photo(bot, successor, posted)
        assert drawn.reply_to is posted
        told = await press(bot, posted, "delete")
    assert told["text"].startswith("Deleted ")
    assert old.text


async def test_flood_control_loses_neither_edits_nor_answers(server, bot):
    for method in ("editMessageMedia", "answerCallbackQuery", "sendPhoto"):
        server.faults.next(flood(1), method=method)
    group = server.group("Studio", members=[bot.alice])
    async with bot.running():
        posted = await result(bot, group, f"/imagine a fox --count 2 {SHORT}")
        assert await press(bot, posted, "full") == {}
        await group.wait(lambda m: m.photo, after=posted, timeout_s=WAIT_S)
    assert server.faults.pending == 0
    assert [bool(message.photo) for message in group.from_bot] == [True, True]


@pytest.mark.parametrize("fault", [lost_answer(), bad_gateway()], ids=["lost answer", "bad gateway"])
async def test_a_press_whose_answer_is_lost_is_obeyed_all_the_same(server, bot, fault):
    server.faults.next(fault, method="answerCallbackQuery", times=1_000)
    async with bot.running():
        posted = await result(bot, bot.chat, f"/imagine a fox {SHORT}")
        await server.press(posted, key_of(posted, "variations"))
        await next_photo(bot, bot.chat, posted)
        await server.press(posted, key_of(posted, "delete"))
        assert await bot.chat.wait(shows("Deleted"), timeout_s=WAIT_S)


async def test_a_press_that_is_told_too_late_for_an_alert_is_told_in_the_chat(server, bot):
    reason = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    async with bot.running():
        posted = await result(bot, bot.chat, f"/imagine a fox {SHORT}")
    server.faults.next(Fault(error=ApiError(400, reason)), method="answerCallbackQuery")
    query = {"id": "1", "from": bot.alice.payload(), "chat_instance": "1", "message": posted.payload()}
    async with bot.running():
        server.world.updates.push("callback_query", query | {"data": "again:0000000000:0"})
        assert await bot.chat.wait(shows("There is no job"), timeout_s=WAIT_S)
