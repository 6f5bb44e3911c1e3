"""The Discord test server speaks the protocol that two unrelated client libraries expect."""

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import discord
import hikari
import pytest
import yarl
from discord import app_commands
from PIL import Image

from tests.servers.discord import (
    CHOICES,
    DEFER,
    DEFER_UPDATE,
    Channel,
    DiscordServer,
    Interaction,
    Upload,
    User,
)
from tests.servers.discord.spec import Spec


def png(color: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6), color).save(buffer, "PNG")
    return buffer.getvalue()


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


class Bot(discord.Client):
    """A small bot with one of everything the tests need."""

    def __init__(self) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.05,
            max_ratelimit_timeout=30,
        )
        self.tree = app_commands.CommandTree(self)
        self.tree.error(self.remember)
        self.imagined: Callable[[discord.Interaction], Awaitable[object]] = self.draw
        self.errors: asyncio.Queue[Exception] = asyncio.Queue()
        self.seen: dict[str, object] = {}
        self._declare()

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def remember(self, interaction: discord.Interaction, error: app_commands.AppCommandError) -> None:
        self.errors.put_nowait(getattr(error, "original", error))

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Identify at once: the library's five seconds spare a real gateway only."""

    async def draw(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True)
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="Again", custom_id="again:1"))
        embed = discord.Embed(title="red").set_image(url="attachment://red.png")
        file = discord.File(io.BytesIO(png()), "red.png", description="a red picture")
        await interaction.edit_original_response(content="done", embed=embed, attachments=[file], view=view)

    def _declare(self) -> None:
        @self.tree.command(description="Draw")
        @app_commands.describe(prompt="What", seed="Which", image="From what", model="By whom")
        async def imagine(
            interaction: discord.Interaction,
            prompt: app_commands.Range[str, 1, 100],
            seed: int = -1,
            image: discord.Attachment | None = None,
            model: str = "demo",
        ) -> None:
            self.seen = {"prompt": prompt, "seed": seed, "image": image and await image.read(), "from": interaction}
            await self.imagined(interaction)

        @imagine.autocomplete("model")
        async def suggest(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=name, value=name) for name in ("demo", "large") if typed in name]

        @self.tree.context_menu(name="Show parameters")
        async def show(interaction: discord.Interaction, message: discord.Message) -> None:
            await interaction.response.send_message(message.content, ephemeral=True)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        if interaction.type is discord.InteractionType.component:
            if interaction.data["custom_id"] == "again:1":
                await interaction.response.defer()
                await interaction.followup.send("again")
            else:
                await interaction.response.send_modal(Form(self))


class Form(discord.ui.Modal, title="Inpaint"):
    """A form with words and a file."""

    words = discord.ui.Label(text="Words", component=discord.ui.TextInput(custom_id="words"))
    mask = discord.ui.Label(text="Mask", component=discord.ui.FileUpload(custom_id="mask", max_values=2))

    def __init__(self, bot: Bot) -> None:
        super().__init__(custom_id="inpaint")
        self.bot = bot

    async def on_submit(self, interaction: discord.Interaction) -> None:
        (mask,) = self.mask.component.values
        self.bot.seen = {"words": self.words.component.value, "mask": await mask.read()}
        await interaction.response.send_message("painted")


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


async def late(server: DiscordServer, interaction: discord.Interaction) -> None:
    server.clock.advance(3.5)
    await interaction.response.defer()


async def twice(server: DiscordServer, interaction: discord.Interaction) -> None:
    await interaction.response.defer()
    interaction.response._response_type = None
    await interaction.response.defer()


async def followup_first(server: DiscordServer, interaction: discord.Interaction) -> None:
    await interaction.followup.send("too early")


async def expired(server: DiscordServer, interaction: discord.Interaction) -> None:
    await interaction.response.defer()
    server.clock.advance(15 * 60)
    await interaction.edit_original_response(content="too late")


async def empty(server: DiscordServer, interaction: discord.Interaction) -> None:
    await interaction.channel.send("")


async def long(server: DiscordServer, interaction: discord.Interaction) -> None:
    await interaction.response.send_message("x" * 2001)


async def large(server: DiscordServer, interaction: discord.Interaction) -> None:
    server.upload_limit_bytes = 10
    await interaction.response.defer()
    await interaction.edit_original_response(attachments=[discord.File(io.BytesIO(png()), "red.png")])


async def silenced(server: DiscordServer, interaction: discord.Interaction) -> None:
    server.world.channel(str(interaction.channel_id)).bot_may_send = False
    await interaction.channel.send("hello")


async def lost(server: DiscordServer, interaction: discord.Interaction) -> None:
    await interaction.channel.fetch_message(1)


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


async def test_a_wrong_token_is_refused(server: DiscordServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", server.api_base)
    async with discord.Client(intents=discord.Intents.none()) as client:
        with pytest.raises(discord.LoginFailure):
            await client.login("wrong")
    assert [request.status for request in server.requests] == [401]


async def test_a_privileged_intent_is_refused(server: DiscordServer) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{server.gateway_url}?v=10&encoding=json") as ws:
        assert (await ws.receive_json())["op"] == 10
        await ws.send_json({"op": 2, "d": {"token": server.token, "intents": 1 << 15, "properties": {}}})
        await ws.receive()
        assert ws.close_code == 4014


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


async def test_an_unknown_path_is_not_found(server: DiscordServer) -> None:
    headers = {"Authorization": f"Bot {server.token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(f"{server.api_base}/users/1") as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (404, "application/json")
        assert await answer.json() == {"message": "Unknown User", "code": 10013}


async def test_a_second_client_library_runs_the_same_flow(server: DiscordServer, channel: Channel, user: User) -> None:
    client = hikari.GatewayBot(
        server.token, rest_url=server.api_base, intents=hikari.Intents.GUILDS, banner=None, logs=None
    )
    prompts = []

    async def draw(event: hikari.InteractionCreateEvent) -> None:
        interaction = event.interaction
        assert isinstance(interaction, hikari.CommandInteraction)
        prompts.append((interaction.options[0].value, interaction.locale))
        await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE)
        row = client.rest.build_message_action_row().add_interactive_button(1, "again:1", label="Again")
        await interaction.edit_initial_response("done", attachment=hikari.Bytes(png(), "red.png"), component=row)

    client.subscribe(hikari.InteractionCreateEvent, draw)
    await client.start(check_for_updates=False)
    try:
        builder = client.rest.slash_command_builder("imagine", "Draw")
        builder.add_option(
            hikari.CommandOption(
                type=hikari.OptionType.STRING, name="prompt", description="What", is_required=True, min_length=1
            )
        )
        await client.rest.set_application_commands(int(server.application_id), [builder])
        interaction = await imagine(server, user, channel)
        message = await interaction.message(lambda message: message.attachments)
        fetched = await client.rest.fetch_message(int(channel.id), int(message.id))
        assert await fetched.attachments[0].read() == message.attachments[0].data == png()
        assert message.button("Again") == "again:1"
        assert prompts == [("a red circle", hikari.Locale.DE)]
        assert client.cache.get_guild(int(channel.guild.id)).name == "studio"
    finally:
        await client.close()


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ({"op": 1, "d": None}, 11),
        ({"op": 6, "d": {"token": "TOKEN", "session_id": "gone", "seq": 3}}, 9),
        ({"op": 2, "d": {"token": "wrong", "intents": 0}}, 4004),
        ({"op": 2, "d": {"token": "TOKEN", "intents": 1 << 40}}, 4013),
        ({"op": 8, "d": {}}, 4003),
        ("no JSON", 4002),
    ],
)
async def test_the_gateway_answers_each_opening_as_documented(
    server: DiscordServer, sent: object, answered: int
) -> None:
    text = json.dumps(sent).replace("TOKEN", server.token) if isinstance(sent, dict) else str(sent)
    url = f"{server.gateway_url}?v=10&encoding=json"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
        await ws.receive_json()
        await ws.send_str(text)
        frame = await ws.receive()
        assert (ws.close_code or json.loads(frame.data)["op"]) == answered


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


def test_the_specification_names_what_breaks_it() -> None:
    counted = {"application/json": {"schema": {"$ref": "#/components/schemas/Counted"}}}
    schemas = {
        "Counted": {
            "type": "object",
            "properties": {"id": {"$ref": "#/components/schemas/SnowflakeType"}, "n": {"type": "integer"}},
        },
        "InnerErrors": {"properties": {"_errors": {}}},
    }
    operation = {"requestBody": {"content": counted}, "responses": {"200": {"content": counted}}}
    spec = Spec({"paths": {"/things/{thing}": {"post": operation}}, "components": {"schemas": schemas}})
    assert spec.check_request("POST", "/things/1", {"id": 5, "n": 1}) == []
    assert spec.check_request("POST", "/things/1", {"n": "one"}) == [
        "request POST /things/1: $.n: 'one' is not of type 'integer'"
    ]
    assert spec.check_answer("POST", "/things/1", 200, {"n": None}) != []
    assert spec.check_answer("POST", "/things/1", 201, {}) == ["answer POST /things/1: status 201 is not documented"]
    assert spec.check_request("GET", "/things/1", None) == ["GET /things/1: not documented"]


@pytest.mark.parametrize("encoding", ["", "&compress=zlib-stream"])
async def test_the_gateway_speaks_before_it_is_spoken_to(server: DiscordServer, encoding: str) -> None:
    url = f"{server.gateway_url}?v=10&encoding=json{encoding}"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
        hello = await ws.receive()
        assert hello.type is (aiohttp.WSMsgType.BINARY if encoding else aiohttp.WSMsgType.TEXT)
        assert not encoding or hello.data.endswith(b"\x00\x00\xff\xff")
