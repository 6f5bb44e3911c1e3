"""The stop is bounded: threads that compute or hang for ever are left behind, and what must be closed is closed."""

import time
from pathlib import Path

from tests.servers.discord import DiscordServer
from tests.whole.whole_bot import START_S, WholeBot, discord_settings, environment

# Plays what no bound on texts or pictures foresaw, once the bot serves; `-m bot` is the program itself.
BUSY = """
import asyncio, sys, threading, time
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
import bot.__main__ as program
import bot.app

def compute():
    while True:
        sum(range(1000))

@asynccontextmanager
async def busy(folder, real=bot.app.heartbeat):
    async with real(folder):
        async def begin():
            while not Path('begin').exists():
                await asyncio.sleep(0.1)
            loop = asyncio.get_running_loop()
            begun = [loop.run_in_executor(None, compute)]
            begun += [loop.run_in_executor(None, threading.Event().wait) for _ in range(64)]
            print("busy", flush=True)
            await asyncio.gather(*begun)
        beside = asyncio.create_task(begin())
        try:
            yield
        finally:
            beside.cancel()

bot.app.heartbeat = busy
program.leaving_in_time = partial(program.leaving_in_time, 0.5)
sys.argv[0] = "kandinsky-bot"
program.main()
"""
# Without anything to wait for, a stop takes about a second; the rest is for a machine that does much else.
STOPS_WITHIN_S = 20


class BusyBot(WholeBot):
    """Run the bot with every thread of its loop taken for ever."""

    command = ("-c", BUSY)


async def test_threads_that_never_end_do_not_keep_the_bot_from_stopping(tmp_path):
    store = tmp_path / "store"
    async with DiscordServer() as server:
        settings = environment(store, tmp_path / "cache", web__enabled="false", **discord_settings(server))
        async with BusyBot(("run",), settings, tmp_path / "log") as bot:
            await server.ready(START_S)
            (tmp_path / "begin").touch()
            assert await bot.address() == "busy"
            began = time.monotonic()
            bot.stop()
            code = await bot.ended()
            taken = time.monotonic() - began
    assert code == 0
    assert taken < STOPS_WITHIN_S
    assert "threads_left_behind" in bot.log
    assert "Traceback" not in bot.log
    assert not (store / "heartbeat").exists()
    closed_cleanly(store)


def closed_cleanly(store: Path) -> None:
    """See that the write-ahead log is gone, which the last connection takes along only where it is closed."""
    assert [file.name for file in store.glob("*.sqlite*")] == ["jobs.sqlite3"]
