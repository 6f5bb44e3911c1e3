"""Nothing that a person sent is lost, wherever the bot is killed, and nobody waits for somebody else."""

import asyncio
import errno
import socket
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.service.service import Service
from bot.surfaces.telegram import webhook
from bot.surfaces.telegram.inbox import MOST_TRIES
from bot.surfaces.telegram.kept import Kept, Note
from bot.surfaces.telegram.pictures import Albums
from bot.words.localisation import say
from engine.errors import StoreFailed
from engine.store.database import Database
from tests.bot.surfaces.telegram.bot import WAIT_S, shows
from tests.engine.pictures.sent_pictures import png
from tests.servers.telegram import ApiError
from tests.servers.telegram.faults import Fault, bad_gateway, cut, flood, page_instead, server_error, stall, truncated

OBEY = Service.obey
NOTHING = "nothing in the queue"


def people(bot, count):
    return [bot.server.private_chat(bot.server.add_user(f"Person {number}")) for number in range(count)]


class Hanging:
    """Let commands for which `hangs` is true never end, as they would not in a bot that is killed meanwhile."""

    def __init__(self, monkeypatch, hangs=lambda origin: True):
        self.begun = []
        self.ended = []
        self._hangs = hangs
        self._patch = monkeypatch
        monkeypatch.setattr(Service, "obey", lambda *args: self._obey(*args))

    async def _obey(self, service, visit, invocation):
        self.begun.append(visit.origin)
        if self._hangs(visit.origin):
            await asyncio.Event().wait()
        done = await OBEY(service, visit, invocation)
        self.ended.append(visit.origin)
        return done

    def end(self):
        self._patch.setattr(Service, "obey", OBEY)


@asynccontextmanager
async def idle(bot, **settings):
    """Run the bot, once its first poll brought nothing."""
    async with bot.running(**settings) as app:
        await bot.server.wait_for_call("getUpdates", lambda _: len(bot.server.called("getUpdates")) > 1)
        yield app


async def polled(bot, more=3):
    known = len(bot.server.called("getUpdates"))
    await bot.server.wait_for_call("getUpdates", lambda _: len(bot.server.called("getUpdates")) >= known + more)


@pytest.fixture
def hooked():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/telegram"
    return {"webhook_url": url, "webhook_port": port, "webhook_secret": SecretStr("s3cret")}


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Ask again soon after an empty poll."""
    monkeypatch.setattr("bot.surfaces.telegram.polling.POLL_S", 0)


@pytest.mark.parametrize("first_poll", [True, False], ids=["sent before the start", "sent while it runs"])
async def test_what_was_received_and_not_committed_is_drawn_by_the_next_run(bot, monkeypatch, first_poll):
    chats, hanging = people(bot, 10), Hanging(monkeypatch)
    if first_poll:
        for chat in chats:
            await chat.send("/imagine a red circle --steps 1")
    async with idle(bot) if not first_poll else bot.running():
        if not first_poll:
            for chat in chats:
                await chat.send("/imagine a red circle --steps 1")
        while len(hanging.begun) < len(chats):
            await asyncio.sleep(0.02)
        await polled(bot)
    hanging.end()
    async with bot.running():
        for chat in chats:
            await chat.wait(lambda m: m.photo, timeout_s=3 * WAIT_S)
        await bot.ended()
    assert [len(chat.from_bot) for chat in chats] == [1] * 10
    assert bot.server.world.updates.pending == []
    assert not list(bot.path.glob("telegram/*/*.json"))


async def test_what_hangs_is_kept_on_disk_and_confirmed_and_answered_by_the_next_run(bot, monkeypatch):
    monkeypatch.setattr("bot.surfaces.telegram.inbox.SOON_S", 0.2)
    hanging = Hanging(monkeypatch, lambda origin: origin.owner == f"telegram:{bot.alice.id}")
    [other] = people(bot, 1)
    async with idle(bot):
        await bot.chat.send("/queue")
        await bot.server.world.changes.until(lambda: not bot.server.world.updates.pending, WAIT_S)
        await other.send("/queue")
        await other.wait(shows(NOTHING), timeout_s=WAIT_S)
    [note] = bot.path.glob("telegram/*/*.json")
    assert note.stat().st_mode & 0o077 == 0
    hanging.end()
    async with bot.running():
        await bot.chat.wait(shows(NOTHING), timeout_s=WAIT_S)
    assert not note.exists()
    assert len(bot.chat.from_bot) == 1


async def test_whoever_sends_more_than_telegram_hands_out_stops_nobody(bot, monkeypatch):
    other, *crowd = people(bot, 6)
    Hanging(monkeypatch, lambda origin: origin.owner != f"telegram:{other.id}")
    async with idle(bot):
        for chat in crowd:
            for _ in range(50):
                await chat.send("/queue")
        await other.send("/queue")
        await other.wait(shows(NOTHING), timeout_s=WAIT_S)
    assert len(list(bot.path.glob("telegram/*/*.json"))) + len(bot.server.world.updates.pending) >= 250


async def test_what_one_person_sends_too_fast_is_left_out_in_a_sentence_and_nobody_else_waits(bot, monkeypatch):
    monkeypatch.setattr("bot.surfaces.telegram.inbox.AT_ONCE", 5)
    hanging = Hanging(monkeypatch, lambda origin: False)
    [other] = people(bot, 1)
    async with idle(bot):
        for _ in range(30):
            await bot.chat.send("/queue")
        await other.send("/queue")
        await other.wait(shows(NOTHING), timeout_s=WAIT_S)
        await bot.chat.wait(shows("left out"), timeout_s=WAIT_S)
        await bot.server.world.changes.until(lambda: not bot.server.world.updates.pending, WAIT_S)
    done = [origin for origin in hanging.ended if origin.owner == f"telegram:{bot.alice.id}"]
    assert 5 <= len(done) < 30
    assert len([message for message in bot.chat.from_bot if "left out" in message.text]) == 1
    assert not list(bot.path.glob("telegram/*/*.json"))


async def test_what_one_person_sends_is_obeyed_in_order_and_nobody_else_waits(bot, monkeypatch):
    group = bot.server.group("Studio", members=[bot.alice, bob := bot.server.add_user("Bob")])
    order, go = [], asyncio.Event()

    async def obey(service, visit, invocation):
        words = invocation.options.get("prompt")
        if words == "slow":
            await go.wait()
        order.append((visit.origin.owner, words))
        return await OBEY(service, visit, invocation)

    monkeypatch.setattr(Service, "obey", obey)
    async with idle(bot):
        for sender, words in ((bot.alice, "slow"), (bot.alice, "second"), (bob, "third")):
            await group.send(f"/imagine@{bot.server.bot.username} {words}", sender=sender)
        await group.wait(shows("third"), timeout_s=WAIT_S)
        go.set()
        await group.wait(shows("second"), timeout_s=WAIT_S)
    alice, bob = f"telegram:{bot.alice.id}", f"telegram:{bob.id}"
    assert order == [(bob, "third"), (alice, "slow"), (alice, "second")]


async def test_an_album_holds_up_what_its_sender_writes_next_and_nobody_else(bot, monkeypatch):
    [other] = people(bot, 1)
    whole, go = Albums._whole, asyncio.Event()

    async def late(*given):
        await go.wait()
        return await whole(*given)

    monkeypatch.setattr(Albums, "_whole", late)
    async with idle(bot):
        await bot.chat.send_album([png(), png()], caption='/mix "a cat" image1 image2 --steps 1')
        await bot.chat.send("/imagine a fox --steps 1")
        await other.send("/queue")
        await other.wait(shows(NOTHING), timeout_s=WAIT_S)
        go.set()
        await bot.chat.wait(shows("a fox"), timeout_s=WAIT_S)
        await bot.ended()
        first, second = await bot.store.history.latest(f"telegram:{bot.alice.id}", 2)
    assert min((first, second), key=lambda job: job.created_at).request.mode == "mix"


async def test_an_update_that_nobody_can_read_holds_back_no_other(bot):
    with capture_logs() as logs:
        async with idle(bot):
            bot.server.world.updates.push("message", {"message_id": 1})
            await bot.chat.send("/queue")
            await bot.chat.wait(shows(NOTHING), timeout_s=WAIT_S)
            await bot.server.world.changes.until(lambda: not bot.server.world.updates.pending, WAIT_S)
    assert "telegram_update_unreadable" in {line["event"] for line in logs}
    bot.server.spec_errors.clear()  # the update is not one that the specification knows: that is what is tried here


async def test_an_update_that_ended_the_bot_again_and_again_is_told_and_done_no_more(bot):
    asked = await bot.chat.send("/imagine a red circle")
    raw, bot.server.world.updates.pending[:] = bot.server.world.updates.pending[0], []
    Kept(bot.path / "telegram" / str(bot.server.bot.id)).add([Note(raw["update_id"], raw, MOST_TRIES)])
    with capture_logs() as logs:
        async with bot.running():
            await bot.chat.wait(shows(say("error-engine-error")), timeout_s=WAIT_S)
    assert asked.text
    assert "telegram_update_dropped" in {line["event"] for line in logs}
    async with bot.running():
        await bot.chat.send("/queue")
        await bot.chat.wait(shows(NOTHING), timeout_s=WAIT_S)
    assert len(bot.chat.from_bot) == 2


async def test_each_run_counts_what_it_begins_anew(bot, monkeypatch):
    await bot.chat.send("/imagine a red circle")
    hanging, tries = Hanging(monkeypatch), []
    for run in range(3):
        async with bot.running():
            while len(hanging.begun) == run:
                await asyncio.sleep(0.02)
        tries += [note.tries for note in Kept(bot.path / "telegram" / str(bot.server.bot.id)).all()]
    assert tries == [1, 2, 3]


async def test_a_webhook_is_answered_after_the_commit(bot, monkeypatch, hooked):
    monkeypatch.setattr(webhook, "WARY_S", 0)
    hanging = Hanging(monkeypatch)
    async with bot.running(**hooked):
        await bot.chat.send("/imagine a red circle")
        while not hanging.begun:
            await asyncio.sleep(0.02)
    assert len(bot.server.world.updates.pending) == 1
    hanging.end()
    async with bot.running(**hooked):
        await bot.chat.wait(lambda m: m.photo, timeout_s=WAIT_S)
        await bot.server.world.changes.until(lambda: not bot.server.world.updates.pending, WAIT_S)
    assert len(bot.chat.from_bot) == 1


async def test_an_album_comes_whole_through_a_webhook_and_survives_a_kill(bot, monkeypatch, hooked):
    hanging = Hanging(monkeypatch)
    async with bot.running(**hooked):
        await bot.chat.send_album([png(), png(colour="white")], caption='/mix "a cat" image1 image2 --steps 1')
        while not hanging.begun:
            await asyncio.sleep(0.02)
    assert bot.server.world.updates.pending == []
    hanging.end()
    async with bot.running(**hooked):
        await bot.chat.wait(lambda m: m.photo, timeout_s=WAIT_S)
        job = await bot.ended()
        assert len(await bot.store.inputs(job.request)) == 2
    assert len(bot.chat.from_bot) == 1


POLLS = {
    "429": flood(1),
    "500": server_error(500),
    "502 page": bad_gateway(),
    "cut": cut(),
    "404 page": Fault(error=ApiError(404, "Not Found"), page=True),
    "truncated": truncated(),
    "200 page": page_instead(),
    "409": Fault(error=ApiError(409, "Conflict: terminated by other getUpdates request")),
    "slow": stall(0.5),
}


@pytest.mark.parametrize("fault", POLLS.values(), ids=POLLS)
async def test_trouble_with_a_poll_swallows_nothing(bot, fault):
    async with idle(bot):
        bot.server.faults.next(fault, method="getUpdates", times=2)
        await bot.chat.send("/imagine a red circle --steps 1")
        await bot.chat.wait(lambda m: m.photo, timeout_s=2 * WAIT_S)
    assert len(bot.chat.from_bot) == 1


ANSWERS = {name: POLLS[name] for name in ("429", "500", "502 page", "cut", "404 page")}


@pytest.mark.parametrize("fault", ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_is_sent_again_until_telegram_takes_it(bot, fault):
    bot.server.faults.next(fault, method="sendMessage", times=2)
    async with bot.running():
        await bot.chat.send("/queue")
        await bot.chat.wait(shows(NOTHING), timeout_s=WAIT_S)
    assert len(bot.chat.from_bot) == 1


async def test_a_private_picture_waits_for_telegram_and_not_for_its_person(bot):
    group = bot.server.group("Studio", members=[bot.alice])
    async with idle(bot):
        await bot.chat.send("/settings private on")
        await bot.chat.wait(timeout_s=WAIT_S)
        bot.server.faults.next(bad_gateway(), method="sendChatAction", times=2)
        await group.send(f"/imagine@{bot.server.bot.username} a red circle --steps 1")
        await bot.chat.wait(lambda m: m.photo, timeout_s=WAIT_S)


@pytest.mark.parametrize("fault", [truncated(), page_instead()], ids=["truncated", "page"])
async def test_a_progress_message_whose_answer_cannot_be_read_is_not_posted_again(bot, fault):
    bot.server.faults.next(fault, method="sendMessage")
    async with bot.running():
        bot.worker.step_s = 0.05
        await bot.chat.send("/imagine a red circle --steps 4")
        await bot.chat.wait(lambda m: m.photo, timeout_s=WAIT_S)
        await bot.ended()
    assert [bool(message.photo) for message in bot.chat.from_bot] == [False, True]


async def test_a_full_disk_is_said_in_words_and_stops_nobody(bot, monkeypatch):
    def full(*_):
        raise StoreFailed(reason="database or disk is full")

    with capture_logs() as logs:
        async with bot.running():
            monkeypatch.setattr(Database, "write", full)
            await bot.chat.send("/imagine a red circle")
            await bot.chat.wait(shows(say("error-store-failed")), timeout_s=WAIT_S)
            await bot.chat.send("/queue")
            await bot.chat.wait(shows(NOTHING), timeout_s=WAIT_S)
            await bot.server.world.changes.until(lambda: not bot.server.world.updates.pending, WAIT_S)
    assert "command_failed" not in {line["event"] for line in logs}


async def test_without_room_on_the_disk_telegram_goes_on_remembering(bot, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("bot.surfaces.telegram.inbox.SOON_S", 0.2)
    monkeypatch.setattr(Kept, "add", full)
    hanging = Hanging(monkeypatch)
    with capture_logs() as logs:
        async with idle(bot):
            await bot.chat.send("/queue")
            while "telegram_update_not_kept" not in {line["event"] for line in logs}:
                await asyncio.sleep(0.02)
    hanging.end()
    assert len(bot.server.world.updates.pending) == 1
    async with bot.running():
        await bot.chat.wait(shows(NOTHING), timeout_s=WAIT_S)
