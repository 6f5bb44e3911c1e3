"""A picture reaches its person on Discord exactly once, whatever the platform does meanwhile."""

import time
from dataclasses import replace
from functools import partial

import discord
import pytest
from PIL import Image

from bot.surface import Undeliverable
from engine.jobs import Job, JobStatus
from engine.pictures import images
from tests.bot.surfaces.discord.bot import Bot, has_pictures, is_begun
from tests.servers.discord import Interaction


async def begun(bot: Bot, **options: str | int) -> Interaction:
    """Ask for a picture that the worker begins, and finishes when it may go on."""
    bot.worker.hang()
    asked = await bot.imagine(**options)
    await asked.message(is_begun)
    return asked


def without_token(job: Job) -> Job:
    return replace(job, address={**job.address, "expires_at": time.time() - 1})


async def test_an_expired_token_falls_back_to_one_message_in_the_channel(server, bot):
    async with bot.running():
        asked = await begun(bot)
        server.clock.advance(16 * 60)
        bot.worker.go_on()
        job = await bot.ended()
    [message] = bot.posted
    assert message is not asked.original
    assert message.nonce == f"kandinsky-{job.id}"
    assert bot.ada.mention in message.content
    assert "seed 7" in message.content
    assert message.mentions == []
    assert message.flags & discord.MessageFlags.suppress_embeds.flag


async def test_a_token_too_old_by_our_own_clock_is_not_tried(server, bot):
    async with bot.running() as app:
        await begun(bot)
        [job] = await bot.store.jobs.untold()
        before = len(server.requests)
        await app.show(without_token(job), "70 %", None)
        await app.tell(without_token(job), "Cancelled.")
    later = [(request.method, request.path) for request in server.requests[before:]]
    assert later == [("GET", f"/channels/{bot.channel.id}/messages"), ("POST", f"/channels/{bot.channel.id}/messages")]
    assert bot.channel.messages[-1].content.endswith("Cancelled.")


async def test_a_picture_in_its_message_is_not_posted_again_after_the_token_expired(server, bot):
    async with bot.running() as app:
        message = await (await bot.imagine()).message(has_pictures)
        job = await bot.ended()
        await app.deliver(without_token(job), partial(bot.store.pictures, job.id), "again")
    assert bot.posted == [message]


async def test_without_the_right_to_read_the_picture_is_posted_all_the_same(server, bot):
    async with bot.running():
        await begun(bot)
        server.clock.advance(16 * 60)
        server.faults.next("/channels/*/messages", method="GET", status=403, code=50001)
        bot.worker.go_on()
        await bot.ended()
    assert len(bot.posted) == 1


async def test_delivering_twice_leaves_one_message_with_the_pictures_once(server, bot):
    async with bot.running() as app:
        message = await (await bot.imagine(count=2)).message(has_pictures)
        job = await bot.ended()
        await app.deliver(job, partial(bot.store.pictures, job.id), "again")
    assert bot.posted == [message]
    assert message.content == "again"
    assert len(message.attachments) == 1


async def test_an_acknowledgement_that_came_too_late_costs_no_picture(server, bot):
    server.faults.next("/interactions/*", status=404, code=10062)
    async with bot.running():
        asked = await bot.imagine()
        await asked.message(has_pictures)
        await bot.ended()
    [message] = bot.posted
    assert bot.ada.mention in message.content
    refused = [request for request in server.requests if request.path.startswith("/webhooks/")]
    assert len(refused) == 1


@pytest.mark.parametrize("fault", [{"status": 429}, {"status": 429, "via": False}, {"status": 500}, {"status": 502}])
async def test_a_passing_failure_leaves_one_message(server, bot, fault):
    async with bot.running():
        asked = await begun(bot)
        server.faults.next("/webhooks/*", method="PATCH", **fault)
        bot.worker.go_on()
        message = await asked.message(has_pictures)
        await bot.ended()
    assert bot.posted == [message]
    assert message is asked.original


@pytest.mark.parametrize("loss", ["drop", "lose_answer"])
async def test_a_broken_connection_while_editing_leaves_one_message(server, bot, loss):
    async with bot.running():
        asked = await begun(bot)
        server.faults.next("/webhooks/*", method="PATCH", **{loss: True})
        bot.worker.go_on()
        await asked.message(has_pictures)
        await bot.ended()
    assert bot.posted == [asked.original]


async def test_a_lost_answer_in_the_channel_leaves_one_message(server, bot):
    async with bot.running():
        await begun(bot)
        server.clock.advance(16 * 60)
        server.faults.next("/channels/*", method="POST", lose_answer=True)
        bot.worker.go_on()
        await bot.ended()
    assert len(bot.posted) == 1


async def test_a_reconnecting_gateway_costs_no_picture(server, bot):
    async with bot.running():
        asked = await begun(bot)
        await server.gateway.reconnect()
        bot.worker.go_on()
        message = await asked.message(has_pictures)
        await bot.ended()
    assert bot.posted == [message]


async def test_a_picture_too_large_is_encoded_smaller_with_all_its_pixels(server, bot):
    async with bot.running() as app:
        asked = await begun(bot)
        [job] = await bot.store.jobs.untold()
        server.upload_limit_bytes = 8_000  # less than the interaction had announced
        noise = Image.effect_noise((128, 128), 64).convert("RGB")

        async def load():
            return [images.encode(noise, job.request, 0)]

        await app.deliver(job, load, "noise")
    [file] = asked.original.attachments
    assert (file.filename, file.size_px) == (f"kandinsky-{job.id}-1.webp", (128, 128))
    assert len(file.data) <= 8_000


async def test_a_picture_that_fits_nowhere_ends_the_job(server, bot):
    async with bot.running():
        await begun(bot)
        server.upload_limit_bytes = 10
        bot.worker.go_on()
        job = await bot.ended(JobStatus.FAILED)
    assert job.error == "undeliverable"


@pytest.mark.parametrize("closed", ["channel", "person"])
async def test_a_place_closed_to_the_bot_ends_the_job(server, bot, closed):
    place = bot.channel if closed == "channel" else server.dm(bot.ada)
    async with bot.running():
        await begun(bot, channel=place)
        server.clock.advance(16 * 60)
        bot.channel.bot_may_send, bot.ada.blocks_messages = False, True
        bot.worker.go_on()
        job = await bot.ended(JobStatus.FAILED)
    reason = {"channel": "Missing Permissions", "person": "Cannot send messages to this user"}[closed]
    assert (job.error, job.facts) == ("undeliverable", {"reason": reason})


async def test_a_refusal_in_between_is_no_refusal_by_discord(server, bot):
    async with bot.running() as app:
        await begun(bot)
        [job] = await bot.store.jobs.untold()
        server.faults.next("/channels/*", method="POST", status=403)
        with pytest.raises(discord.Forbidden):
            await app.tell(without_token(job), "Cancelled.")


async def test_a_message_that_discord_s_moderation_refuses_ends_the_job(server, bot):
    async with bot.running() as app:
        await begun(bot)
        [job] = await bot.store.jobs.untold()
        server.faults.next("/webhooks/*", method="PATCH", status=400, code=200000, message="Blocked by moderation")
        with pytest.raises(Undeliverable, match="Blocked by moderation"):
            await app.tell(job, "Cancelled.")
