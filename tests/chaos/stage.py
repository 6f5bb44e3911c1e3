"""One round's whole world: two servers, one store, and a bot that is started again whenever it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.chaos.judge import Aftermath
from tests.chaos.people import People, until
from tests.chaos.zygote import Life, Zygote
from tests.servers.discord import DiscordServer
from tests.servers.telegram import TelegramServer
from tests.whole.whole_bot import discord_settings, telegram_settings

READY_S = 60.0
STOP_S = 8.0
AGAIN_S = 0.15
# Where Telegram's updates are noted until they are done.
NOTES = "telegram"
UNTOLD = """
    SELECT id FROM jobs WHERE told = 0 AND status != 'held'
    UNION SELECT id FROM jobs WHERE status = 'held'
        AND json_extract(address, '$.asked') IS NOT json_extract(request, '$.mask.sha256')
    UNION SELECT key FROM promises
"""
OPEN = "SELECT id || ' ' || surface || ' ' || status FROM jobs WHERE told = 0 AND status != 'held'"


class Stage:
    """Hold everything that a fault may break and a judge may ask."""

    def __init__(self, zygote: Zygote, folder: Path) -> None:
        self._zygote = zygote
        self.folder, self.store, self.log = folder, folder / "store", folder / "bot.log"
        self.discord, self.telegram = DiscordServer(), TelegramServer()
        self.life: Life | None = None
        self.troubles: list[tuple[str, str]] = []
        self.next_plan: dict[str, Any] = {}  # what the next start has besides, once
        self.always_plan: dict[str, Any] = {}
        self.settings: dict[str, str] = {}
        self.dies = False  # whether its end is a fault's doing
        self.dies_at_start = False  # whether it cannot start, by a fault's doing
        self.deaths = self.spared = 0  # kills, and traps that nobody fell into
        self.rests = asyncio.Event()  # set while the bot may run
        self.rests.set()
        self._windows: list[list[float]] = []
        self.taken: set[str] = set()  # files that a fault took away
        self.serves = False  # whether the bot is on both platforms

    async def __aenter__(self) -> Self:
        """Start the servers; the bot is started by `open`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        await self.discord.__aenter__()
        await self.telegram.__aenter__()
        self.people = People(self.discord, self.telegram)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        with suppress(AttributeError):
            self._keeping.cancel()
        if self.life:
            self.life.send(signal.SIGCONT)
            await self.life.end(signal.SIGKILL)
        await self.telegram.__aexit__()
        await self.discord.__aexit__(kind, error, trace)

    async def open(self) -> None:
        """Start the bot, and from now on again whenever it ends."""
        await self._start()
        self._keeping = asyncio.create_task(self._keep_alive())

    async def _start(self) -> None:
        """Start the bot and wait until both platforms have it."""
        window, self.serves = self.disturb(), False
        before = len(self.telegram.calls)
        plan = self._plan() | {"introduced": bool(self.discord.commands.sync_count)}
        self.dies = "trap" in plan
        self.life = await self._zygote.start(plan)
        ready = asyncio.create_task(until(lambda: self._is_ready(before), READY_S))
        await asyncio.wait({ready, self.life.ended}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        with suppress(asyncio.CancelledError):
            ready_in_time = await ready
            if not ready_in_time and not self.life.ended.done():
                self.troubles.append(("would not start", f"not ready within {READY_S} s"))
        window[1] = time.monotonic()
        self.serves = not self.life.ended.done()

    def _is_ready(self, before: int) -> bool:
        polls = (call.method.lower() == "getupdates" for call in self.telegram.calls[before:])
        return self.discord.gateway.ready and any(polls)

    def _plan(self) -> dict[str, Any]:
        given = {
            "store__path": str(self.store), "engine__cache_dir": str(self.folder), "web__enabled": "false",
            **discord_settings(self.discord), **telegram_settings(self.telegram), **self.settings,
        }  # fmt: skip
        environment = {f"KANDINSKY_BOT_{name.upper()}": value for name, value in given.items()}
        once, self.next_plan = self.next_plan, {}
        return {
            "clock": True,
            "folder": str(self.folder), "log": str(self.log), "environment": environment, **self.always_plan, **once
        }  # fmt: skip

    async def _keep_alive(self) -> None:
        """Be the container's restart policy."""
        while True:
            code = await asyncio.shield(self.life.ended)  # type: ignore[union-attr]
            window = self.disturb()
            self.deaths += code == -signal.SIGKILL
            if not (self.dies or self.dies_at_start):
                self.troubles.append(("died", f"exit code {code}: {self._last_words()}"))
            await asyncio.sleep(AGAIN_S)
            await self.rests.wait()
            await self._start()
            window[1] = time.monotonic()

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return lines[-1][:160] if lines else ""

    def disturb(self) -> list[float]:
        """Note that an app cannot expect an answer, from now until the second number of what is returned."""
        window = [time.monotonic(), float("inf")]
        self._windows.append(window)
        return window

    def disturbed(self, since: float, until: float) -> bool:
        """Tell whether the bot could not be expected to answer at any time in between."""
        return any(begin < until and since < end for begin, end in self._windows)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End the bot by a signal, and expect it to end."""
        self.dies = True
        if self.life:
            self.life.send(number)

    async def stop(self) -> None:
        """Ask the bot to end for good; note where it does not."""
        self._keeping.cancel()
        self.dies = True
        if self.life and not self.life.ended.done() and not await self.life.end(patience_s=STOP_S):
            self.troubles.append(("would not stop", f"killed {STOP_S} s after SIGTERM"))

    def is_quiet(self) -> bool:
        """Tell whether nothing is under way: no job, no update, nobody who has just done something."""
        alive = self.life and not self.life.ended.done() and self.discord.gateway.ready
        waiting = self.telegram.world.updates.pending or self.people.busy or self._noted()
        return bool(alive and not waiting and not self._rows(UNTOLD))

    def _noted(self) -> list[Path]:
        """List the notes of what was taken from a platform and is no job yet."""
        return list((self.store / NOTES).rglob("*.json"))

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database, beside the bot; one that cannot be read now is asked again later."""
        try:
            with closing(sqlite3.connect(f"file:{self.store}/jobs.sqlite3?mode=ro", uri=True, timeout=0.2)) as database:
                return database.execute(query).fetchall()
        except sqlite3.Error:
            return [("unreadable",)]

    def aftermath(self) -> Aftermath:
        """Look at what is left, once the bot has ended."""
        on_disk = {path.name for path in (self.store / "pictures").glob("*") if path.suffix != ".part"}
        named = {name for (name,) in self._rows("SELECT file FROM pictures")}
        integrity = self._rows("PRAGMA integrity_check") + self._rows("PRAGMA foreign_key_check")
        problems = [str(row[0]) for row in integrity if row[0] != "ok"]
        return Aftermath(
            log=self.log.read_text(errors="replace"),
            secrets=(self.discord.token, self.telegram.token, *self.discord._interactions._by_token),
            integrity="; ".join(problems) or "ok",
            open_jobs=tuple(str(row[0]) for row in self._rows(OPEN)),
            missing=tuple(sorted(named - on_disk - self.taken)),
            unnamed=tuple(sorted(on_disk - named)),
            troubles=tuple(self.troubles),
        )


def is_root() -> bool:
    """Tell whether file systems may be mounted."""
    return os.geteuid() == 0
