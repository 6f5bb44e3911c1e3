"""Discord ends the connection for good: the operator reads why, and everything else is tried again."""

import asyncio

import pytest
from structlog.testing import capture_logs

from bot.surfaces.discord.refusals import REFUSALS
from tests.bot.surfaces.discord.bot import has_pictures


@pytest.mark.parametrize("code", REFUSALS)
async def test_a_close_after_which_nobody_may_reconnect_ends_the_surface_with_a_sentence(server, bot, code):
    with capture_logs() as logs:
        async with bot.running():
            await server.ready()
            await server.gateway.close(code)
            assert await asyncio.wait_for(bot.run, 5) == REFUSALS[code]
    [line] = [line for line in logs if line["event"] == "discord_refused"]
    assert (line["log_level"], line["hint"]) == ("error", REFUSALS[code])


@pytest.mark.parametrize("code", [1000, 4000, 4008, 4009])
async def test_any_other_close_costs_nobody_a_picture(server, bot, code):
    async with bot.running():
        await server.ready()
        await server.gateway.close(code)
        await (await bot.imagine()).message(has_pictures)


async def test_a_broken_frame_is_no_end(server, bot, monkeypatch):
    monkeypatch.setattr("bot.surfaces.discord.app.ExponentialBackoff.delay", lambda _: 0.01)
    async with bot.running():
        await server.ready()
        await server.gateway.garble()
        await server.changes.until(lambda: server.gateway.identify_count == 2, 5, "a second login")
        await (await bot.imagine()).message(has_pictures)
