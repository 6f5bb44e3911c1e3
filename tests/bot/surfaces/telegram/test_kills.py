"""Killed right after it received something, the bot answers it all the same: with a real process and SIGKILL."""

import asyncio
import random
import sys
from contextlib import asynccontextmanager

PEOPLE = 20


@asynccontextmanager
async def process(bot):
    """Run the bot in another process, and kill it at the end of the block."""
    server = bot.server
    arguments = (server.base_url, server.base_file_url, server.token, str(bot.path))
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bot.surfaces.telegram.child", *arguments, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        running.kill()
        await running.wait()


async def polled(server):
    """Wait until a poll brought something."""
    known = len(server.called("getUpdates"))
    await server.wait_for_call("getUpdates", lambda _: len(server.called("getUpdates")) > known)


async def test_of_what_was_received_right_before_a_kill_each_is_drawn_once(server, bot):
    chats = [server.private_chat(server.add_user(f"Person {number}")) for number in range(PEOPLE)]
    async with process(bot):
        await server.wait_for_call("deleteWebhook", timeout_s=60)
        for chat in chats:
            await chat.send("/imagine a red circle --steps 1 --size 64x64")
        await polled(server)
        await asyncio.sleep(random.Random(11).uniform(0, 0.2))
    async with process(bot):
        for chat in chats:
            await chat.wait(lambda m: m.photo, timeout_s=120)
        await server.world.changes.until(lambda: not server.world.updates.pending, 60)
    pictures = [sum(bool(message.photo) for message in chat.from_bot) for chat in chats]
    assert pictures == [1] * len(chats)
