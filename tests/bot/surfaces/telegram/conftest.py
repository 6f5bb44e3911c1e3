"""A Telegram server, and the bot that it serves."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.catalog import DEMO
from tests.bot.surfaces.telegram.bot import Bot
from tests.engine.pictures.sent_pictures import paint_frames
from tests.servers.telegram import TelegramServer


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server
        assert server.spec_errors == []


@pytest.fixture
def bot(server: TelegramServer, tmp_path: Path) -> Bot:
    return Bot(server, tmp_path)


@pytest.fixture
def all_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the demo model, which the fake worker does not need, have every mode, and a morph its frames."""
    modes = tuple(dict.fromkeys((*DEMO.modes, "controlnet", "batch")))
    monkeypatch.setattr("tests.bot.surfaces.telegram.bot.DEMO", replace(DEMO, modes=modes))
    monkeypatch.setattr("engine.workers.fake._draw", paint_frames)
