"""A Discord server, and the bot that it serves."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.surfaces.discord.bot import Bot
from tests.servers.discord import DiscordServer


@pytest.fixture
def paced() -> None:
    """Count what a person does, as the bot does outside of tests: here most go on as fast as they can."""


@pytest.fixture(autouse=True)
def _in_no_hurry(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "paced" not in request.fixturenames:
        monkeypatch.setattr("bot.surfaces.discord.attending.AT_ONCE", 10_000)


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server
        assert server.spec_errors == []


@pytest.fixture
def bot(server: DiscordServer, tmp_path: Path) -> Bot:
    return Bot(server, tmp_path)
