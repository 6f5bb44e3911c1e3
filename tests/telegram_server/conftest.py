"""The server, clients that call it and bots that poll it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import pytest
from telegram.ext import Application

from tests.servers.telegram import TelegramServer, updates

from .aiogram_bot import polling_aiogram
from .ptb_bot import build, polling_ptb


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server
    assert server.spec_errors == []


@pytest.fixture
async def app(server: TelegramServer) -> AsyncIterator[Application]:
    """An application that only calls methods."""
    async with build(server) as app:
        yield app


@pytest.fixture(params=[polling_ptb, polling_aiogram])
async def drawing(
    request: pytest.FixtureRequest, server: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TelegramServer]:
    """The server with a drawing bot polling it, once per client library; PTB's last poll repeats an offset."""
    monkeypatch.setattr(updates, "REPEATED_S", 0.2)
    polling: AbstractAsyncContextManager[None] = request.param(server)
    async with polling:
        yield server
    assert server.aiogram_errors() == []
