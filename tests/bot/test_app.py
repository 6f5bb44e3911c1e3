"""The composition root: surfaces run side by side, and each of them ends when the bot does."""

import asyncio

import pytest
from structlog.testing import capture_logs

import bot.app
from bot.app import run_to_the_end, serve_all
from bot.health import CannotServe, Standings, ended, standings


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


class Refused:
    name = "refused"

    async def run(self) -> str:
        return "the token is wrong"


class Unable:
    name = "unable"

    async def run(self) -> None:
        raise CannotServe("there is no such address")


class Living:
    name = "living"

    def __init__(self) -> None:
        self.end, self.cancelled = asyncio.Event(), False

    async def run(self) -> None:
        try:
            await self.end.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise


async def test_a_surface_that_ends_or_fails_ends_no_other_and_its_reason_is_known(tmp_path):
    living = Living()
    with capture_logs() as logs:
        serving = asyncio.create_task(serve_all([Broken(), Refused(), Unable(), living], Standings(tmp_path)))
        async with asyncio.timeout(5):
            while len(ended(tmp_path)) < 3:
                await asyncio.sleep(0.005)
        assert not serving.done()
        assert not living.cancelled
        assert standings(tmp_path) == {
            "broken": "it failed with ConnectionError; the log says more",
            "refused": "the token is wrong",
            "unable": "there is no such address",
            "living": "serving",
        }
        living.end.set()
        assert (await serving).keys() == {"broken", "refused", "unable", "living"}
    assert [line["surface"] for line in logs if line["event"] == "surface_ended"][-1] == "living"
    assert [line["surface"] for line in logs if line["event"] == "surface_failed"] == ["broken"]


async def test_the_end_of_the_bot_ends_every_surface(tmp_path):
    surfaces = [Living(), Living()]
    serving = asyncio.create_task(serve_all(surfaces, Standings(tmp_path)))
    async with asyncio.timeout(5):
        while not standings(tmp_path):
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.01)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert [each.cancelled for each in surfaces] == [True, True]
    assert ended(tmp_path) == {}


async def test_where_the_standings_cannot_be_written_the_bot_serves_all_the_same(tmp_path):
    assert await serve_all([Refused()], Standings(tmp_path / "gone")) == {"refused": "the token is wrong"}
    assert standings(tmp_path / "gone") == {}


def test_standings_that_are_damaged_are_unknown(tmp_path):
    (tmp_path / "surfaces.json").write_text('{"discord": "serv')
    assert standings(tmp_path) == {}
