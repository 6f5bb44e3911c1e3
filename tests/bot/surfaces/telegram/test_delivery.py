"""Telegram's adapter delivers each picture once, whatever happens on the way."""

import logging
import time

import httpx
import pytest
from structlog.testing import capture_logs

from bot.service.service import Service
from bot.surface import Undeliverable
from bot.surfaces.telegram.media import can_be_photo
from bot.words.localisation import say
from engine.errors import EngineError
from engine.events import Picture
from engine.jobs import JobStatus
from tests.bot.surfaces.telegram.bot import WAIT_S, shows
from tests.servers.telegram import ApiError
from tests.servers.telegram.faults import Fault, bad_gateway, cut, flood, lost_answer

ASK = "/imagine a red circle --seed 7"


def refused(reason: str) -> Fault:
    return Fault(error=ApiError(400, f"Bad Request: {reason}"))


@pytest.mark.parametrize(
    "fault",
    [lost_answer(), cut(), bad_gateway(), flood(1)],
    ids=["lost answer", "cut", "bad gateway", "flood"],
)
async def test_trouble_while_posting_leaves_one_photo(server, bot, fault):
    server.faults.next(fault, method="editMessageMedia")
    async with bot.running():
        await bot.chat.send(ASK)
        await bot.ended()
    assert [bool(message.photo) for message in bot.chat.from_bot] == [True]
    assert len(server.called("editMessageMedia")) == 2
    assert server.faults.pending == 0


async def test_the_pause_that_telegram_asks_for_is_kept(server, bot):
    server.faults.next(flood(1), method="editMessageMedia")
    async with bot.running():
        await bot.chat.send(ASK)
        await server.wait_for_call("editMessageMedia", timeout_s=WAIT_S)
        refused_at = time.monotonic()
        await bot.chat.wait(lambda m: m.photo, timeout_s=WAIT_S)
    assert time.monotonic() - refused_at >= 1


@pytest.mark.parametrize(
    "reason",
    ["have no rights to send a message", "chat not found", "not enough rights to send photos to the chat"],
)
async def test_a_place_that_is_closed_ends_the_job(server, bot, reason):
    server.faults.next(refused(reason), method="editMessageMedia")
    async with bot.running():
        await bot.chat.send(ASK)
        job = await bot.ended(JobStatus.FAILED)
    assert (job.error, job.facts) == ("undeliverable", {"reason": reason.capitalize()})
    assert len(server.called("editMessageMedia")) == 1


async def test_a_person_who_blocks_the_bot_is_not_tried_for_ever(server, bot):
    async with bot.running():
        bot.worker.hang()
        await bot.chat.send(ASK)
        await bot.chat.wait(shows("Starting"), timeout_s=WAIT_S)
        bot.chat.block()
        await bot.worker.crash()
        job = await bot.ended(JobStatus.FAILED)
    assert job.error == "undeliverable"
    assert "blocked" in str(job.facts["reason"])
    assert len(server.called("editMessageMedia")) == 1


async def test_a_deleted_message_is_posted_anew_once_the_picture_is_there(bot):
    async with bot.running():
        bot.worker.hang()
        asked = await bot.chat.send(ASK)
        first = await bot.chat.wait(shows("Starting"), timeout_s=WAIT_S)
        await bot.chat.delete(first)
        await bot.worker.crash()
        job = await bot.ended()
    [posted] = bot.chat.from_bot
    assert posted.photo
    assert posted.reply_to is asked
    assert job.address["messages"] == {"0": posted.message_id}


async def test_a_deleted_request_still_gets_its_picture(bot):
    async with bot.running():
        bot.worker.hang()
        await bot.chat.delete(await bot.chat.send(ASK))
        await bot.chat.wait(shows("Starting"), timeout_s=WAIT_S)
        await bot.worker.crash()
        assert await bot.chat.wait(lambda m: m.photo, timeout_s=WAIT_S)


async def test_a_group_that_became_a_supergroup_gets_the_picture_there(bot):
    group = bot.server.group("Studio", members=[bot.alice])
    async with bot.running():
        bot.worker.hang()
        await group.send(ASK)
        await group.wait(shows("Starting"), timeout_s=WAIT_S)
        successor = group.migrate()
        await bot.worker.crash()
        job = await bot.ended()
    assert [bool(message.photo) for message in successor.from_bot] == [True]
    assert job.address["chat_id"] == successor.id


async def test_a_bot_killed_while_drawing_goes_on_in_the_same_message(bot):
    async with bot.running():
        bot.worker.hang()
        await bot.chat.send(ASK)
        placeholder = await bot.chat.wait(shows("Starting"), timeout_s=WAIT_S)
    async with bot.running():
        await bot.ended()
    assert bot.chat.from_bot == [placeholder]
    assert placeholder.photo


async def test_a_bot_killed_before_its_first_message_posts_one_picture(server, bot):
    server.faults.next(bad_gateway(), method="sendMessage", times=1_000)
    async with bot.running():
        await bot.chat.send(ASK)
        await server.wait_for_call("sendMessage", timeout_s=WAIT_S)
    server.faults.clear()
    async with bot.running():
        await bot.ended()
    assert [bool(message.photo) for message in bot.chat.from_bot] == [True]


async def test_a_first_message_that_may_have_arrived_is_followed_by_the_picture_alone(server, bot):
    server.faults.next(
        lost_answer(), method="sendMessage", times=1_000, where=lambda params: "seed 7" not in params.text("text")
    )
    async with bot.running():
        bot.worker.step_s = 0.05
        await bot.chat.send(ASK)
        job = await bot.ended()
    unknown, posted = bot.chat.from_bot
    assert [bool(message.photo) for message in (unknown, posted)] == [False, True]
    assert job.address["messages"] == {"0": posted.message_id}


async def test_a_first_message_that_was_never_sent_is_posted_once_the_network_is_there(server, bot, monkeypatch):
    sent = httpx.AsyncClient.send

    async def unconnected(client: httpx.AsyncClient, request: httpx.Request, **options: object) -> httpx.Response:
        if request.url.path.endswith("sendMessage"):
            monkeypatch.setattr(httpx.AsyncClient, "send", sent)
            raise httpx.ConnectTimeout("no route", request=request)
        return await sent(client, request, **options)

    async with bot.running():
        bot.worker.hang()
        await server.wait_for_call("getUpdates", timeout_s=WAIT_S)
        monkeypatch.setattr(httpx.AsyncClient, "send", unconnected)
        await bot.chat.send(ASK)
        placeholder = await bot.chat.wait(shows("Starting"), timeout_s=WAIT_S)
        await bot.worker.crash()
        await bot.ended()
    assert bot.chat.from_bot == [placeholder]


async def test_a_bot_killed_between_two_files_posts_each_once(server, bot):
    server.faults.next(
        bad_gateway(), method="editMessageMedia", times=1_000, where=lambda params: params.integer("message_id") == 3
    )
    async with bot.running():
        await bot.chat.send(f"{ASK} --count 2 --file")
        await server.wait_for_call("editMessageMedia", lambda call: call.error, timeout_s=WAIT_S)
    assert [bool(message.document) for message in bot.chat.from_bot] == [True, False]
    server.faults.clear()
    async with bot.running():
        drawn = await bot.rendered()
    assert [message.document for message in bot.chat.from_bot] == [picture.data for picture in drawn]


async def test_what_went_wrong_while_drawing_stands_in_the_message(server, bot):
    server.faults.next(lost_answer(), method="editMessageText", where=lambda params: "memory" in params.text("text"))
    async with bot.running():
        bot.worker.fail_next(EngineError("out_of_memory"))
        await bot.chat.send(ASK)
        await bot.ended(JobStatus.FAILED)
    [message] = bot.chat.from_bot
    assert message.text == f"“a red circle”\n{say('error-out-of-memory')}"


async def test_a_defect_is_told_without_its_traceback_and_logged_with_it(bot, monkeypatch):
    async def defect(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(Service, "obey", defect)
    with capture_logs() as logs:
        async with bot.running():
            await bot.chat.send("/queue")
            answer = await bot.chat.wait(timeout_s=WAIT_S)
    assert answer.text == say("error-engine-error")
    [line] = [line for line in logs if line["event"] == "command_failed"]
    assert repr(line["exc_info"]) == "ZeroDivisionError('secret detail')"


async def test_an_answer_that_telegram_cannot_take_is_told_of_in_words(bot, monkeypatch):
    async def too_large(*_: object) -> None:
        raise Undeliverable(reason="it is too large")

    monkeypatch.setattr(Service, "obey", too_large)
    async with bot.running():
        await bot.chat.send("/queue")
        answer = await bot.chat.wait(timeout_s=WAIT_S)
    assert answer.text == say("error-undeliverable", reason="it is too large")


async def test_no_log_line_holds_the_token(server, bot, caplog):
    caplog.set_level(logging.DEBUG)
    quoting = Fault(error=ApiError(500, f"no answer from /bot{server.token}/editMessageMedia"))
    with capture_logs() as logs:
        async with bot.running():
            for fault in (quoting, cut()):
                server.faults.next(fault, method="editMessageMedia")
                await bot.chat.send(ASK)
            server.faults.next(quoting, method="getUpdates")
            server.faults.next(quoting, method="sendMessage", where=lambda params: "Nobody" in params.text("text"))
            await bot.chat.send("/queue")
            await bot.ended()
    assert {"delivery_failed", "telegram_unreachable"} <= {line["event"] for line in logs}
    assert server.token not in str(logs) + caplog.text


async def test_a_picture_that_telegram_takes_for_no_photo_goes_as_a_file(bot, monkeypatch):
    monkeypatch.setattr("bot.surfaces.telegram.media.PHOTO_SIDES", 100)
    async with bot.running():
        await bot.chat.send(ASK)
        [drawn] = await bot.rendered()
    assert [message.document for message in bot.chat.from_bot] == [drawn.data]


@pytest.mark.parametrize(
    ("size", "size_bytes", "photo"),
    [
        ((1024, 1024), 10_000_000, True),
        ((1024, 1024), 10_000_001, False),
        ((5_000, 5_000), 1, True),
        ((5_001, 5_000), 1, False),
        ((2_000, 100), 1, True),
        ((100, 2_001), 1, False),
    ],
)
def test_the_limits_of_a_photo_are_telegram_s(size, size_bytes, photo):
    assert can_be_photo(Picture(bytes(size_bytes), "image/png", *size, seed=7)) is photo
