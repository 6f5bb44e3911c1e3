"""What a round breaks: signals, and what networks do."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

from tests.chaos.stage import STOP_S, Stage
from tests.servers.telegram import faults as telegram

# Breaks something for about so many seconds, and mends it again; a number from 0 to 1 is its only chance.
Fault = Callable[[Stage, float, float], Awaitable[None]]
ALWAYS = 10**9


async def kill(stage: Stage, _: float, chance: float) -> None:
    """Kill the bot as a power cut does."""
    stage.kill()


async def terminate(stage: Stage, _: float, chance: float) -> None:
    """Ask the bot to end, as a container is stopped; it is killed where it does not."""
    life = stage.life
    stage.dies = True
    async with disturbing(stage):
        if life and not life.ended.done() and not await life.end(patience_s=STOP_S):
            stage.troubles.append(("would not stop", f"killed {STOP_S} s after SIGTERM"))


async def kill_worker(stage: Stage, _: float, chance: float) -> None:
    """Kill the worker's process."""
    _signal_workers(stage, signal.SIGKILL)


async def kill_both(stage: Stage, _: float, chance: float) -> None:
    """Kill the worker and the bot."""
    _signal_workers(stage, signal.SIGKILL)
    stage.kill()


async def freeze(stage: Stage, seconds: float, chance: float) -> None:
    """Stop the bot's process for a while."""
    if life := stage.life:
        async with disturbing(stage):
            life.send(signal.SIGSTOP)
            await asyncio.sleep(seconds)
            life.send(signal.SIGCONT)


async def freeze_worker(stage: Stage, seconds: float, chance: float) -> None:
    """Stop the worker's process; half of the times for ever."""
    frozen = _signal_workers(stage, signal.SIGSTOP)
    if chance < 0.5:
        return
    await asyncio.sleep(seconds)
    for pid in frozen:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def _signal_workers(stage: Stage, number: int) -> list[int]:
    pids = stage.life.workers() if stage.life else []
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
    return pids


@asynccontextmanager
async def disturbing(stage: Stage) -> AsyncIterator[None]:
    """Let nobody on Discord expect an answer at once."""
    window = stage.disturb()
    try:
        yield
    finally:
        window[1] = time.monotonic()


async def discord_fails(stage: Stage, seconds: float, chance: float, **how: object) -> None:
    """Let requests to Discord fail for a while."""
    async with disturbing(stage):
        fault = stage.discord.faults.next(times=ALWAYS, **how)  # type: ignore[arg-type]
        await asyncio.sleep(seconds)
        fault.times = 0


async def telegram_fails(
    stage: Stage, seconds: float, chance: float, *, fault: telegram.Fault, method: str = ""
) -> None:
    """Let requests to Telegram fail for a while."""
    planned = stage.telegram.faults.next(fault, method=method, times=float("inf"))
    await asyncio.sleep(seconds)
    stage.telegram.faults.forget(planned)


async def reconnect(stage: Stage, _: float, chance: float) -> None:
    """Ask Discord's clients to connect again (op 7)."""
    async with disturbing(stage):
        await stage.discord.gateway.reconnect()
        await _back_at_the_gateway(stage)


async def invalidate(stage: Stage, _: float, chance: float) -> None:
    """Tell Discord's clients that their session is invalid (op 9)."""
    async with disturbing(stage):
        await stage.discord.gateway.invalidate(resumable=chance < 0.5)
        await _back_at_the_gateway(stage)


async def cut_gateway(stage: Stage, _: float, chance: float) -> None:
    """Reset the gateway's connections."""
    async with disturbing(stage):
        stage.discord.gateway.cut()
        await _back_at_the_gateway(stage)


async def close_gateway(stage: Stage, seconds: float, chance: float, *, code: int) -> None:
    """Close the gateway for good; the operator mends it later, and starts the bot again."""
    async with disturbing(stage):
        await stage.discord.gateway.close(code)
        await asyncio.sleep(seconds)
        if not stage.discord.gateway.ready:
            await terminate(stage, 0, chance)
            await _back_at_the_gateway(stage)


async def _back_at_the_gateway(stage: Stage) -> None:
    with suppress(TimeoutError):
        await stage.discord.ready(timeout=20.0)


KILLS: dict[str, Fault] = {
    "SIGKILL bot": kill,
    "SIGTERM bot": terminate,
    "SIGKILL worker": kill_worker,
    "SIGKILL both": kill_both,
    "SIGSTOP bot": freeze,
    "SIGSTOP worker": freeze_worker,
}
DISCORD: dict[str, Fault] = {
    "discord resets": partial(discord_fails, drop=True),
    "discord loses answers": partial(discord_fails, lose_answer=True),
    "discord 429": partial(discord_fails, status=429, retry_after_s=20.0),
    "discord global 429": partial(discord_fails, status=429, retry_after_s=20.0, is_global=True),
    "discord 500": partial(discord_fails, status=500),
    "discord 502 in HTML": partial(discord_fails, status=502),
    "discord cuts its JSON": partial(discord_fails, truncate=True),
    "discord is slow": partial(discord_fails, delay_s=0.7),
    "gateway op 7": reconnect,
    "gateway op 9": invalidate,
    "gateway reset": cut_gateway,
    "gateway 4004": partial(close_gateway, code=4004),
    "gateway 4014": partial(close_gateway, code=4014),
}
TELEGRAM: dict[str, Fault] = {
    "telegram resets": partial(telegram_fails, fault=telegram.cut()),
    "telegram loses answers": partial(telegram_fails, fault=telegram.lost_answer()),
    "telegram 429": partial(telegram_fails, fault=telegram.flood(retry_after_s=20)),
    "telegram 500": partial(telegram_fails, fault=telegram.server_error(500)),
    "telegram 502 in HTML": partial(telegram_fails, fault=telegram.bad_gateway()),
    "telegram cuts its JSON": partial(telegram_fails, fault=telegram.truncated()),
    "telegram is slow": partial(telegram_fails, fault=telegram.stall(0.7)),
    "telegram 409": partial(telegram_fails, fault=telegram.conflict(), method="getUpdates"),
    "telegram drops polls": partial(telegram_fails, fault=telegram.cut(), method="getUpdates"),
    "telegram loses polls": partial(telegram_fails, fault=telegram.lost_answer(), method="getUpdates"),
}
