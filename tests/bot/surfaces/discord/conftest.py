"""A Discord server, and the bot that it serves."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.surfaces.discord.bot import Bot
from tests.servers.discord import DiscordServer


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server
        assert server.spec_errors == []


@pytest.fixture
def bot(server: DiscordServer, tmp_path: Path) -> Bot:
    return Bot(server, tmp_path)
