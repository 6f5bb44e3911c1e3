"""The whole bot is killed, or its worker: nothing acknowledged is lost, and nothing comes twice."""

import asyncio
import os
import signal

import pytest

from tests.servers.discord import DiscordServer
from tests.servers.telegram import TelegramServer, faults
from tests.whole.abuse import ROOT, FakedBot
from tests.whole.whole_bot import START_S, WholeBot, discord_settings, environment, free_port, telegram_settings

pytestmark = pytest.mark.timeout(240)
QUICK = "--steps 2 --size 64x64"


@pytest.fixture
async def discord():
    async with DiscordServer() as server:
        yield server
        assert server.spec_errors == []


@pytest.fixture
async def telegram():
    async with TelegramServer() as server:
        yield server
        assert server.spec_errors == []


@pytest.fixture
def settings(tmp_path, tiny_cache, discord, telegram):
    return environment(
        tmp_path / "store", tiny_cache, web__enabled="false", **discord_settings(discord), **telegram_settings(telegram)
    )


@pytest.fixture
def bot(tmp_path, settings):
    """Make the bot's next process on the same store."""
    return lambda: WholeBot(("run",), settings, tmp_path / "bot.log")


@pytest.fixture
def faked(tmp_path, settings):
    """Make it with the fake worker, where what is drawn does not matter."""
    return lambda: FakedBot((), settings | {"PYTHONPATH": str(ROOT)}, tmp_path / "bot.log")


async def wait_for_worker(bot: WholeBot) -> int:
    async with asyncio.timeout(60):
        while not (workers := bot.workers()):
            await asyncio.sleep(0.05)
    return workers[0]


async def test_a_killed_worker_costs_time_but_no_picture(bot, telegram):
    alice = telegram.add_user("Alice")
    chat = telegram.private_chat(alice)
    async with bot() as running:
        await chat.send("/imagine a red circle --steps 50 --size 128x128", sender=alice)
        await running.says("status=leased")
        await asyncio.sleep(0.5)
        os.kill(await wait_for_worker(running), signal.SIGKILL)
        await chat.wait(lambda message: message.photo, timeout_s=120)
        await chat.send(f"/imagine another --seed 1 {QUICK}", sender=alice)
        await chat.wait(lambda message: "another" in message.caption, timeout_s=60)
    assert len([message for message in chat.from_bot if message.photo]) == 2
    assert "worker_lost" in running.log


async def test_twenty_acknowledged_jobs_survive_a_kill_and_come_once(bot, discord, telegram):
    people = [telegram.add_user(name) for name in ("Alice", "Bob")]
    chats = [telegram.private_chat(person) for person in people]
    channel, ada = discord.add_guild().add_channel(), discord.add_user()
    async with bot() as running:
        await discord.ready(timeout=START_S)
        interactions = []
        for number in range(5):
            for person, chat in zip(people, chats, strict=True):
                await chat.send(f"/imagine picture {number} --steps 12 --size 128x128", sender=person)
            for half in "ab":
                options = {"prompt": f"picture {number}{half}", "steps": 12, "size": "128x128"}
                interactions.append(await discord.slash("imagine", options, user=ada, channel=channel))
        for interaction in interactions:
            await interaction.acknowledged(timeout=10)
        for chat in chats:
            await chat.wait(lambda message, chat=chat: len(chat.from_bot) == 5, timeout_s=30)
        await chats[0].wait(lambda message: message.photo, timeout_s=60)  # one is out, one is being drawn
        await running.kill()
    posted_before = sum(bool(message.photo) for chat in chats for message in chat.from_bot)
    assert posted_before < 10
    async with bot():
        for chat in chats:
            await chat.wait(lambda message, chat=chat: all(m.photo for m in chat.from_bot), timeout_s=120)
        for interaction in interactions:
            await interaction.message(lambda message: message.attachments, timeout=120)
    captions = [message.caption.splitlines()[0] for chat in chats for message in chat.from_bot if message.photo]
    assert sorted(captions) == sorted(f"“picture {number}”" for number in range(5) for _ in people)
    pictures = [attachment for message in channel.messages for attachment in message.attachments]
    assert len(pictures) == len(interactions) == len(channel.messages) == 10


async def test_a_rendered_picture_is_delivered_without_drawing_it_again(faked, telegram, tmp_path):
    alice = telegram.add_user("Alice")
    chat = telegram.private_chat(alice)
    async with faked() as running:
        telegram.faults.next(faults.stall(60), method="editMessageMedia", times=20)
        await chat.send(f"/imagine a red circle {QUICK}", sender=alice)
        await telegram.wait_for_call("editMessageMedia", timeout_s=60)
        await running.kill()
    telegram.faults.clear()
    files = {file: file.stat().st_mtime_ns for file in (tmp_path / "store" / "pictures").iterdir()}
    assert len(files) == 1
    async with faked():
        await chat.wait(lambda message: message.photo, timeout_s=60)
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "store" / "pictures").iterdir()} == files
    assert len([message for message in chat.from_bot if message.photo]) == 1


async def test_the_demo_says_its_address_and_a_taken_port_says_how_to_choose_another(tmp_path, tiny_cache):
    port = free_port()
    arguments = ("demo", "--port", str(port))
    async with WholeBot(arguments, environment(tmp_path / "a", tiny_cache), tmp_path / "a.log") as demo:
        assert await demo.address() == f"http://localhost:{port}"
        async with WholeBot(arguments, environment(tmp_path / "b", tiny_cache), tmp_path / "b.log") as second:
            assert await second.ended() == 1
            assert f"Port {port} is taken" in second.log
            assert "PORT=" in second.log
