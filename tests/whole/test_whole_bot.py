"""The whole bot in a process of its own, serving both platforms at once over real sockets."""

import io
import time
from types import SimpleNamespace

import pytest
import pytest_asyncio
from PIL import Image

from tests.servers.discord import DiscordServer
from tests.servers.telegram import TelegramServer
from tests.whole.whole_bot import START_S, WholeBot, discord_settings, environment, telegram_settings

pytestmark = [pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="module")]
QUICK = "--steps 2 --size 64x64"
SLOW = {"prompt": "slow", "steps": 150, "size": "256x256", "count": 4}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory, tiny_cache):
    """Hold one running bot and the two servers it talks to."""
    folder = tmp_path_factory.mktemp("house")
    async with DiscordServer() as discord, TelegramServer() as telegram:
        platforms = {**discord_settings(discord), **telegram_settings(telegram)}
        settings = environment(folder / "store", tiny_cache, web__enabled="false", **platforms)
        make = lambda: WholeBot(("run",), settings, folder / "bot.log")  # noqa: E731
        alice = telegram.add_user("Alice")
        await telegram.private_chat(alice).send("/queue", sender=alice)
        async with make() as bot:
            await discord.ready(timeout=START_S)
            yield SimpleNamespace(
                discord=discord, telegram=telegram, bot=bot, another=make, settings=settings, alice=alice
            )
        assert discord.spec_errors == telegram.spec_errors == []


@pytest.fixture
def chat(house):
    """Open a private Telegram chat with a new person."""
    return house.telegram.private_chat(house.telegram.add_user("Bob"))


async def test_the_bot_answers_before_the_engine_is_warm(house):
    chat = house.telegram.private_chat(house.alice)
    answer = await chat.wait(lambda message: "waiting" in message.text, timeout_s=60)
    assert "warming up" in answer.text


async def test_one_prompt_gives_the_same_picture_on_both_platforms(house, chat):
    channel = house.discord.add_guild().add_channel()
    await chat.send(f"/imagine a red circle --seed 7 --file {QUICK}", sender=chat.members[0])
    request = {"prompt": "a red circle", "seed": 7, "steps": 2, "size": "64x64"}
    interaction = await house.discord.slash("imagine", request, user=house.discord.add_user(), channel=channel)
    posted = await interaction.message(lambda message: message.attachments, timeout=60)
    sent = await chat.wait(lambda message: message.document, timeout_s=60)
    images = [Image.open(io.BytesIO(data)) for data in (posted.attachments[0].data, sent.document)]
    assert [image.size for image in images] == [(64, 64), (64, 64)]
    assert images[0].tobytes() == images[1].tobytes()


async def test_a_hundred_queue_commands_are_each_answered_at_once_while_the_engine_draws(house):
    channel, ada = house.discord.add_guild().add_channel(), house.discord.add_user()
    busy = await house.discord.slash("imagine", SLOW, user=ada, channel=channel)
    await busy.message(lambda message: "%" in message.content, timeout=60)
    people, waits_s = [house.discord.add_user(f"person {number}") for number in range(10)], []
    for person in people * 10:
        asked = time.monotonic()
        interaction = await house.discord.slash("queue", {}, user=person, channel=channel)
        await interaction.acknowledged(timeout=3)
        waits_s.append(time.monotonic() - asked)
    assert not any(message.attachments for message in channel.messages), "the engine was still drawing"
    assert max(waits_s) < 0.5, sorted(waits_s)[-5:]
    await house.discord.slash("cancel", {}, user=ada, channel=channel)
    await busy.message(lambda message: "Cancelled" in message.content, timeout=10)


async def test_a_cancelled_job_stops_and_the_next_one_runs(house, chat):
    await chat.send("/imagine slow --steps 150 --size 256x256 --count 4", sender=chat.members[0])
    await chat.wait(lambda message: "%" in message.text, timeout_s=60)
    await chat.send("/cancel", sender=chat.members[0])
    await chat.wait(lambda message: "Cancelled." in message.text, timeout_s=10)
    await chat.send(f"/imagine quick {QUICK}", sender=chat.members[0])
    await chat.wait(lambda message: "quick" in message.caption, timeout_s=30)
    assert len([message for message in chat.from_bot if message.photo]) == 1


async def test_a_second_bot_on_the_same_store_is_refused(house):
    async with house.another() as second:
        assert await second.ended() == 1
        assert "already works on" in second.log


async def test_no_secret_reaches_the_log(house):
    assert "worker_ready" in house.bot.log
    assert house.settings["KANDINSKY_BOT_DISCORD__TOKEN"] not in house.bot.log
    assert house.settings["KANDINSKY_BOT_TELEGRAM__TOKEN"] not in house.bot.log
