"""What shows "thinking" before it is a job is told, or drawn, after a kill: nobody waits for ever."""

from bot.service.service import Service
from bot.words.localisation import say, speaking
from engine.jobs import JobStatus
from engine.store.promises import Promises
from tests.bot.surfaces.discord.bot import has_pictures
from tests.bot.surfaces.discord.killing import killed
from tests.bot.surfaces.discord.test_acknowledging import PHOTO, is_said, no_promise

ASKED = {"image": PHOTO, "steps": 2}


async def interrupted(server, bot, monkeypatch, *where, after=False, options=ASKED, name="variations"):
    """Send a command that is promised an answer, and kill the bot on its way; return the interaction."""
    async with killed(bot, monkeypatch, *where, after=after):
        return await server.slash(name, options, user=bot.ada, channel=bot.channel)


async def test_a_kill_before_the_commit_is_told_where_it_was_promised_in_its_persons_language(server, bot, monkeypatch):
    bot.ada.locale = "de"
    asked = await interrupted(server, bot, monkeypatch, Service, "obey")
    assert asked.original.loading
    async with bot.running():
        message = await asked.message(is_said)
        await no_promise(bot)
    with speaking("de"):
        assert message.content == say("promise-broken")
    assert bot.channel.messages == [message] == [asked.original]


async def test_a_kill_after_the_commit_leaves_a_job_that_is_drawn_and_no_broken_promise(server, bot, monkeypatch):
    asked = await interrupted(server, bot, monkeypatch, Service, "obey", after=True)
    async with bot.running():
        message = await asked.message(has_pictures)
        await bot.ended()
        assert await bot.store.promises.all() == []
    assert bot.posted == [message] == [asked.original]
    assert say("promise-broken") not in message.content


async def test_a_kill_before_the_promise_reached_discord_is_told_in_the_channel(server, bot, monkeypatch):
    asked = await interrupted(server, bot, monkeypatch, Promises, "add", after=True)
    assert asked.original is None
    async with bot.running():
        message = await asked.message(is_said)
        await no_promise(bot)
    assert message.content == f"{bot.ada.mention}\n{say('promise-broken')}"
    assert message.mentions == []


async def test_a_token_that_died_meanwhile_is_no_reason_to_say_nothing(server, bot, monkeypatch):
    asked = await interrupted(server, bot, monkeypatch, Service, "obey")
    server.clock.advance(16 * 60)
    async with bot.running():
        message = await asked.message(lambda it: say("promise-broken") in it.content)
        await no_promise(bot)
    assert message is not asked.original


async def test_what_was_answered_is_not_written_over(server, bot, monkeypatch):
    async with bot.running():
        job = await bot.job(await bot.draw())
    asked = await interrupted(server, bot, monkeypatch, Promises, "end", options={"job": job.id}, name="show")
    shown = asked.original.content
    assert has_pictures(asked.original)
    async with bot.running():
        await no_promise(bot)
    assert asked.original.content == shown


async def test_a_place_that_is_closed_keeps_no_promise_for_ever(server, bot, monkeypatch):
    await interrupted(server, bot, monkeypatch, Promises, "add", after=True)
    bot.channel.bot_may_send = False
    async with bot.running():
        await no_promise(bot)
    assert bot.channel.messages == []


async def test_forgetting_a_person_forgets_what_they_were_promised(server, bot, monkeypatch):
    await interrupted(server, bot, monkeypatch, Service, "obey")
    async with bot.running(token="a-wrong-one"):
        assert len(await bot.store.promises.all()) == 1
        await bot.store.forget(f"discord:{bot.ada.id}")
        assert await bot.store.promises.all() == []


async def test_without_pictures_nothing_is_promised_and_so_nothing_noted(server, bot, monkeypatch):
    added = []
    monkeypatch.setattr(Promises, "add", lambda *given: added.append(given))
    async with bot.running():
        await (await bot.imagine()).message(has_pictures)
        job = await bot.ended()
    assert (added, job.status) == ([], JobStatus.POSTED)
