"""A Telegram server, and the bot that it serves."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.servers.telegram import TelegramServer
from tests.telegram_app.bot import Bot


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server
        assert server.spec_errors == []


@pytest.fixture
def bot(server: TelegramServer, tmp_path: Path) -> Bot:
    return Bot(server, tmp_path)
