"""Telegram's adapter understands people, over real sockets, with the unmodified python-telegram-bot."""

import asyncio
import socket

import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.commands.table import COMMANDS, Command
from bot.surfaces.telegram.menus import SCOPES, menu
from bot.surfaces.telegram.sending import shorten
from bot.words.localisation import say, speaking
from engine.jobs import JobStatus
from engine.pictures import images
from tests.bot.surfaces.telegram.bot import WAIT_S, Bot, alike, decoded, shows, texts
from tests.servers.telegram import Content, TelegramServer
from tests.servers.telegram.faults import bad_gateway, conflict

SENTENCES = [
    ("/imagine " + "x" * 4_000, "The prompt is too long: 4,000 characters, at most 2,000 are allowed."),
    ("/imagine a fox --steps 9999", "steps must be between 1 and 150; 9999 is not."),
    ("/imagine a fox --size 63x70000", "demo cannot draw 63x70000."),
    ("/imagine a fox --stepps 3", "There is no option --stepps."),
    ("/help draw", "There is no command /draw."),
    ("/cancel", "You have nothing waiting or running."),
    ("/draw a fox", "There is no command /draw."),
    ("/imagine@other_test_bot a fox", "There is no command /"),
    ("a fox", say("no-words")),
]


async def test_half_a_character_is_no_reason_to_draw_nothing(bot):
    def write(text: str) -> None:
        command = {"type": "bot_command", "offset": 0, "length": len(text.split()[0])}
        bot.chat.post(Content(text=text, entities=(command,)), bot.alice)

    with capture_logs() as logs:
        async with bot.running():
            write("/imagine a \ud83d circle --steps 2")
            await bot.chat.wait(lambda m: m.photo and "a ? circle" in m.caption, timeout_s=WAIT_S)
            write("/imagine a circle --size \ud83d")
            await bot.chat.wait(shows("“?” is not a size"), timeout_s=WAIT_S)
            await bot.ended()
    assert "command_failed" not in {line["event"] for line in logs}


async def test_a_command_becomes_progress_and_then_a_photo_in_one_message(bot):
    async with bot.running():
        bot.worker.step_s = 0.02
        asked = await bot.chat.send("/imagine a red circle --seed 7 --size 128x64")
        posted = await bot.chat.wait(lambda m: m.photo, timeout_s=WAIT_S)
        [drawn] = await bot.rendered()
    assert bot.chat.from_bot == [posted]
    assert posted.reply_to is asked
    shown = texts(posted.contents)
    assert "“a red circle”\n" in shown[0]
    assert any("▰" in text for text in shown)
    assert decoded(posted.photo).size == (128, 64)
    assert alike(posted.photo, images.decode(drawn))
    assert "“a red circle”\nseed 7 · 128x64 · 20 steps" in posted.caption
    assert "upload_photo" in bot.chat.actions


async def test_the_same_seed_gives_the_same_bytes_as_a_file(bot):
    async with bot.running():
        for _ in range(2):
            await bot.chat.send("/imagine a red circle --seed 7 --file")
            await bot.chat.wait(lambda m: m.document, after=bot.chat.messages[-1], timeout_s=WAIT_S)
        drawn = await bot.rendered()
    first, second = bot.chat.from_bot
    assert first.document == second.document == drawn[0].data
    assert decoded(first.document).format == "PNG"
    assert first.file_name.endswith("-1.png")
    assert "seed 7" in first.caption


async def test_four_pictures_come_as_one_sheet(bot):
    async with bot.running():
        await bot.chat.send("/imagine a red circle --seed 7 --count 4 --size 64x64")
        posted = await bot.chat.wait(lambda m: m.photo, timeout_s=WAIT_S)
        drawn = await bot.rendered()
    assert bot.chat.from_bot == [posted]
    assert decoded(posted.photo).size == (128, 128)
    assert alike(posted.photo, images.decode(images.grid(drawn)))
    assert "seed 7, 8, 9, 10" in posted.caption


async def test_two_files_come_as_two_messages(bot):
    async with bot.running():
        asked = await bot.chat.send("/imagine a red circle --seed 7 --count 2 --file")
        drawn = await bot.rendered()
    assert [message.document for message in bot.chat.from_bot] == [picture.data for picture in drawn]
    assert [message.reply_to for message in bot.chat.from_bot] == [asked, asked]


async def test_a_bare_imagine_asks_and_the_answer_is_the_prompt_even_after_a_restart(bot):
    group = bot.server.group("Studio", members=[bot.alice])
    async with bot.running():
        asked = await group.send(f"/imagine@{bot.server.bot.username} --steps 2")
        question = await group.wait(lambda m: m.force_reply, timeout_s=WAIT_S)
    assert (question.text, question.reply_to) == (f"{say('ask-prompt')}\n/imagine --steps 2", asked)
    assert question.reply_markup["selective"]
    assert question.reply_markup["input_field_placeholder"] == say("prompt-placeholder")
    async with bot.running():
        answer = await group.send("a red circle --seed 7", reply_to=question)
        posted = await group.wait(lambda m: m.photo, timeout_s=WAIT_S)
    assert posted.reply_to is answer
    assert "“a red circle”\nseed 7" in posted.caption


async def test_a_group_is_answered_only_when_it_means_this_bot(bot):
    group = bot.server.group("Studio", members=[bot.alice], bot_is_admin=True)
    async with bot.running():
        for text in ("hello", "/draw a fox", "/imagine@other_test_bot a fox"):
            await group.send(text)
        asked = await group.send(f"/imagine@{bot.server.bot.username} a red circle")
        posted = await group.wait(lambda m: m.photo, timeout_s=WAIT_S)
    assert group.from_bot == [posted]
    assert posted.reply_to is asked


async def test_a_topic_is_kept(bot):
    forum = bot.server.forum("Studio", members=[bot.alice])
    topic = forum.topic("Pictures")
    async with bot.running():
        await forum.send("/imagine a red circle --count 2 --file", thread_id=topic)
        job = await bot.ended()
        await forum.send("/queue", thread_id=topic)
        await forum.wait(shows("nothing in the queue"), timeout_s=WAIT_S)
    assert [message.thread_id for message in forum.from_bot] == [topic] * 3
    assert job.place == f"telegram:{forum.id}/{topic}"


async def test_a_reply_in_a_supergroup_without_topics_is_answered_there(bot):
    group = bot.server.supergroup("Studio", members=[bot.alice])
    first = await group.send("hello")
    async with bot.running():
        await group.send("/imagine a red circle", reply_to=first)
        assert await group.wait(lambda m: m.photo, timeout_s=WAIT_S)


@pytest.mark.parametrize(("words", "sentence"), SENTENCES, ids=lambda text: text[:20])
async def test_a_bad_request_gets_one_sentence(bot, words, sentence):
    async with bot.running():
        asked = await bot.chat.send(words)
        answer = await bot.chat.wait(timeout_s=WAIT_S)
        await bot.chat.send("/help")
        await bot.chat.wait(shows("/imagine: "), timeout_s=WAIT_S)
    assert answer.text.startswith(sentence)
    assert len(bot.chat.from_bot) == 2
    assert asked.text
    assert "Traceback" not in answer.text


async def test_the_markup_of_a_prompt_stays_words(bot):
    prompt = "@everyone *bold* <b>tag</b> [link](http://example.org) `code`"
    async with bot.running():
        await bot.chat.send(f"/imagine {prompt} --steps 1")
        posted = await bot.chat.wait(lambda m: m.photo, timeout_s=WAIT_S)
    assert posted.caption.startswith(f"“{prompt}”")
    found = {entity["type"] for content in posted.contents for entity in content.entities}
    assert found.isdisjoint({"bold", "italic", "code", "text_link"})
    [first] = bot.server.called("sendMessage")
    assert first.decoded("link_preview_options") == {"is_disabled": True}
    assert "parse_mode" not in first.params


async def test_queue_and_cancel_speak_of_the_owner_s_jobs(bot):
    async with bot.running():
        bot.worker.hang()
        await bot.chat.send("/imagine a red circle")
        running = await bot.chat.wait(shows("Starting to draw"), timeout_s=WAIT_S)
        await bot.chat.send("/imagine a blue square")
        waiting = await bot.chat.wait(shows("Number 1"), after=running, timeout_s=WAIT_S)
        await bot.chat.send("/queue")
        listed = await bot.chat.wait(shows("1 waiting in all."), timeout_s=WAIT_S)
        await bot.chat.send("/cancel all")
        await bot.chat.wait(shows("Stopped 2 pictures."), timeout_s=WAIT_S)
        await bot.ended(JobStatus.CANCELLED)
    assert [line.partition("“")[2] for line in listed.text.splitlines()[:2]] == ["a red circle”", "a blue square”"]
    assert texts([running, waiting]) == ["“a red circle”\nCancelled.", "“a blue square”\nCancelled."]


async def test_the_menu_and_the_help_are_the_table(bot):
    async with bot.running():
        menu = await bot.server.wait_for_call("setMyCommands", timeout_s=WAIT_S)
        await bot.chat.send("/start")
        await bot.chat.wait(lambda m: m.text == say("start"), timeout_s=WAIT_S)
        await bot.chat.send("/help")
        help_text = await bot.chat.wait(shows("/imagine: "), timeout_s=WAIT_S)
        await bot.chat.send("/help imagine")
        options = await bot.chat.wait(shows("--file"), timeout_s=WAIT_S)
    offered = [command.name for command in COMMANDS if "telegram" in command.surfaces]
    offered = [name for name in offered if name not in ("start", "audit")]  # which not everybody is shown
    assert [command["command"] for command in menu.decoded("commands")] == offered
    assert all(f"/{name}: " in help_text.text for name in offered)
    assert options.text.startswith("/imagine: ")


async def test_telegram_shows_each_person_the_bot_in_their_language_and_is_told_so_once(bot):
    async with bot.running():
        about = await bot.server.wait_for_call(
            "setMyShortDescription", lambda call: "language_code" not in call.params, timeout_s=WAIT_S
        )
    assert about.params["short_description"] == say("telegram-short-description")
    menus = bot.server.called("setMyCommands")
    assert len(menus) == 16
    assert len({(call.decoded("scope")["type"], call.params.get("language_code")) for call in menus}) == 16
    german = next(call for call in menus if call.params.get("language_code") == "de")
    with speaking("de"):
        assert german.decoded("commands")[0] == {"command": "imagine", "description": say("command-imagine")}
        assert say("telegram-description") in {it.params["description"] for it in bot.server.called("setMyDescription")}
    before = len(bot.server.calls)
    async with bot.running():
        last = "getMyShortDescription"
        await bot.server.wait_for_call(last, lambda _: len(bot.server.called(last)) == 2, timeout_s=WAIT_S)
    assert not [call.method for call in bot.server.calls[before:] if call.method.lower().startswith("setmy")]


def test_only_administrators_are_offered_what_is_for_moderators():
    table = (Command("imagine"), Command("help", moderators_only=True))
    offered = {scope.type: [it.command for it in menu(scope, "en", table)] for scope in SCOPES}
    assert offered.pop("all_chat_administrators") == ["imagine", "help"]
    assert set(map(tuple, offered.values())) == {("imagine",)}


async def test_edited_and_forwarded_commands_ask_for_nothing(bot):
    async with bot.running():
        asked = await bot.chat.send("/imagine a red circle")
        await bot.ended()
        await bot.chat.edit(asked, "/imagine a blue square")
        origin = {"type": "hidden_user", "date": 1, "sender_user_name": "Bob"}
        passed_on = asked.payload() | {"message_id": 999, "forward_origin": origin}
        bot.server.world.updates.push("message", passed_on)
        await bot.chat.send("/queue")
        await bot.chat.wait(shows("nothing in the queue"), timeout_s=WAIT_S)
    assert len(bot.chat.from_bot) == 2


async def test_an_update_that_comes_twice_makes_one_picture(bot):
    async with bot.running():
        asked = await bot.chat.send("/imagine a red circle")
        bot.server.world.updates.push("message", asked.payload())
        await bot.ended()
        bot.server.world.updates.push("message", asked.payload())
        await bot.chat.send("/queue")
        await bot.chat.wait(shows("nothing in the queue"), timeout_s=WAIT_S)
    assert [bool(message.photo) for message in bot.chat.from_bot] == [True, False]


async def test_another_account_s_message_of_the_same_number_is_another_request(bot, tmp_path):
    async with bot.running():
        await bot.chat.send("/imagine a red circle")
        await bot.ended()
    async with TelegramServer(token="2:another-account") as server:
        other = Bot(server, tmp_path)
        async with other.running():
            await other.chat.send("/imagine a blue square")
            await other.chat.wait(lambda m: m.photo, timeout_s=WAIT_S)
    assert other.chat.id == bot.chat.id
    assert other.chat.messages[0].message_id == bot.chat.messages[0].message_id


async def test_a_taken_webhook_port_ends_this_surface_with_one_line_that_names_it(bot):
    with socket.create_server(("127.0.0.1", 0)) as taken, capture_logs() as logs:
        port = taken.getsockname()[1]
        hook = {"webhook_url": "https://bot.example/", "webhook_secret": SecretStr("s3cret"), "webhook_port": port}
        async with bot.running(**hook, webhook_host="127.0.0.1"):
            await asyncio.wait_for(bot.run, WAIT_S)
    assert logs[-1]["event"] == "telegram_webhook_failed"
    assert f"127.0.0.1:{port}" in logs[-1]["hint"]
    assert "webhook_port" in logs[-1]["hint"]


async def test_a_webhook_takes_only_posts_with_the_secret(bot):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/telegram"
    async with bot.running(webhook_url=url, webhook_port=port, webhook_secret=SecretStr("s3cret")):
        await bot.chat.send("/imagine a red circle --seed 7")
        posted = await bot.chat.wait(lambda m: m.photo, timeout_s=WAIT_S)
        forged = {"update_id": 1, "message": bot.chat.messages[0].payload() | {"message_id": 999}}
        async with httpx.AsyncClient() as stranger:
            for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "guess"}):
                assert (await stranger.post(url, json=forged, headers=headers)).status_code == 403
    assert bot.chat.from_bot == [posted]
    assert not bot.server.called("getUpdates")


async def test_a_refused_token_ends_this_surface_with_one_line_that_hides_it(bot):
    with capture_logs() as logs:
        async with bot.running(token=SecretStr("123:wrong-token")):
            await asyncio.wait_for(bot.run, WAIT_S)
    assert [line["event"] for line in logs] == ["worker_ready", "telegram_login_failed"]
    assert "wrong-token" not in str(logs)


async def test_a_token_withdrawn_while_polling_ends_this_surface_too(bot):
    with capture_logs() as logs:
        async with bot.running():
            await bot.server.wait_for_call("getUpdates", timeout_s=WAIT_S)
            bot.server.token = "123:another"
            await bot.chat.send("/queue")
            await asyncio.wait_for(bot.run, WAIT_S)
    assert logs[-1]["event"] == "telegram_login_failed"


async def test_trouble_with_the_network_at_the_start_is_overcome(bot):
    bot.server.faults.next(bad_gateway(), method="getMe")
    bot.server.faults.next(bad_gateway(), method="deleteWebhook")
    bot.server.faults.next(bad_gateway(), method="setMyCommands")
    bot.server.faults.next(conflict(), method="getUpdates")
    with capture_logs() as logs:
        async with bot.running():
            await bot.chat.send("/queue")
            await bot.chat.wait(shows("nothing in the queue"), timeout_s=WAIT_S)
    events = {line["event"] for line in logs}
    assert {"telegram_unreachable", "telegram_menu_not_set", "telegram_conflict", "telegram_ready"} <= events


def test_a_text_is_cut_in_front_of_its_last_line():
    assert shorten("short", 1024) == "short"
    cut = shorten("😀" * 1000 + "\nseed 7", 1024)
    assert len(cut.encode("utf-16-le")) // 2 <= 1024
    assert cut.endswith("😀…\nseed 7")
    assert shorten("x" * 5000, 4096) == "x" * 4095 + "…"
