"""Kill the bot in the midst of what it does: a call never comes back, and the next run finds what was committed."""

import asyncio
import contextlib

from bot.service import service
from tests.bot.surfaces.discord.bot import GatedWorker


@contextlib.asynccontextmanager
async def killed(bot, monkeypatch, where, name, *, after=False):
    """Run the bot for what is done in the block, until it calls `name` of `where`; it dies before that, or after it."""
    genuine, reached = getattr(where, name), asyncio.Event()

    async def never(*given, **named):
        if after:
            await genuine(*given, **named)
        reached.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(where, name, never)
        patched.setattr(service, "VISIT_ENDS_S", 0.05)  # a kill waits for nobody
        async with bot.running(), asyncio.timeout(10):
            yield
            await reached.wait()
    bot.worker = GatedWorker()
