"""Count what one request costs on its way from a message to the picture: python -m tools.trip.

Each trip runs over the platform's test server, with the fake worker in this process, after one of its kind that is not
counted. A call is a function of bot/ or engine/ that begins (a coroutine that goes on is none, nor is a
comprehension); reads and writes are transactions of the database. The way in ends where the job is committed.
"""

from __future__ import annotations

import argparse
import asyncio
import dis
import io
import logging
import sqlite3
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import CodeType, FrameType

import structlog
from PIL import Image

from tests.bot.surfaces.discord.bot import Bot as DiscordBot
from tests.bot.surfaces.discord.bot import has_pictures
from tests.bot.surfaces.telegram.bot import Bot as TelegramBot
from tests.bot.surfaces.telegram.bot import press, result
from tests.servers.discord import DiscordServer, Upload
from tests.servers.telegram import TelegramServer
from tests.servers.telegram.chats import Chat

ROOT = Path(__file__).parent.parent
PACKAGES = tuple(f"{ROOT / name}/" for name in ("bot", "engine"))
# What a trip does may depend on the moment at which progress is shown: the quietest of so many counts.
RUNS = 5
WORDS = "a red circle --size 64x64 --steps 2"
OPTIONS: dict[str, str | int] = {"prompt": "a red circle", "size": "64x64", "steps": 2}


@dataclass
class Trip:
    """Count calls, and where they go."""

    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    way_in: Counter[tuple[str, str]] = field(default_factory=Counter)
    is_adding: bool = False

    def take(self, code: CodeType) -> None:
        """Count a call; the job's own write ends the way in."""
        place = code.co_filename.removeprefix(f"{ROOT}/"), code.co_qualname
        self.calls[place] += 1
        self.is_adding = self.is_adding or place[1] == "JobTable.add"
        if self.is_adding and place[1] == "Database.write" and not self.way_in:
            self.way_in = Counter(self.calls)

    def named(self, name: str) -> int:
        """Count the calls of what is called `name`."""
        return _named(self.calls, name)

    @property
    def reads_in(self) -> int:
        """Count the database's reads on the way in."""
        return _named(self.way_in, "Database.read")

    @property
    def writes(self) -> int:
        """Count the database's writes."""
        return self.named("Database.write")

    def row(self) -> list[int]:
        """List calls, functions, files, reads and writes, then calls and reads of the way in."""
        files = {file for file, _ in self.calls}
        return [
            self.calls.total(), len(self.calls), len(files), self.named("Database.read"), self.writes,
            self.way_in.total(), self.reads_in,
        ]  # fmt: skip


def _named(calls: Counter[tuple[str, str]], name: str) -> int:
    return sum(count for (_, called), count in calls.items() if called == name)


@cache
def _begins_at(code: CodeType) -> int:
    """Return the offset of the instruction at which a function, or a coroutine when it is first awaited, begins."""
    return next((it.offset for it in dis.get_instructions(code) if it.opname == "RESUME"), 0)


@asynccontextmanager
async def counted() -> AsyncIterator[Trip]:
    """Count what is called in this block, on all threads that begin in it and on this one."""
    trip, lock = Trip(), threading.Lock()

    def profile(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(PACKAGES) or code.co_name[0] == "<":
            return
        if frame.f_lasti <= _begins_at(code):
            with lock:
                trip.take(code)

    threading.setprofile(profile)
    sys.setprofile(profile)
    try:
        yield trip
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


Ask = Callable[[], Awaitable[object]]


async def measured(ask: Ask, folder: Path) -> Trip:
    """Make a trip until its person was told; return the quietest of several."""
    trips = []
    for _ in range(1 + RUNS):
        # A thread that waits for work would not be counted: each trip begins with fresh ones.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(thread_name_prefix="trip"))
        before = _told(folder)
        async with counted() as trip:
            await ask()
            while _told(folder) == before:  # noqa: ASYNC110 - the database announces nothing
                await asyncio.sleep(0.01)
        trips.append(trip)
    return min(trips[1:], key=lambda trip: trip.calls.total())


def _told(folder: Path) -> int:
    """Count the jobs whose person was told, without the store, whose reads are counted."""
    with closing(sqlite3.connect(folder / "jobs.sqlite3")) as connection:
        return int(connection.execute("select count(*) from jobs where told").fetchone()[0])


async def on_discord(folder: Path) -> dict[str, Trip]:
    """Make the trips on Discord."""
    async with DiscordServer() as server:
        bot = DiscordBot(server, folder)
        async with bot.running() as app:
            app.progress_interval_s = type(app).progress_interval_s

            async def imagine() -> None:
                await (await bot.imagine(**OPTIONS)).message(has_pictures)

            async def photo() -> None:
                options = {"image": Upload("photo.png", _png()), "prompt": "a fox", "steps": 2}
                asked = await server.slash("img2img", options, user=bot.ada, channel=bot.channel)
                await asked.message(has_pictures)

            async def again() -> None:
                await (await bot.press(shown, "Re-roll")).message(has_pictures)

            shown = await bot.draw(**OPTIONS)
            trips = {"/imagine": imagine, "a photo with words": photo, "a re-roll": again}
            return {name: await measured(ask, folder) for name, ask in trips.items()}


async def on_telegram(folder: Path) -> dict[str, Trip]:
    """Make the trips on Telegram, each kind in groups of its own: Telegram lets one have 20 messages a minute."""
    async with TelegramServer() as server:
        bot = TelegramBot(server, folder)
        async with bot.running() as app:
            app.progress_interval_s = type(app).progress_interval_s

            def group() -> Chat:
                return server.group("Studio", members=[bot.alice])

            drawing, painting = group(), group()

            async def imagine() -> None:
                await drawing.send(f"/imagine {WORDS}", sender=bot.alice)

            async def photo() -> None:
                await painting.send(photo=_png(), caption="/img2img a fox --steps 2", sender=bot.alice)

            async def again() -> None:
                await press(bot, shown.pop(), "again", bot.alice)

            shown = [await result(bot, group(), f"/imagine {WORDS}", bot.alice) for _ in range(1 + RUNS)]
            trips = {"/imagine": imagine, "a photo with words": photo, "a re-roll": again}
            return {name: await measured(ask, folder) for name, ask in trips.items()}


def _png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "blue").save(buffer, "PNG")
    return buffer.getvalue()


HEAD = "| | calls | functions | files | reads | writes | calls on the way in | reads there |"


async def main() -> None:
    """Print the table, and with --files where the calls of the first trip go."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", action="store_true", help="also list the calls of each /imagine by file")
    wanted = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix="trip-") as folder:
        trips = {
            "Discord": await on_discord(Path(folder) / "discord"),
            "Telegram": await on_telegram(Path(folder) / "telegram"),
        }
    print(HEAD, "|---" * 8 + "|", sep="\n")
    for platform, made in trips.items():
        for name, trip in made.items():
            print(f"| {platform}, {name} | " + " | ".join(map(str, trip.row())) + " |")
    if wanted.files:
        for platform, made in trips.items():
            print(f"\n{platform}, /imagine: calls on the way in / in all")
            trip = made["/imagine"]
            for (file, name), count in trip.calls.items():
                print(f"  {trip.way_in[file, name]:4} {count:4}  {file}:{name}")


if __name__ == "__main__":
    asyncio.run(main())
