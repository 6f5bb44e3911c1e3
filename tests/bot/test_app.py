"""The composition root: surfaces run side by side, and each of them ends when the bot does."""

import asyncio

import pytest

import bot.app
from bot.app import run_to_the_end


class Deaf:
    """Be a surface that misses the first cancellation, as a library's `wait_for` may."""

    name = "deaf"

    def __init__(self) -> None:
        self.missed, self.ended = 0, False

    async def run(self) -> None:
        try:
            while True:
                await self._forever()
        finally:
            self.ended = True

    async def _forever(self) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if self.missed:
                raise
            self.missed += 1


class Broken:
    name = "broken"

    async def run(self) -> None:
        raise ConnectionError


async def test_a_surface_that_misses_a_cancellation_ends_all_the_same(monkeypatch):
    monkeypatch.setattr(bot.app, "CANCEL_AGAIN_S", 0.01)
    surface = Deaf()
    running = asyncio.create_task(run_to_the_end(surface))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (surface.missed, surface.ended) == (1, True)


async def test_what_a_surface_raises_is_not_lost():
    with pytest.raises(ConnectionError):
        await run_to_the_end(Broken())
