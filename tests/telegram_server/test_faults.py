"""What goes wrong on Telegram goes wrong here when asked."""

import asyncio

import pytest
from telegram.error import ChatMigrated, Conflict, Forbidden, NetworkError, TimedOut
from telegram.ext import Application

from tests.servers.telegram import TelegramServer, faults

from .pictures import png
from .ptb_bot import build
from .raw import raw


async def test_the_rate_limiter_waits_as_long_as_a_429_says(
    server: TelegramServer, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # without it each RetryAfter warns of a coming change of its type
    chat = server.private_chat(server.add_user("Alice"))
    server.faults.next(faults.flood(retry_after_s=1), method="sendMessage")
    started = asyncio.get_running_loop().time()
    await app.bot.send_message(chat.id, "hello")
    assert asyncio.get_running_loop().time() - started >= 1
    assert [m.text for m in chat.from_bot] == ["hello"]
    assert [call.error.parameters for call in server.calls if call.error] == [{"retry_after": 1}]


async def test_a_flood_limit_refuses_one_post_too_many(server: TelegramServer) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    server.faults.limit(posts=2, per_s=60)
    answers = [await raw(server, "sendMessage", {"chat_id": chat.id, "text": "x"}) for _ in range(3)]
    assert [status for status, _ in answers] == [200, 200, 429]
    assert answers[-1][1]["parameters"]["retry_after"] > 50


async def test_a_person_who_blocks_the_bot_is_forbidden_to_it(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    chat.block()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await app.bot.send_message(chat.id, "hello")
    (update,) = await app.bot.get_updates()
    assert update.my_chat_member.new_chat_member.status == "kicked"


async def test_a_migrated_group_names_its_supergroup(server: TelegramServer, app: Application) -> None:
    group = server.group("Studio", members=[server.add_user("Alice")])
    supergroup = group.migrate()
    with pytest.raises(ChatMigrated) as caught:
        await app.bot.send_message(group.id, "hello")
    assert caught.value.new_chat_id == supergroup.id
    await app.bot.send_message(caught.value.new_chat_id, "hello")
    assert [m.text for m in supergroup.from_bot] == ["hello"]
    service = [update.message.migrate_to_chat_id for update in await app.bot.get_updates()]
    assert service == [supergroup.id, None]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.conflict(), Conflict),
        (faults.blocked(), Forbidden),
        (faults.server_error(500), NetworkError),
        (faults.server_error(502), NetworkError),
        (faults.bad_gateway(), NetworkError),
        (faults.cut(), NetworkError),
        (faults.lost_answer(), NetworkError),
    ],
    ids=["409", "403", "500", "502", "502 page", "cut", "lost answer"],
)
async def test_a_planned_fault_is_met_once(
    server: TelegramServer, app: Application, fault: faults.Fault, error: type[Exception]
) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    server.faults.next(fault, method="sendMessage")
    with pytest.raises(error):
        await app.bot.send_message(chat.id, "first")
    await app.bot.send_message(chat.id, "second")
    assert [m.text for m in chat.from_bot] == (["first", "second"] if fault.lose_answer else ["second"])


async def test_a_stalled_answer_times_out_and_does_not_hold_the_server(server: TelegramServer) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    server.faults.next(faults.stall(60), method="sendMessage")
    async with build(server, read_s=0.1) as app:
        with pytest.raises(TimedOut):
            await app.bot.send_message(chat.id, "hello")


async def test_a_download_can_be_cut_off(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    await chat.send(document=png())
    (update,) = await app.bot.get_updates()
    file = await update.message.document.get_file()
    server.faults.next(faults.cut_download(after_bytes=20), method="download")
    with pytest.raises(NetworkError):
        await file.download_as_bytearray()
    assert bytes(await file.download_as_bytearray()) == png()
