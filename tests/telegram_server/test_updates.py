"""Updates reach the bot by long polling and by webhook."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import aiohttp.web
import pytest
from telegram.error import Conflict
from telegram.ext import Application

from tests.servers.telegram import TelegramServer

from .pictures import is_red, png
from .ptb_bot import build, with_handlers

WAIT_S = 10


async def test_a_webhook_gets_updates_with_its_secret(server: TelegramServer, unused_tcp_port: int) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    hook = {"listen": "127.0.0.1", "port": unused_tcp_port, "url_path": "hook", "secret_token": "s3cret"}
    async with with_handlers(build(server)) as app:
        await app.start()
        await app.updater.start_webhook(webhook_url=f"http://127.0.0.1:{unused_tcp_port}/hook", **hook)
        await chat.send("/imagine a red circle")
        assert is_red((await chat.wait(lambda m: m.photo, timeout_s=WAIT_S)).photo)
        await app.updater.stop()
        await app.stop()
    assert server.world.updates.pending == []


async def test_a_webhook_that_fails_is_tried_again_in_order(server: TelegramServer, app: Application) -> None:
    got: list[tuple[str, str]] = []

    async def hook(request: aiohttp.web.Request) -> aiohttp.web.Response:
        update = await request.json()
        got.append((update["message"]["text"], request.headers["X-Telegram-Bot-Api-Secret-Token"]))
        return aiohttp.web.Response(status=500 if len(got) < 3 else 200)

    async with listening(hook) as url:
        await app.bot.set_webhook(url, secret_token="s3cret")
        chat = server.private_chat(server.add_user("Alice"))
        await chat.send("first")
        await chat.send("second")
        await server.world.changes.until(lambda: not server.world.updates.pending, WAIT_S)
        assert got == [("first", "s3cret")] * 3 + [("second", "s3cret")]
        assert "500" in (await app.bot.get_webhook_info()).last_error_message
        with pytest.raises(Conflict, match="webhook is active"):
            await app.bot.get_updates()
        await app.bot.delete_webhook()
    assert (await app.bot.get_webhook_info()).url == ""


async def test_a_webhook_gets_the_next_of_a_chat_only_after_it_answered(
    server: TelegramServer, app: Application
) -> None:
    got, go = [], asyncio.Event()

    async def hook(request: aiohttp.web.Request) -> aiohttp.web.Response:
        got.append((await request.json())["message"]["text"])
        if got[-1] == "first":
            await go.wait()
        return aiohttp.web.Response()

    one, other = (server.private_chat(server.add_user(name)) for name in ("Alice", "Bob"))
    async with listening(hook) as url:
        await app.bot.set_webhook(url)
        await one.send("first")
        await one.send("second")
        await other.send("beside")
        await server.world.changes.until(lambda: len(server.world.updates.pending) == 2, WAIT_S)
        assert got == ["first", "beside"]
        go.set()
        await server.world.changes.until(lambda: not server.world.updates.pending, WAIT_S)
        await app.bot.delete_webhook()
    assert got == ["first", "beside", "second"]


@asynccontextmanager
async def listening(handler: Any) -> AsyncIterator[str]:
    """Serve one handler; yield its address."""
    web = aiohttp.web.Application()
    web.router.add_post("/", handler)
    runner = aiohttp.web.AppRunner(web, access_log=None)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    yield "http://{}:{}/".format(*runner.addresses[0])
    await runner.cleanup()


async def test_updates_stay_until_a_later_offset_confirms_them(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    await chat.send("one")
    await chat.send("two")
    first, second = await app.bot.get_updates()
    assert await app.bot.get_updates() == (first,)  # asked for the same at once, Telegram gives only one
    assert await app.bot.get_updates(offset=first.update_id) == (first, second)
    assert await app.bot.get_updates(offset=second.update_id) == (second,)
    assert await app.bot.get_updates(offset=second.update_id + 1) == ()


async def test_a_long_poll_returns_as_soon_as_there_is_an_update(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    polling = asyncio.create_task(app.bot.get_updates(timeout=WAIT_S, allowed_updates=["message"]))
    await server.wait_for_call("getUpdates")
    await chat.send("/start deep-link")
    (update,) = await polling
    assert update.message.entities[0].type == "bot_command"
    assert update.effective_user.language_code == "en"


async def test_a_second_poller_ends_the_first_with_a_conflict(server: TelegramServer, app: Application) -> None:
    first = asyncio.create_task(app.bot.get_updates(timeout=WAIT_S))
    await server.wait_for_call("getUpdates")
    async with build(server) as other:
        await other.bot.get_updates(timeout=0)
    with pytest.raises(Conflict, match="only one bot instance"):
        await first


async def test_kinds_not_asked_for_are_dropped(server: TelegramServer, app: Application) -> None:
    await app.bot.get_updates(allowed_updates=["callback_query"])
    await server.private_chat(server.add_user("Alice")).send("hello")
    assert server.world.updates.pending == []


async def test_an_album_of_a_person_comes_as_several_updates(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    await chat.send_album([png(), png()], caption="/mix")
    updates = await app.bot.get_updates()
    assert len({update.message.media_group_id for update in updates}) == 1
    assert [update.message.caption for update in updates] == ["/mix", None]


async def test_each_message_of_a_topic_replies_to_its_head(server: TelegramServer, app: Application) -> None:
    forum = server.forum("Studio", members=[server.add_user("Alice")])
    topic = forum.topic("Pictures")
    await forum.send("/imagine a fox", thread_id=topic)
    created, command = [update.message for update in await app.bot.get_updates()]
    assert created.forum_topic_created.name == "Pictures"
    assert command.reply_to_message.message_id == topic


async def test_an_edit_of_a_person_comes_as_an_update(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    await chat.edit(await chat.send("/imagine a fix"), "/imagine a fox")
    assert (await app.bot.get_updates())[-1].edited_message.text == "/imagine a fox"
