"""The Discord test server's protocol below any client library, and through a second one."""

import json
from collections.abc import AsyncIterator

import aiohttp
import discord
import hikari
import pytest

from tests.servers.discord import Channel, DiscordServer
from tests.servers.discord.example_client import png
from tests.servers.discord.spec import Spec


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as running:
        yield running
        assert running.spec_errors == []


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


async def test_an_unknown_path_is_not_found(server: DiscordServer) -> None:
    headers = {"Authorization": f"Bot {server.token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(f"{server.api_base}/users/1") as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (404, "application/json")
        assert await answer.json() == {"message": "Unknown User", "code": 10013}


def label(text: str) -> dict[str, object]:
    words = {"type": 4, "custom_id": text, "style": 1}
    return {"type": 18, "label": text, "component": words}


@pytest.mark.parametrize(
    ("parts", "place"),
    [([], "components"), ([label(str(number)) for number in range(6)], "components"), ([label("x" * 46)], "label")],
)
async def test_a_form_has_one_to_five_short_parts(server: DiscordServer, parts: list[object], place: str) -> None:
    channel = server.add_guild().add_channel()
    user = server.add_user()
    asked = await server.slash("draw", {}, user=user, channel=channel, validate=False, wait_ready=False)
    form = {"type": 9, "data": {"title": "Draw", "custom_id": "draw", "components": parts}}
    url = f"{server.api_base}/interactions/{asked.id}/{asked.token}/callback"
    async with aiohttp.ClientSession() as session, session.post(url, json=form) as answer:
        refused = await answer.json()
    assert (answer.status, refused["code"]) == (400, 50035)
    assert place in json.dumps(refused["errors"])


async def test_a_second_client_library_runs_the_same_flow(server: DiscordServer) -> None:
    channel: Channel = server.add_guild().add_channel()
    user = server.add_user(locale="de")
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
        interaction = await server.slash("imagine", {"prompt": "a red circle"}, user=user, channel=channel)
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
