"""A Telegram server, and the bot that it serves."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.service import following
from bot.surfaces.telegram import connection, delivery, inbox, pictures, sending
from engine.catalog import DEMO
from tests.bot.surfaces.telegram.bot import Bot
from tests.engine.pictures.sent_pictures import paint_frames
from tests.servers.telegram import TelegramServer


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a tenth of the time where Telegram, or the network, was in trouble, and for the rest of an album."""
    monkeypatch.setattr(sending, "WAITS_S", tuple(wait_s / 10 for wait_s in sending.WAITS_S))
    monkeypatch.setattr(connection, "RETRY_FIRST_S", connection.RETRY_FIRST_S / 10)
    monkeypatch.setattr(delivery, "RETRY_FIRST_S", delivery.RETRY_FIRST_S / 10)
    monkeypatch.setattr(following, "RETRY_FIRST_S", following.RETRY_FIRST_S / 10)
    monkeypatch.setattr(pictures, "WAIT_S", 0.3)
    monkeypatch.setattr(inbox, "GRACE_S", 0.2)
    monkeypatch.setattr(inbox, "AT_ONCE", 10_000)


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
