"""Discord's adapter keeps its promises to people, over real sockets, with the unmodified discord.py."""

import asyncio
import io
import logging

import pytest
from PIL import Image, ImageChops, ImageStat
from structlog.testing import capture_logs

from bot.commands.table import COMMANDS
from bot.service.service import Service
from bot.surfaces.discord.client import plain
from bot.surfaces.discord.commands import MENU
from bot.words import replies
from bot.words.localisation import say, speaking
from engine.jobs import JobStatus
from tests.bot.surfaces.discord.bot import GatedWorker, has_pictures, is_begun
from tests.servers.discord import DEFER, SEND, Message, Recorded

SENTENCES = [
    ({"prompt": "   "}, "The prompt is empty"),
    ({"prompt": "x" * 5_000}, "5,000 characters, at most 2,000"),
    ({"prompt": "a fox", "steps": 9999}, "must be between 1 and 150; 9999 is not"),
    ({"prompt": "a fox", "size": "63x70000"}, "demo cannot draw 63x70000"),
    ({"prompt": "a fox", "model": "sdxl"}, "There is no model sdxl here"),
    ({"prompt": "a fox", "count": 0}, "must be between 1 and 4; 0 is not"),
]


def pixels(message: Message) -> list[bytes]:
    return [Image.open(io.BytesIO(file.data)).tobytes() for file in message.attachments]


async def test_the_commands_on_discord_are_those_of_the_table(server, bot):
    async with bot.running():
        put = await server.requested("PUT", "/commands")
    offered = [command.name for command in COMMANDS if "discord" in command.surfaces]
    assert [command["name"] for command in put.json] == [*offered, *(say(f"menu-{name}") for name in MENU)]
    imagine = {option["name"]: option for option in put.json[0]["options"]}
    kinds = {name: option["type"] for name, option in imagine.items()}
    assert kinds == {
        "prompt": 3, "negative": 3, "size": 3, "steps": 4, "guidance": 10, "seed": 4, "count": 4, "model": 3,
        "quality": 3, "exact": 5, "style": 3, "caption": 3, "enhance": 5,
    }  # fmt: skip
    assert [name for name, option in imagine.items() if option["required"]] == ["prompt"]
    assert all(
        option["description"] == replies.option_help(COMMANDS[0], COMMANDS[0].option(name, "discord"))
        for name, option in imagine.items()
        if name != "prompt"
    )
    assert [choice["value"] for choice in imagine["quality"]["choices"]] == ["draft", "normal", "best"]
    assert not any({"min_value", "max_value", "max_length"} & option.keys() for option in imagine.values())
    assert put.json[0]["contexts"] == [0, 1, 2]


async def test_discord_shows_each_person_the_commands_in_their_language(server, bot):
    async with bot.running():
        put = await server.requested("PUT", "/commands")
    imagine, menu = put.json[0], next(command for command in put.json if command["name"] == say("menu-upscale"))
    options = {option["name"]: option for option in imagine["options"]}
    for locale in ("de", "ru", "zh-CN", "zh-TW"):
        with speaking(locale):
            assert imagine["description_localizations"][locale] == replies.command_help(COMMANDS[0])
            option = COMMANDS[0].option("steps", "discord")
            assert options["steps"]["description_localizations"][locale] == replies.option_help(COMMANDS[0], option)
            assert options["quality"]["choices"][0]["name_localizations"][locale] == replies.choice("draft")
            assert menu["name_localizations"][locale] == say("menu-upscale")
    assert imagine["description_localizations"].keys() == {"de", "ru", "zh-CN", "zh-TW"}
    assert not any(part.get("name_localizations") for part in (imagine, *imagine["options"]))  # names stay English


async def test_no_privileged_intent_is_needed(server, bot):
    privileged = 1 << 1 | 1 << 8 | 1 << 15
    async with bot.running() as app:
        await server.ready()
        assert app._client.intents.value & privileged == 0


async def test_models_are_suggested_while_typing(server, bot):
    async with bot.running():
        typing = {"prompt": "a fox", "model": "de"}
        asked = await server.autocomplete("imagine", typing, focused="model", user=bot.ada, channel=bot.channel)
        assert [choice["value"] for choice in await asked.choices()] == ["demo"]


async def test_imagine_is_deferred_then_shows_progress_then_the_picture(server, bot):
    bot.worker.step_s = 0.1
    async with bot.running():
        asked = await bot.imagine(steps=4)
        assert (await asked.acknowledged()).type == DEFER
        progress = await asked.message(lambda message: "50 %" in message.text)
        message = await asked.message(has_pictures)
        job = await bot.ended()
    assert message is progress is asked.original
    assert message.attachments[0].size_px == (64, 64)
    assert message.attachments[0].filename == f"kandinsky-{job.id}-1.png"
    assert message.attachments[0].description == "a red circle"
    assert "seed 7" in message.content
    assert bot.posted == [message]


async def test_imagine_is_acknowledged_while_the_engine_is_busy(server, bot):
    bot.worker.hang()
    async with bot.running():
        asked = [await bot.imagine(seed=seed) for seed in range(5)]
        for one in asked:
            assert (await one.acknowledged()).type == DEFER
        await server.changes.until(lambda: any("in the queue" in one.original.text for one in asked), 5, "a number")
        assert len(await bot.store.jobs.untold()) == 5


async def test_the_same_seed_gives_the_same_pixels(server, bot):
    async with bot.running():
        asked = [await bot.imagine(seed=seed) for seed in (7, 7, 8)]
        first, again, other = [pixels(await one.message(has_pictures)) for one in asked]
    assert first == again != other


async def test_four_pictures_come_as_one_sheet(server, bot):
    async with bot.running():
        message = await (await bot.imagine(count=4)).message(has_pictures)
        job = await bot.ended()
        drawn = await bot.store.pictures(job.id)
    [sheet] = message.attachments
    assert (sheet.size_px, sheet.filename) == ((128, 128), f"kandinsky-{job.id}-1.jpeg")
    for number, corner in enumerate([(0, 0), (64, 0), (0, 64), (64, 64)]):
        laid = Image.open(io.BytesIO(sheet.data)).crop((*corner, corner[0] + 64, corner[1] + 64))
        difference = ImageChops.difference(laid, Image.open(io.BytesIO(drawn[number].data)))
        assert ImageStat.Stat(difference).mean < [8, 8, 8]  # it is a JPEG
    assert "7, 8, 9, 10" in message.content
    assert bot.posted == [message]


async def test_imagine_works_in_a_direct_message(server, bot):
    async with bot.running():
        message = await (await bot.imagine(channel=server.dm(bot.ada))).message(has_pictures)
        job = await bot.ended()
    assert message.attachments[0].size_px == (64, 64)
    assert (job.owner, job.place) == (f"discord:{bot.ada.id}", f"discord:dm/{server.dm(bot.ada).id}")


@pytest.mark.parametrize(("options", "sentence"), SENTENCES)
async def test_a_bad_value_is_answered_in_a_sentence_for_its_person(server, bot, caplog, options, sentence):
    async with bot.running():
        # An outdated client sends what the declared command would not let pass.
        asked = await server.slash("imagine", options, user=bot.ada, channel=bot.channel, validate=False)
        acknowledged, message = await asked.acknowledged(), await asked.message()
        assert await bot.store.jobs.untold() == []
    assert sentence in message.content.replace("\\", "")
    assert (acknowledged.type, message.ephemeral) == (SEND, True)
    assert "Traceback" not in message.content + caplog.text


async def test_a_failure_of_ours_is_logged_and_answered(server, bot, monkeypatch):
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("the operator's affair")

    monkeypatch.setattr(Service, "obey", broken)
    with capture_logs() as logs:
        async with bot.running():
            message = await (await bot.imagine()).message()
    assert (message.content, message.ephemeral) == (say("error-engine-error"), True)
    assert any(isinstance(line.get("exc_info"), ZeroDivisionError) for line in logs)


async def test_a_hostile_prompt_pings_nobody_and_formats_nothing(server, bot):
    prompt = f"@everyone **bold** {bot.ada.mention}"
    async with bot.running():
        message = await (await bot.imagine(prompt=prompt)).message(has_pictures)
    assert r"\*\*bold\*\*" in message.content
    assert (message.mentions_everyone, message.mentions) == (False, [])
    written = [
        request.json for request in server.requests if isinstance(request.json, dict) and "content" in request.json
    ]
    assert all(body["allowed_mentions"] == {"parse": []} for body in written)


async def test_queue_help_and_cancel_answer_only_their_person(server, bot):
    bot.worker.hang()
    async with bot.running():
        asked = await bot.imagine()
        await asked.message(is_begun)
        answers = [await bot.use(name) for name in ("queue", "help", "cancel")]
        cancelled = await asked.message(lambda message: "Cancelled" in message.text)
        job = await bot.ended(JobStatus.CANCELLED)
    assert all(message.ephemeral for message in answers)
    assert job.id in answers[0].content
    assert "/imagine" in answers[1].content
    assert job.id in answers[2].content
    assert cancelled is asked.original


async def test_help_tells_the_options_of_one_command(server, bot):
    async with bot.running():
        told, refused = [await bot.use("help", command=name) for name in ("img2img", "draw")]
    assert "strength: How much is drawn anew" in told.content
    assert "There is no command /draw" in refused.content
    assert refused.ephemeral


async def test_nobody_cancels_for_another(server, bot):
    bot.worker.hang()
    bob = server.add_user("bob")
    async with bot.running():
        await (await bot.imagine()).message(is_begun)
        await (await bot.imagine(user=bob)).message(lambda message: "queue" in message.text)
        [job] = [job for job in await bot.store.jobs.untold() if job.owner == f"discord:{bot.ada.id}"]
        refused = await bot.use("cancel", bob, job=job.id)
        assert (await bot.store.jobs.get(job.id)).status is JobStatus.LEASED
    assert refused.ephemeral
    assert "no job" in refused.content


async def test_a_hundred_questions_are_answered_while_the_engine_renders(server, bot):
    bot.worker.hang()
    async with bot.running():
        await (await bot.imagine()).message(is_begun)
        people, latencies = [server.add_user(f"person {number}") for number in range(10)], []
        for _ in range(10):
            asked = [await server.slash("queue", user=person, channel=bot.channel) for person in people]
            latencies += [(await one.acknowledged()).latency_s for one in asked]
    assert len(latencies) == 100
    assert max(latencies) < 0.5


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("[a](b) [click](https://evil)", r"\[a](b) \[click](<https://evil)>"),
        (r"\[click](x)", r"\\\[click](x)"),
        (r"https://a\[click](https://evil)", r"<https://a\\\[click](https://evil)>"),
        ("“see https://example.org/a_b”\nseed 7", "“see <https://example.org/a\\_b>”\nseed 7"),
    ],
)
def test_no_link_hides_its_address_and_none_is_previewed(words, written):
    assert plain(words) == written


def test_no_text_is_longer_than_a_message():
    assert plain("**") == r"\*\*"
    assert len(plain("*" * 3_000)) == 2_000


async def test_a_job_survives_a_restart_and_answers_in_its_message(server, bot):
    bot.worker.hang()
    async with bot.running():
        asked = await bot.imagine()
        await asked.message(is_begun)
    bot.worker = GatedWorker()
    async with bot.running():
        message = await asked.message(has_pictures)
        await bot.ended()
    assert message is asked.original
    assert bot.posted == [message]


async def test_an_interaction_that_arrives_twice_makes_one_job(server, bot):
    def callbacks() -> list[Recorded]:
        return [request for request in server.requests if request.path.endswith("/callback") and request.status]

    async with bot.running():
        asked = await bot.imagine()
        await asked.message(has_pictures)
        server.gateway.interact(asked.payload)
        await server.changes.until(lambda: len(callbacks()) == 2, 5, "a second answer")
        await bot.ended()
        assert len(await bot.store.jobs.with_status(list(JobStatus))) == 1
    assert len(bot.posted) == 1


async def test_a_wrong_token_ends_the_surface_with_a_line_that_does_not_tell_it(server, bot, caplog):
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        async with bot.running(token="a-wrong-secret"):
            await asyncio.wait_for(bot.run, 5)
    assert [line["log_level"] for line in logs if line["event"] == "discord_login_failed"] == ["error"]
    assert "a-wrong-secret" not in f"{logs} {caplog.text}"


async def test_a_server_that_is_down_at_the_start_is_tried_again(server, bot, monkeypatch):
    monkeypatch.setattr("bot.surfaces.discord.app.ExponentialBackoff.delay", lambda _: 0.01)
    server.faults.next("/users/@me", drop=True)
    async with bot.running():
        await (await bot.imagine()).message(has_pictures)


async def test_no_interaction_token_reaches_the_log(server, bot, caplog):
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        async with bot.running():
            server.faults.next("/webhooks/*", method="PATCH", status=429)
            asked = await bot.imagine()
            await asked.message(has_pictures)
            await bot.ended()
    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("discord", "aiohttp", "bot"))]
    assert asked.token not in f"{logs} {ours}"
