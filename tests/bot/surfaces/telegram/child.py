"""A bot in a process of its own, to be killed: python -m tests.bot.surfaces.telegram.child BASE FILES TOKEN FOLDER."""

import asyncio
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from tests.bot.surfaces.telegram.bot import Bot
from tests.servers.telegram import TelegramServer


class Elsewhere(SimpleNamespace):
    """Name a server that runs in another process."""

    def add_user(self, name: str) -> str:
        return name

    def private_chat(self, user: str) -> str:
        return user


async def main(base: str, files: str, token: str, folder: str) -> None:
    server: Any = Elsewhere(base_url=base, base_file_url=files, token=token)
    bot = Bot(cast("TelegramServer", server), Path(folder))
    async with bot.running():
        bot.worker.step_s = 0.001
        await bot.run


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
