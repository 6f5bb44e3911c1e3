"""Start `kandinsky-bot` as people do, in a process of its own, and kill it without warning."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

from tests.servers.discord import DiscordServer
from tests.servers.telegram import TelegramServer

START_S = 60.0


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(store: Path, cache: Path, **settings: str) -> dict[str, str]:
    """Build the environment of a bot that keeps everything under `store`; `discord__token` names a setting."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("KANDINSKY_BOT_")}
    given = {"store__path": str(store), "engine__cache_dir": str(cache), **settings}
    return own | {f"KANDINSKY_BOT_{name.upper()}": value for name, value in given.items()}


def discord_settings(server: DiscordServer) -> dict[str, str]:
    """Point a bot at the Discord server of the tests."""
    return {
        "discord__token": server.token,
        "discord__api_base": server.api_base,
        "discord__gateway_url": server.gateway_url,
    }


def telegram_settings(server: TelegramServer) -> dict[str, str]:
    """Point a bot at the Telegram server of the tests."""
    return {
        "telegram__token": server.token,
        "telegram__base_url": server.base_url,
        "telegram__base_file_url": server.base_file_url,
    }


class WholeBot:
    """Run one process of the bot; several may follow one another on the same store."""

    command: tuple[str, ...] = ("-m", "bot")

    def __init__(self, arguments: tuple[str, ...], environment: dict[str, str], log: Path) -> None:
        self._arguments, self._environment, self._log = arguments, environment, log
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> WholeBot:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self.command,
                *self._arguments,
                env=self._environment,
                cwd=self._log.parent,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self.stop()
        await self.ended()

    @property
    def pid(self) -> int:
        """Tell the process id."""
        return self._process.pid

    @property
    def log(self) -> str:
        """Read what the bot wrote to stderr, over all its runs."""
        return self._log.read_text()

    async def says(self, words: str) -> None:
        """Wait until the log has `words`."""
        async with asyncio.timeout(START_S):
            while words not in self.log:
                await asyncio.sleep(0.05)

    async def address(self) -> str:
        """Wait for the line that names the page."""
        async with asyncio.timeout(START_S):
            line = await self._process.stdout.readline()
        return line.decode().strip()

    def stop(self) -> None:
        """Ask it to end, as `docker stop` does."""
        self._process.send_signal(signal.SIGTERM)

    async def kill(self) -> None:
        """End the process as a power cut does."""
        self._process.kill()
        await self.ended()

    async def ended(self) -> int:
        """Wait for the end and tell the exit code."""
        async with asyncio.timeout(START_S):
            await self._process.communicate()
        return self._process.returncode

    def workers(self) -> list[int]:
        """List the worker processes of this bot."""
        threads = Path(f"/proc/{self.pid}/task").glob("*/children")  # a process belongs to the thread that started it
        children = [pid for thread in threads for pid in thread.read_text().split()]
        return [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
