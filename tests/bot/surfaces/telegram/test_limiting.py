"""Telegram takes 30 messages a second from a bot: no chat takes them all."""

import asyncio

import pytest

from bot.surfaces.telegram.limiting import AT_ONCE, FairLimiter
from tests.bot.surfaces.telegram.bot import WAIT_S


class Calls:
    """Be Telegram, which answers a call once a test lets it."""

    def __init__(self) -> None:
        self.limiter = FairLimiter()
        self.begun: list[int | None] = []
        self.go = asyncio.Event()

    async def call(self, chat: int | None) -> bool:
        async def answer() -> bool:
            self.begun.append(chat)
            await self.go.wait()
            return True

        return await self.limiter.process_request(answer, (), {}, "sendMessage", {"chat_id": chat}, None)

    def begin(self, *chats: int | None) -> list[asyncio.Task[bool]]:
        return [asyncio.create_task(self.call(chat)) for chat in chats]


@pytest.fixture
def calls():
    return Calls()


async def test_fifty_calls_of_one_chat_do_not_stand_before_one_of_another(calls):
    tasks = calls.begin(*[1] * 50, 2)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert calls.begun == [*[1] * AT_ONCE, 2]
    calls.go.set()
    assert await asyncio.gather(*tasks[:10], tasks[-1]) == [True] * 11
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_can_be_left_out_is_left_out_before_all_is_used_up(calls):
    calls.go.set()
    await asyncio.gather(*calls.begin(*range(20)))
    assert calls.limiter.has_room
    await asyncio.gather(*calls.begin(*range(5)))
    assert not calls.limiter.has_room


async def test_a_picture_comes_where_there_is_no_room_for_progress(bot, monkeypatch):
    monkeypatch.setattr(FairLimiter, "has_room", False)
    async with bot.running():
        bot.worker.step_s = 0.02
        await bot.chat.send("/imagine a red circle --steps 8")
        await bot.chat.wait(lambda message: message.photo, timeout_s=WAIT_S)
        await bot.ended()
    assert [bot.server.called(name) for name in ("editMessageText", "sendChatAction")] == [[], []]
    assert len(bot.chat.from_bot) == 1


async def test_what_concerns_no_chat_waits_for_nobody(calls):
    tasks = calls.begin(*[1] * 10, *[None] * 10)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert calls.begun.count(None) == 10
    calls.go.set()
    assert all(await asyncio.gather(*tasks))


async def test_whoever_is_cancelled_while_waiting_leaves_no_gap(calls):
    tasks = calls.begin(*[1] * (AT_ONCE + 2))
    await asyncio.sleep(0)
    tasks[AT_ONCE].cancel()
    calls.go.set()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert [end for end in ends if end is not True] == [ends[AT_ONCE]]
    assert len(calls.begun) == AT_ONCE + 1
