"""The Discord test server speaks the protocol that the unmodified discord.py expects."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import discord
import pytest
import yarl

from tests.servers.discord import CHOICES, DEFER, DEFER_UPDATE, Channel, DiscordServer, Interaction, Upload, User
from tests.servers.discord.example_client import (
    Bot,
    empty,
    expired,
    followup_first,
    large,
    late,
    long,
    lost,
    png,
    silenced,
    twice,
)


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as running:
        yield running
        assert running.spec_errors == []


@pytest.fixture
def channel(server: DiscordServer) -> Channel:
    return server.add_guild().add_channel()


@pytest.fixture
def user(server: DiscordServer) -> User:
    return server.add_user("ada", locale="de")


@pytest.fixture
async def bot(server: DiscordServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    monkeypatch.setattr(discord.http.Route, "BASE", server.api_base)
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(server.gateway_url))
    monkeypatch.setattr(discord.Asset, "BASE", server.cdn_base)
    async with Bot() as client:
        running = asyncio.create_task(client.start(server.token))
        connected = asyncio.create_task(server.ready())
        await asyncio.wait({running, connected}, return_when=asyncio.FIRST_COMPLETED)
        assert connected.done(), running.exception()
        yield client
        await client.close()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def imagine(server: DiscordServer, user: User, channel: Channel, **options: object) -> Interaction:
    return await server.slash("imagine", {"prompt": "a red circle", **options}, user=user, channel=channel)


async def test_a_slash_command_ends_in_the_same_bytes(
    server: DiscordServer, bot: Bot, channel: Channel, user: User
) -> None:
    interaction = await imagine(server, user, channel, seed=7, image=Upload("init.png", png("blue")))
    answer = await interaction.acknowledged()
    message = await interaction.message(lambda message: message.attachments)
    assert (answer.type, answer.latency_s < 3) == (DEFER, True)
    assert message.attachments[0].data == png()
    assert message.attachments[0].description == "a red picture"
    assert (message.content, message.edits, message.loading) == ("done", 1, False)
    assert message.embeds[0]["image"]["url"] == message.attachments[0].url
    assert [shown.id for shown in channel.messages] == [message.id]
    assert (bot.seen["seed"], bot.seen["image"]) == (7, png("blue"))


async def test_an_interaction_tells_who_asks_and_where(
    server: DiscordServer, bot: Bot, channel: Channel, user: User
) -> None:
    server.upload_limit_bytes = 12_345
    await (await imagine(server, user, channel)).message()
    seen = bot.seen["from"]
    assert (str(seen.user.id), str(seen.channel_id), str(seen.guild_id)) == (user.id, channel.id, channel.guild.id)
    assert (seen.locale, seen.guild_locale) == (discord.Locale.german, discord.Locale.american_english)
    assert (seen.filesize_limit, seen.channel.name) == (12_345, "pictures")
    assert seen.app_permissions.attach_files


async def test_a_direct_message_works_like_a_guild(server: DiscordServer, bot: Bot, user: User) -> None:
    interaction = await imagine(server, user, server.dm(user))
    message = await interaction.message(lambda message: message.attachments)
    assert message.channel.recipient is user
    assert bot.seen["from"].context.dm_channel
    sent = await (await bot.fetch_user(int(user.id))).send("hello")
    assert server.dm(user).messages[-1].id == str(sent.id)


async def test_a_test_cannot_send_what_the_client_never_declared(
    server: DiscordServer, bot: Bot, channel: Channel, user: User
) -> None:
    with pytest.raises(AssertionError, match="declared no option 'steps'"):
        await imagine(server, user, channel, steps=3)
    with pytest.raises(AssertionError, match="cannot hold '7'"):
        await imagine(server, user, channel, seed="7")
    with pytest.raises(AssertionError, match="100"):
        await imagine(server, user, channel, prompt="x" * 101)
    with pytest.raises(AssertionError, match="required"):
        await server.slash("imagine", user=user, channel=channel)


async def test_autocompletion_offers_choices(server: DiscordServer, bot: Bot, channel: Channel, user: User) -> None:
    typed = {"prompt": "a", "model": "lar"}
    interaction = await server.autocomplete("imagine", typed, focused="model", user=user, channel=channel)
    assert [choice["value"] for choice in await interaction.choices()] == ["large"]
    assert (await interaction.acknowledged()).type == CHOICES


async def test_a_button_defers_and_follows_up(server: DiscordServer, bot: Bot, channel: Channel, user: User) -> None:
    message = await (await imagine(server, user, channel)).message(lambda message: message.buttons)
    pressed = await server.press(message, message.button("Again"), user)
    assert (await pressed.acknowledged()).type == DEFER_UPDATE
    followup = await pressed.message(lambda answer: answer.content == "again")
    assert pressed.followups == [followup]
    with pytest.raises(LookupError):
        await server.press(message, "missing", user)


async def test_a_modal_carries_words_and_files(server: DiscordServer, bot: Bot, channel: Channel, user: User) -> None:
    async def offer(interaction: discord.Interaction) -> None:
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="Inpaint", custom_id="form"))
        await interaction.response.send_message("here", view=view)

    bot.imagined = offer
    message = await (await imagine(server, user, channel)).message()
    modal = await (await server.press(message, "form", user)).modal()
    assert (modal.title, modal.fields) == ("Inpaint", ["words", "mask"])
    submitted = await server.submit(modal, {"words": "a hat", "mask": [Upload("mask.png", png("white"))]})
    assert (await submitted.message()).content == "painted"
    assert bot.seen == {"words": "a hat", "mask": png("white")}


async def test_a_context_menu_answers_for_its_user_only(
    server: DiscordServer, bot: Bot, channel: Channel, user: User
) -> None:
    said = await server.say(channel, user, "look")
    answer = await (await server.message_menu("Show parameters", said, user=user)).message()
    assert (answer.content, answer.ephemeral) == ("look", True)
    assert channel.messages == [said]


@pytest.mark.parametrize("way", ["reconnect", "invalidate", "forget", "close", "cut"])
async def test_a_broken_gateway_connection_is_taken_up_again(
    server: DiscordServer, bot: Bot, channel: Channel, user: User, way: str
) -> None:
    breaks = {
        "reconnect": server.gateway.reconnect,
        "invalidate": lambda: server.gateway.invalidate(resumable=True),
        "forget": server.gateway.invalidate,
        "close": lambda: server.gateway.close(4000),
        "cut": lambda: asyncio.to_thread(server.gateway.cut),
    }
    await breaks[way]()
    if way == "forget":
        await server.ready()
        expected = (2, 0)
        interaction = await imagine(server, user, channel)
    else:
        expected = (1, 1)
        # Sent while nobody listens: only a replay can deliver it.
        interaction = await server.slash("imagine", {"prompt": "a"}, user=user, channel=channel, wait_ready=False)
    assert (await interaction.message(lambda message: message.attachments)).content == "done"
    assert (server.gateway.identify_count, server.gateway.resume_count) == expected


async def test_the_first_followup_fills_the_loading_message(
    server: DiscordServer, bot: Bot, channel: Channel, user: User
) -> None:
    async def follow_up(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send("first")
        await interaction.followup.send("second")

    bot.imagined = follow_up
    interaction = await imagine(server, user, channel)
    await interaction.message(lambda message: message.content == "second")
    assert (interaction.original.content, interaction.original.ephemeral) == ("first", True)
    assert [message.content for message in interaction.followups] == ["second"]


@pytest.mark.parametrize(
    ("act", "status", "code"),
    [
        (late, 404, 10062),
        (twice, 400, 40060),
        (followup_first, 404, 10015),
        (expired, 401, 50027),
        (empty, 400, 50006),
        (long, 400, 50035),
        (large, 413, 40005),
        (silenced, 403, 50013),
        (lost, 404, 10008),
    ],
)
async def test_a_broken_rule_has_discords_own_error(
    server: DiscordServer,
    bot: Bot,
    channel: Channel,
    user: User,
    act: Callable[[DiscordServer, discord.Interaction], Awaitable[None]],
    status: int,
    code: int,
) -> None:
    bot.imagined = lambda interaction: act(server, interaction)
    await imagine(server, user, channel)
    error = await asyncio.wait_for(bot.errors.get(), 3)
    assert (error.status, error.code) == (status, code)


async def test_an_invalid_command_is_named(server: DiscordServer, bot: Bot) -> None:
    with pytest.raises(discord.HTTPException) as caught:
        await bot.http.bulk_upsert_global_commands(int(server.application_id), [{"name": "Not Good", "type": 1}])
    assert caught.value.code == 50035
    assert "0.name: Command name is invalid" in str(caught.value)


async def test_a_rate_limit_is_waited_for_only_behind_the_proxy(
    server: DiscordServer, bot: Bot, channel: Channel
) -> None:
    place = bot.get_partial_messageable(int(channel.id))
    server.faults.next("/channels/*/messages", status=429, retry_after_s=0.01)
    server.faults.next("/channels/*/messages", status=429, retry_after_s=0.01, is_global=True)
    await place.send("waited")
    assert [request.status for request in server.requests if request.path.endswith("/messages")] == [429, 429, 200]
    server.faults.next("/channels/*/messages", status=429, via=False)
    with pytest.raises(discord.HTTPException) as caught:
        await place.send("banned")
    assert caught.value.status == 429
    assert [message.content for message in channel.messages] == ["waited"]


async def test_a_lost_answer_repeated_with_its_nonce_posts_once(
    server: DiscordServer, bot: Bot, channel: Channel
) -> None:
    place = bot.get_partial_messageable(int(channel.id))
    server.faults.next("/channels/*/messages", lose_answer=True)
    with pytest.raises(aiohttp.ClientError):
        await place.send("once", nonce="job-1")
    repeated = await place.send("once", nonce="job-1")
    assert [message.id for message in channel.messages] == [str(repeated.id)]


async def test_a_cut_connection_reaches_nobody(server: DiscordServer, bot: Bot, channel: Channel) -> None:
    server.faults.next("/channels/*/messages", drop=True)
    with pytest.raises(aiohttp.ClientError):
        await bot.get_partial_messageable(int(channel.id)).send("lost")
    assert channel.messages == []


@pytest.mark.parametrize("status", [500, 502])
async def test_a_server_error_is_tried_again(
    server: DiscordServer, bot: Bot, channel: Channel, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    server.faults.next("/channels/*/messages", status=status)
    with monkeypatch.context() as patch:
        patch.setattr(discord.http.asyncio, "sleep", pause)
        await bot.get_partial_messageable(int(channel.id)).send("again")
    assert 1 in pauses
    assert [message.content for message in channel.messages] == ["again"]


async def test_a_prompt_notifies_nobody_unless_mentions_are_allowed(
    server: DiscordServer, bot: Bot, channel: Channel, user: User
) -> None:
    place = bot.get_partial_messageable(int(channel.id))
    text = f"@everyone {user.mention}"
    await place.send(text)
    await place.send(text, allowed_mentions=discord.AllowedMentions.all())
    quiet, loud = channel.messages
    assert (quiet.mentions, quiet.mentions_everyone) == ([], False)
    assert (loud.mentions, loud.mentions_everyone) == ([user], True)


async def test_a_reply_refers_to_its_message(server: DiscordServer, bot: Bot, channel: Channel, user: User) -> None:
    said = await server.say(channel, user, "draw")
    place = bot.get_partial_messageable(int(channel.id))
    await place.send("here", reference=place.get_partial_message(int(said.id)))
    assert channel.messages[-1].replies_to is said
    with pytest.raises(discord.HTTPException, match="Unknown message"):
        await place.send("there", reference=place.get_partial_message(1))


async def test_new_style_components_come_back_completed(server: DiscordServer, bot: Bot, channel: Channel) -> None:
    view = discord.ui.LayoutView()
    view.add_item(
        discord.ui.Container(
            discord.ui.TextDisplay("a red circle"),
            discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://red.png")),
            discord.ui.ActionRow(discord.ui.Button(label="Again", custom_id="again:2")),
        )
    )
    place = bot.get_partial_messageable(int(channel.id))
    sent = await place.send(view=view, file=discord.File(io.BytesIO(png()), "red.png"))
    (message,) = channel.messages
    assert (message.text.strip(), message.button("Again")) == ("a red circle", "again:2")
    assert sent.components[0].children[1].items[0].media.url == message.attachments[0].url
    with pytest.raises(discord.HTTPException, match="Components V2"):
        await sent.edit(content="words")


async def test_a_file_address_expires(server: DiscordServer, bot: Bot, channel: Channel) -> None:
    sent = await bot.get_partial_messageable(int(channel.id)).send(file=discord.File(io.BytesIO(png()), "red.png"))
    assert await sent.attachments[0].read() == png()
    server.clock.advance(25 * 3600)
    with pytest.raises(discord.NotFound):
        await sent.attachments[0].read()


async def test_a_person_can_block_messages(server: DiscordServer, bot: Bot, user: User) -> None:
    user.blocks_messages = True
    with pytest.raises(discord.Forbidden) as caught:
        await (await bot.fetch_user(int(user.id))).send("hello")
    assert caught.value.code == 50007


async def test_a_user_installed_app_has_five_followups(
    server: DiscordServer, bot: Bot, channel: Channel, user: User
) -> None:
    async def flood(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("0")
        for number in range(1, 7):
            await interaction.followup.send(str(number))

    bot.imagined = flood
    user.installed_app = True
    interaction = await imagine(server, user, channel)
    assert (await asyncio.wait_for(bot.errors.get(), 3)).code == 40094
    assert [message.content for message in interaction.followups] == ["1", "2", "3", "4", "5"]
