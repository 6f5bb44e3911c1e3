"""A batch comes as one album, once, and a message below which one can go on."""

import asyncio

import pytest
from telegram.ext import ExtBot

from bot.surfaces.telegram.delivery import Batches
from bot.surfaces.telegram.sending import Posts
from bot.words.localisation import say
from tests.bot.surfaces.telegram.bot import WAIT_S, decoded, shows
from tests.servers.telegram import ApiError
from tests.servers.telegram.faults import Fault, bad_gateway, cut, flood, lost_answer, page_instead, truncated

pytestmark = pytest.mark.usefixtures("all_modes")
FAULTS = {
    "lost answer": lost_answer(),
    "cut": cut(),
    "bad gateway": bad_gateway(),
    "truncated": truncated(),
    "page": page_instead(),
}
BATCH = "/batch\na fox\na cat\na dog --steps 2 --seed 7"


def album(chat):
    return [message for message in chat.from_bot if message.media_group_id]


def summary(chat):
    [message] = [message for message in chat.from_bot if not message.media_group_id]
    return message


async def test_the_pictures_are_an_album_and_the_progress_becomes_its_description(bot):
    async with bot.running():
        bot.worker.step_s = 0.02
        asked = await bot.chat.send(BATCH)
        drawn = await bot.rendered()
    pictures, words = album(bot.chat), summary(bot.chat)
    assert len({message.media_group_id for message in pictures}) == 1
    assert [message.caption for message in pictures] == ["“a fox”", "“a cat”", "“a dog”"]
    assert [decoded(message.photo).size for message in pictures] == [(128, 128)] * 3
    assert len(drawn) == 3
    assert "seed 7, 8, 9" in words.text
    assert {data.partition(":")[0] for data in words.buttons.values()} == {
        "again", "parameters", "files", "delete",
    }  # fmt: skip
    assert {message.reply_to for message in (*pictures, words)} == {asked}


async def test_files_are_an_album_of_files(bot):
    async with bot.running():
        await bot.chat.send(f"{BATCH} --file")
        drawn = await bot.rendered()
    assert [message.document for message in album(bot.chat)] == [picture.data for picture in drawn]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_an_album_that_may_have_arrived_is_followed_by_a_sheet_and_no_second_album(server, bot, fault):
    server.faults.next(fault, method="sendMediaGroup")
    async with bot.running():
        await bot.chat.send(BATCH)
        await bot.ended()
    assert len(server.called("sendMediaGroup")) == 1
    assert decoded(summary(bot.chat).photo).size == (384, 128)
    assert "seed 7, 8, 9" in summary(bot.chat).caption


def never(function, where=lambda **_: True):
    """Let calls that meet `where` not end: the bot is killed there."""

    async def call(*args, **changes):
        return await (asyncio.Event().wait() if where(**changes) else function(*args, **changes))

    return call


KILLS = {
    "before it is begun": (Posts, "keep", lambda **changes: changes.get("album") == "sending", (3, False)),
    "before Telegram has it": (ExtBot, "send_media_group", lambda **_: True, (0, True)),
    "before it is noted": (Posts, "keep", lambda **changes: changes.get("album") == "sent", (3, True)),
    "before its words": (Batches, "_last_edit", lambda **_: True, (3, False)),
}


@pytest.mark.parametrize(("owner", "name", "where", "seen"), KILLS.values(), ids=KILLS)
async def test_an_album_is_posted_at_most_once_wherever_the_bot_is_killed(bot, monkeypatch, owner, name, where, seen):
    async with bot.running():
        with monkeypatch.context() as patch:
            reached = asyncio.Event()
            patch.setattr(owner, name, never(getattr(owner, name), lambda **it: where(**it) and not reached.set()))
            await bot.chat.send(BATCH)
            await asyncio.wait_for(reached.wait(), WAIT_S)
            await asyncio.sleep(0.2)
    async with bot.running():
        await bot.ended()
    pictures, is_sheet = seen
    words = summary(bot.chat)
    assert (len(album(bot.chat)), bool(words.photo)) == (pictures, is_sheet)
    assert words.words.startswith(say("album-unconfirmed")) is is_sheet


@pytest.mark.parametrize(
    "fault", [flood(1), Fault(error=ApiError(400, "Bad Request: group send failed"))], ids=["flood", "refused"]
)
async def test_an_album_that_was_refused_is_posted_later(server, bot, fault):
    server.faults.next(fault, method="sendMediaGroup")
    async with bot.running():
        await bot.chat.send(BATCH)
        await bot.ended()
    assert len(album(bot.chat)) == 3


async def test_an_album_is_not_posted_again_because_its_description_failed(server, bot):
    server.faults.next(
        bad_gateway(), method="editMessageText", times=1_000, where=lambda params: "seed 7" in params.text("text")
    )
    async with bot.running():
        await bot.chat.send(BATCH)
        await server.wait_for_call("editMessageText", lambda call: call.error, timeout_s=WAIT_S)
    server.faults.clear()
    async with bot.running():
        await bot.ended()
    assert len(album(bot.chat)) == 3
    assert "seed 7, 8, 9" in summary(bot.chat).text


async def test_an_album_goes_to_the_supergroup_that_a_group_became(bot):
    group = bot.server.group("Studio", members=[bot.alice])
    async with bot.running():
        bot.worker.hang()
        await group.send(BATCH)
        await group.wait(shows("Starting"), timeout_s=WAIT_S)
        successor = group.migrate()
        await bot.worker.crash()
        await bot.ended()
    assert len(album(successor)) == 3
    assert "seed 7, 8, 9" in summary(successor).text


async def test_deleting_takes_the_album_too(bot):
    async with bot.running():
        await bot.chat.send(BATCH)
        await bot.ended()
        words = summary(bot.chat)
        [key] = [data for data in words.buttons.values() if data.startswith("delete")]
        await (await bot.server.press(words, key)).answered(timeout_s=WAIT_S)
    assert bot.chat.from_bot == []
