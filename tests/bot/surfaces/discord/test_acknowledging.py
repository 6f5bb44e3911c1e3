"""What acknowledging ends in costs nobody an answer: whatever Discord's own answer was, or that there was none."""

import asyncio
from contextlib import suppress

import pytest
from discord.webhook.async_ import AsyncWebhookAdapter

from bot.surfaces.discord import calling
from bot.words.localisation import say
from tests.bot.surfaces.discord.bot import has_pictures
from tests.bot.surfaces.discord.test_masks import asked_for_a_hat, files
from tests.engine.pictures.sent_pictures import damaged, png
from tests.servers.discord import DEFER, Upload

PHOTO = Upload("photo.png", png())
# What the answer to an interaction's callback meets, and whether Discord has served it.
SERVED = {
    "truncated": {"truncate": True},
    "a page": {"html": True},
    "lost": {"lose_answer": True},
    "late": {"late_s": 0.6},
}
UNSERVED = {
    "dropped": {"drop": True},
    "banned": {"status": 429, "via": False},
    "too late": {"status": 404, "code": 10062},
    "stalled": {"delay_s": 0.6},
    "down": {"status": 500, "times": 2},
}
FAULTS = {**SERVED, **UNSERVED}
# What discord.py reads without checking it: any JSON may make it stumble.
ODD_ANSWERS = ["", "null", [], {}, {"interaction": None}, {"interaction": {}}, {"interaction": {"id": "x"}}, 7]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(calling, "PROMISE_S", 0.2)


def meet(server, fault, path="/interactions/*", **how):
    """Let the next request, and no other, meet a fault."""
    server.faults.clear()
    server.faults.next(path, **{**FAULTS[fault], **how})


def is_said(message):
    return bool(message.content)


async def no_promise(bot):
    """Wait until every promise was kept, or told of."""
    async with asyncio.timeout(10):
        while await bot.store.promises.all():
            await asyncio.sleep(0.02)


async def test_a_committed_job_is_followed_in_the_same_run_whatever_acknowledging_did(server, bot):
    answers = []
    async with bot.running():
        for fault in FAULTS:
            meet(server, fault)
            asked = await bot.imagine()
            answers.append(message := await asked.message(has_pictures))
            await bot.ended()
            assert fault in UNSERVED or message is asked.original, fault
    assert bot.posted == answers


async def test_a_command_with_a_picture_is_drawn_whatever_the_promise_before_it_did(server, bot):
    answers = []
    async with bot.running():
        for fault in FAULTS:
            meet(server, fault)
            asked = await server.slash("variations", {"image": PHOTO, "steps": 2}, user=bot.ada, channel=bot.channel)
            answers.append(await asked.message(has_pictures))
            await no_promise(bot)
            await bot.ended()
    assert bot.posted == answers


async def test_a_refusal_is_told_though_nobody_heard_that_the_promise_was_taken(server, bot):
    async with bot.running():
        for fault in SERVED:
            meet(server, fault)
            options = {"image": Upload("cat.png", damaged()), "prompt": "a fox"}
            asked = await server.slash("img2img", options, user=bot.ada, channel=bot.channel)
            message = await asked.message(is_said)
            assert (await asked.acknowledged()).type == DEFER, fault
            assert message.content.startswith("That picture is damaged or incomplete."), fault
            assert message.ephemeral
    assert bot.channel.messages == []


async def test_an_answer_is_given_once_whatever_the_first_try_met(server, bot):
    asked = {}
    async with bot.running():
        for fault in ("truncated", "a page", "lost", "dropped"):
            meet(server, fault)
            asked[fault] = await server.slash("help", {}, user=bot.ada, channel=bot.channel)
            assert "/imagine" in (await asked[fault].message()).content, fault
    assert {fault: len(it.messages) for fault, it in asked.items()} == dict.fromkeys(asked, 1)


async def test_pictures_that_are_shown_again_are_posted_once_or_their_loss_is_told(server, bot):
    async with bot.running():
        options = {"job": (await bot.job(await bot.draw())).id}
        for fault in ("truncated", "a page", "lost"):
            meet(server, fault, "/webhooks/*", method="PATCH")
            asked = await server.slash("show", options, user=bot.ada, channel=bot.channel)
            await asked.message(has_pictures)
            await no_promise(bot)
            assert [len(message.attachments) for message in asked.messages] == [1], fault
        meet(server, "dropped", "/webhooks/*", method="PATCH", times=9)
        refused = await server.slash("show", options, user=bot.ada, channel=bot.channel)
        told = await refused.message(is_said)
    assert (told.content, told.ephemeral) == (say("error-unanswered"), True)


async def test_a_press_below_a_mask_counts_whatever_acknowledging_did(server, bot):
    async with bot.running():
        for fault in (*SERVED, "dropped", "too late"):
            server.faults.clear()
            message = await asked_for_a_hat(bot)
            meet(server, fault)
            pressed = await bot.press(message, "Go")
            shown = await pressed.message(lambda it: files(it) == ["kandinsky"])
            await bot.ended()
            assert (shown is message) == (fault != "too late"), fault


async def test_no_shape_of_answer_and_no_closed_session_costs_a_job(server, bot, monkeypatch):
    answers, genuine = iter(ODD_ANSWERS), AsyncWebhookAdapter.create_interaction_response

    async def odd(*given, **named):
        await genuine(*given, **named)
        with suppress(StopIteration):
            return next(answers)
        raise RuntimeError("Session is closed")

    monkeypatch.setattr(AsyncWebhookAdapter, "create_interaction_response", odd)
    async with bot.running():
        for _ in range(len(ODD_ANSWERS) + 1):
            await (await bot.imagine()).message(has_pictures)
        await bot.ended()
    assert len(bot.posted) == len(ODD_ANSWERS) + 1
