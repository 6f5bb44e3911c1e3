"""The Telegram test server keeps the Bot API's promises to clients that know nothing of it."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import aiohttp.web
import pytest
from PIL import Image
from telegram import Bot, ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto, Update
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, TimedOut
from telegram.ext import (
    AIORateLimiter,
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)
from telegram.request import HTTPXRequest

from tests.servers.telegram import Message, TelegramServer, faults
from tests.servers.telegram.params import Params, Upload
from tests.servers.telegram.spec import Spec

Context = ContextTypes.DEFAULT_TYPE
WAIT_S = 10


def png(size: tuple[int, int] = (64, 64), colour: str = "red") -> bytes:
    """Return an evenly coloured PNG."""
    encoded = io.BytesIO()
    Image.new("RGB", size, colour).save(encoded, "PNG")
    return encoded.getvalue()


def decoded(data: bytes | None) -> Image.Image:
    """Return a picture whose pixels are loaded."""
    assert data
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def is_red(data: bytes | None) -> bool:
    """Tell whether the middle pixel is red, within JPEG's noise."""
    picture = decoded(data).convert("RGB")
    red, green, blue = picture.getpixel((picture.width // 2, picture.height // 2))
    return red > 240 and green < 15 and blue < 15


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server
    assert server.spec_errors == []


def build(server: TelegramServer, **timeouts: float) -> Application:
    """Build a python-telegram-bot application that talks to the server."""
    builder = Application.builder().token(server.token)
    builder = builder.base_url(server.base_url).base_file_url(server.base_file_url)
    builder = builder.read_timeout(timeouts.get("read_s", 5)).rate_limiter(AIORateLimiter(max_retries=2))
    return builder.build()


@pytest.fixture
async def app(server: TelegramServer) -> AsyncIterator[Application]:
    """An application that only calls methods."""
    async with build(server) as app:
        yield app


async def imagine(update: Update, context: Context) -> None:
    message = update.effective_message
    if not context.args:
        await message.reply_text("What shall I draw?", reply_markup=ForceReply(selective=True))
        return
    posted = await message.reply_text("queued", do_quote=True)
    await message.reply_chat_action("upload_photo")
    await posted.edit_text("drawing 50 %")
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("As file", callback_data="file:1")]])
    await posted.edit_media(InputMediaPhoto(png(), caption=" ".join(context.args)), reply_markup=keyboard)


async def send_as_file(update: Update, context: Context) -> None:
    await update.callback_query.answer("here it is")
    await update.effective_message.reply_document(png(), filename="circle.png")


async def send_back(update: Update, context: Context) -> None:
    file = await update.effective_message.photo[-1].get_file()
    await update.effective_message.reply_document(bytes(await file.download_as_bytearray()), filename="yours.jpg")


def with_handlers(app: Application) -> Application:
    app.add_handler(CommandHandler("imagine", imagine))
    app.add_handler(CallbackQueryHandler(send_as_file))
    app.add_handler(MessageHandler(filters.PHOTO, send_back))
    return app


@asynccontextmanager
async def polling_ptb(server: TelegramServer) -> AsyncIterator[None]:
    """Run the drawing bot written with python-telegram-bot."""
    async with with_handlers(build(server)) as app:
        await app.start()
        await app.updater.start_polling(timeout=WAIT_S)
        yield
        await app.updater.stop()
        await app.stop()


@asynccontextmanager
async def polling_aiogram(server: TelegramServer) -> AsyncIterator[None]:
    """Run the same bot written with aiogram."""
    from aiogram import Bot, Dispatcher, F, types
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.filters import Command, CommandObject

    api = TelegramAPIServer(f"{server.base_url}{{token}}/{{method}}", f"{server.base_file_url}{{token}}/{{path}}")
    dispatcher = Dispatcher()

    @dispatcher.message(Command("imagine"))
    async def imagine(message: types.Message, command: CommandObject) -> None:
        if not command.args:
            await message.answer("What shall I draw?", reply_markup=types.ForceReply(force_reply=True, selective=True))
            return
        posted = await message.reply("queued")
        await message.bot.send_chat_action(message.chat.id, "upload_photo")
        await posted.edit_text("drawing 50 %")
        photo = types.InputMediaPhoto(media=types.BufferedInputFile(png(), "circle.png"), caption=command.args)
        button = types.InlineKeyboardButton(text="As file", callback_data="file:1")
        await posted.edit_media(photo, reply_markup=types.InlineKeyboardMarkup(inline_keyboard=[[button]]))

    @dispatcher.callback_query(F.data.startswith("file:"))
    async def send_as_file(query: types.CallbackQuery) -> None:
        await query.answer("here it is")
        await query.message.answer_document(types.BufferedInputFile(png(), "circle.png"))

    @dispatcher.message(F.photo)
    async def send_back(message: types.Message) -> None:
        data = await message.bot.download(message.photo[-1])
        await message.answer_document(types.BufferedInputFile(data.read(), "yours.jpg"))

    bot = Bot(server.token, session=AiohttpSession(api=api))
    polling = asyncio.create_task(
        dispatcher.start_polling(bot, handle_signals=False, polling_timeout=WAIT_S, close_bot_session=True)
    )
    yield
    await dispatcher.stop_polling()
    await polling


@pytest.fixture(params=[polling_ptb, polling_aiogram])
async def drawing(request: pytest.FixtureRequest, server: TelegramServer) -> AsyncIterator[TelegramServer]:
    """The server with a drawing bot polling it, once per client library."""
    polling: AbstractAsyncContextManager[None] = request.param(server)
    async with polling:
        yield server
    assert server.aiogram_errors() == []


async def test_a_command_in_brings_a_photo_out(drawing: TelegramServer) -> None:
    chat = drawing.private_chat(drawing.add_user("Alice", language_code="de"))
    sent = await chat.send("/imagine a red circle")
    reply = await chat.wait(lambda m: m.photo, timeout_s=WAIT_S)
    assert reply.reply_to is sent
    assert [content.text for content in reply.contents] == ["queued", "drawing 50 %", ""]
    assert (decoded(reply.photo).format, decoded(reply.photo).size) == ("JPEG", (64, 64))
    assert is_red(reply.photo)
    assert reply.caption == "a red circle"
    assert chat.actions == ["upload_photo"]


async def test_a_pressed_button_is_answered_and_a_document_keeps_its_bytes(drawing: TelegramServer) -> None:
    chat = drawing.private_chat(drawing.add_user("Alice"))
    await chat.send("/imagine a red circle")
    picture = await chat.wait(lambda m: m.buttons, timeout_s=WAIT_S)
    press = await drawing.press(picture, picture.buttons["As file"])
    assert (await press.answered(timeout_s=WAIT_S))["text"] == "here it is"
    file = await chat.wait(lambda m: m.document, after=picture, timeout_s=WAIT_S)
    assert (file.document, file.file_name) == (png(), "circle.png")


async def test_a_bare_command_asks_with_force_reply(drawing: TelegramServer) -> None:
    chat = drawing.private_chat(drawing.add_user("Alice"))
    await chat.send("/imagine")
    question = await chat.wait(lambda m: m.force_reply, timeout_s=WAIT_S)
    assert question.text == "What shall I draw?"
    assert "reply_markup" not in question.payload()


async def test_a_photo_is_downloaded_and_comes_back(drawing: TelegramServer) -> None:
    chat = drawing.private_chat(drawing.add_user("Alice"))
    sent = await chat.send(photo=png((400, 200)), caption="/img2img a fox")
    back = await chat.wait(lambda m: m.document, timeout_s=WAIT_S)
    assert (back.document, back.file_name) == (sent.photo, "yours.jpg")
    assert (decoded(back.document).format, decoded(back.document).size) == ("JPEG", (400, 200))


async def test_a_topic_is_kept(drawing: TelegramServer) -> None:
    forum = drawing.forum("Studio", members=[drawing.add_user("Alice")])
    topic = forum.topic("Pictures")
    await forum.send("/imagine a red circle", thread_id=topic)
    reply = await forum.wait(lambda m: m.photo, timeout_s=WAIT_S)
    assert (reply.thread_id, reply.is_topic_message) == (topic, True)


async def test_privacy_mode_hides_what_is_not_meant_for_the_bot(drawing: TelegramServer) -> None:
    alice, bob = drawing.add_user("Alice"), drawing.add_user("Bob")
    group = drawing.group("Studio", members=[alice, bob])
    hidden = [
        await group.send("hello"),
        await group.send(f"hello @{drawing.bot.username}"),
        await group.send("/imagine@another_bot x"),
    ]
    command = await group.send(f"/imagine@{drawing.bot.username} a red circle", sender=bob)
    reply = await group.wait(lambda m: m.photo, timeout_s=WAIT_S)
    answer = await group.send("nicer, please", reply_to=reply)
    assert [m.seen_by_bot for m in (*hidden, command, answer)] == [False, False, False, True, True]
    assert reply.reply_to is command


async def test_a_webhook_gets_updates_with_its_secret(server: TelegramServer, unused_tcp_port: int) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    hook = {"listen": "127.0.0.1", "port": unused_tcp_port, "url_path": "hook", "secret_token": "s3cret"}
    async with with_handlers(build(server)) as app:
        await app.start()
        await app.updater.start_webhook(webhook_url=f"http://127.0.0.1:{unused_tcp_port}/hook", **hook)
        await chat.send("/imagine a red circle")
        assert is_red((await chat.wait(lambda m: m.photo, timeout_s=WAIT_S)).photo)
        await app.updater.stop()
        await app.stop()
    assert server.world.updates.pending == []


async def test_a_webhook_that_fails_is_tried_again_in_order(server: TelegramServer, app: Application) -> None:
    got: list[tuple[str, str]] = []

    async def hook(request: aiohttp.web.Request) -> aiohttp.web.Response:
        update = await request.json()
        got.append((update["message"]["text"], request.headers["X-Telegram-Bot-Api-Secret-Token"]))
        return aiohttp.web.Response(status=500 if len(got) < 3 else 200)

    async with listening(hook) as url:
        await app.bot.set_webhook(url, secret_token="s3cret")
        chat = server.private_chat(server.add_user("Alice"))
        await chat.send("first")
        await chat.send("second")
        await server.world.changes.until(lambda: not server.world.updates.pending, WAIT_S)
        assert got == [("first", "s3cret")] * 3 + [("second", "s3cret")]
        assert "500" in (await app.bot.get_webhook_info()).last_error_message
        with pytest.raises(Conflict, match="webhook is active"):
            await app.bot.get_updates()
        await app.bot.delete_webhook()
    assert (await app.bot.get_webhook_info()).url == ""


@asynccontextmanager
async def listening(handler: Any) -> AsyncIterator[str]:
    """Serve one handler; yield its address."""
    web = aiohttp.web.Application()
    web.router.add_post("/", handler)
    runner = aiohttp.web.AppRunner(web, access_log=None)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    yield "http://{}:{}/".format(*runner.addresses[0])
    await runner.cleanup()


async def test_updates_stay_until_a_later_offset_confirms_them(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    await chat.send("one")
    await chat.send("two")
    first, second = await app.bot.get_updates()
    assert await app.bot.get_updates() == (first, second)
    assert await app.bot.get_updates(offset=second.update_id) == (second,)
    assert await app.bot.get_updates(offset=second.update_id + 1) == ()


async def test_a_long_poll_returns_as_soon_as_there_is_an_update(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    polling = asyncio.create_task(app.bot.get_updates(timeout=WAIT_S, allowed_updates=["message"]))
    await server.wait_for_call("getUpdates")
    await chat.send("/start deep-link")
    (update,) = await polling
    assert update.message.entities[0].type == "bot_command"
    assert update.effective_user.language_code == "en"


async def test_a_second_poller_ends_the_first_with_a_conflict(server: TelegramServer, app: Application) -> None:
    first = asyncio.create_task(app.bot.get_updates(timeout=WAIT_S))
    await server.wait_for_call("getUpdates")
    async with build(server) as other:
        await other.bot.get_updates(timeout=0)
    with pytest.raises(Conflict, match="only one bot instance"):
        await first


async def test_kinds_not_asked_for_are_dropped(server: TelegramServer, app: Application) -> None:
    await app.bot.get_updates(allowed_updates=["callback_query"])
    await server.private_chat(server.add_user("Alice")).send("hello")
    assert server.world.updates.pending == []


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


async def test_a_photo_of_a_person_downloads_recompressed(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    await chat.send(photo=png((1600, 800)), caption="/img2img a fox")
    (update,) = await app.bot.get_updates()
    assert [size.width for size in update.message.photo] == [90, 320, 800, 1280, 1600]
    assert update.message.caption_entities[0].type == "bot_command"
    file = await app.bot.get_file(update.message.photo[-1])
    picture = decoded(bytes(await file.download_as_bytearray()))
    assert (picture.format, picture.size) == ("JPEG", (1600, 800))


async def test_a_document_of_a_person_downloads_unchanged(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    await chat.send(document=png(), file_name="mask.png")
    (update,) = await app.bot.get_updates()
    file = await update.message.document.get_file()
    assert bytes(await file.download_as_bytearray()) == png()
    assert update.message.document.mime_type == "image/png"


async def test_a_download_can_be_cut_off(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    await chat.send(document=png())
    (update,) = await app.bot.get_updates()
    file = await update.message.document.get_file()
    server.faults.next(faults.cut_download(after_bytes=20), method="download")
    with pytest.raises(NetworkError):
        await file.download_as_bytearray()
    assert bytes(await file.download_as_bytearray()) == png()


async def test_files_beyond_20_mb_cannot_be_downloaded(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    sent = await chat.send(document=bytes(21_000_000), file_name="big.bin")
    with pytest.raises(BadRequest, match="File is too big"):
        await app.bot.get_file(sent.content.file.file_id)


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (png((2100, 100)), "Photo_invalid_dimensions"),
        (png((9000, 1001)), "Photo_invalid_dimensions"),
        (b"no picture", "Image_process_failed"),
        (bytes(10_485_761), "is too big for a photo"),
    ],
    ids=["ratio", "sum of sides", "no picture", "11 MB"],
)
async def test_photos_beyond_the_limits_are_refused(
    server: TelegramServer, app: Application, picture: bytes, reason: str
) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    with pytest.raises(BadRequest, match=reason):
        await app.bot.send_photo(chat.id, picture)


async def test_an_album_has_2_to_10_items_of_one_group(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    album = [InputMediaPhoto(png(), caption="both"), InputMediaPhoto(png(colour="blue"))]
    posted = await app.bot.send_media_group(chat.id, album)
    assert len({message.media_group_id for message in posted}) == 1
    assert [is_red(m.photo) for m in chat.from_bot] == [True, False]
    with pytest.raises(BadRequest, match="2-10"):
        await app.bot.send_media_group(chat.id, album[:1])


async def test_an_album_of_a_person_comes_as_several_updates(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    await chat.send_album([png(), png()], caption="/mix")
    updates = await app.bot.get_updates()
    assert len({update.message.media_group_id for update in updates}) == 1
    assert [update.message.caption for update in updates] == ["/mix", None]


async def test_a_photo_is_resent_by_its_file_id(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    posted = await app.bot.send_photo(chat.id, png(), has_spoiler=True)
    await app.bot.send_photo(chat.id, posted.photo[-1].file_id)
    assert [is_red(m.photo) for m in chat.from_bot] == [True, True]
    assert posted.has_media_spoiler
    with pytest.raises(BadRequest, match="Wrong file identifier"):
        await app.bot.send_photo(chat.id, "unknown")


async def test_edits_are_refused_in_the_words_of_telegram(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    theirs = await chat.send("hello")
    text = await app.bot.send_message(chat.id, "hello")
    photo = await app.bot.send_photo(chat.id, png())
    asked = await app.bot.send_message(chat.id, "hm?", reply_markup=ForceReply())
    with pytest.raises(BadRequest, match="Message is not modified: specified new message content"):
        await text.edit_text("hello")
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await photo.edit_text("hello")
    with pytest.raises(BadRequest, match="There is no caption in the message to edit"):
        await text.edit_caption("hello")
    for message_id in (theirs.message_id, asked.message_id):
        with pytest.raises(BadRequest, match="Message can't be edited"):
            await app.bot.edit_message_text("x", chat.id, message_id)
    await text.delete()
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await text.edit_text("x")


async def test_captions_and_keyboards_are_edited(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Again", callback_data="again")]])
    photo = await app.bot.send_photo(chat.id, png(), caption="50 %")
    await photo.edit_reply_markup(keyboard)
    (shown,) = chat.from_bot
    assert shown.buttons == {"Again": "again"}
    await photo.edit_caption("<b>done</b>", parse_mode="HTML")
    assert (shown.caption, shown.buttons) == ("done", {})
    assert shown.content.entities == ({"type": "bold", "offset": 0, "length": 4},)


async def test_texts_and_buttons_beyond_the_limits_are_refused(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="ä" * 33)]])
    with pytest.raises(BadRequest, match="Message is too long"):
        await app.bot.send_message(chat.id, "x" * 4097)
    with pytest.raises(BadRequest, match="Message text is empty"):
        await app.bot.send_message(chat.id, " ")
    with pytest.raises(BadRequest, match="Button_data_invalid"):
        await app.bot.send_message(chat.id, "x", reply_markup=keyboard)
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await app.bot.send_photo(chat.id, png(), caption="x" * 1025)
    with pytest.raises(BadRequest, match="Can't parse entities"):
        await app.bot.send_message(chat.id, "a < b <red>", parse_mode="HTML")
    with pytest.raises(BadRequest, match="Chat not found"):
        await app.bot.send_message(424242, "x")
    with pytest.raises(BadRequest, match="Message thread not found"):
        await app.bot.send_message(chat.id, "x", message_thread_id=7)
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await app.bot.send_message(chat.id, "x", reply_to_message_id=7)
    assert chat.messages == []


async def test_a_reply_in_a_supergroup_opens_a_thread_that_is_no_topic(
    server: TelegramServer, app: Application
) -> None:
    chat = server.supergroup("Studio", members=[server.add_user("Alice")])
    asked = await chat.send("/imagine")
    await chat.send("a fox", reply_to=asked)
    message = (await app.bot.get_updates())[-1].message
    assert (message.message_thread_id, message.is_topic_message) == (asked.message_id, None)
    with pytest.raises(BadRequest, match="Message thread not found"):
        await app.bot.send_message(chat.id, "x", message_thread_id=message.message_thread_id)


async def test_each_message_of_a_topic_replies_to_its_head(server: TelegramServer, app: Application) -> None:
    forum = server.forum("Studio", members=[server.add_user("Alice")])
    topic = forum.topic("Pictures")
    await forum.send("/imagine a fox", thread_id=topic)
    created, command = [update.message for update in await app.bot.get_updates()]
    assert created.forum_topic_created.name == "Pictures"
    assert command.reply_to_message.message_id == topic


async def test_a_reply_to_a_deleted_message_is_refused_unless_told_otherwise(
    server: TelegramServer, app: Application
) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    asked = await chat.send("/imagine a fox")
    await chat.delete(asked)
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await app.bot.send_message(chat.id, "done", reply_to_message_id=asked.message_id)
    await app.bot.send_message(chat.id, "done", reply_to_message_id=asked.message_id, allow_sending_without_reply=True)
    assert [m.reply_to for m in chat.from_bot] == [None]


async def test_an_edit_of_a_person_comes_as_an_update(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    await chat.edit(await chat.send("/imagine a fix"), "/imagine a fox")
    assert (await app.bot.get_updates())[-1].edited_message.text == "/imagine a fox"


async def test_a_button_is_answered_once(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Again", callback_data="again")]])
    await app.bot.send_message(chat.id, "done", reply_markup=keyboard)
    await server.press(chat.from_bot[0], "again")
    (update,) = await app.bot.get_updates()
    assert await update.callback_query.answer()
    with pytest.raises(BadRequest, match="Query is too old"):
        await update.callback_query.answer()


async def test_commands_are_kept_per_scope_and_language(app: Application) -> None:
    await app.bot.set_my_commands([("imagine", "Draw")])
    await app.bot.set_my_commands([("imagine", "Zeichne")], language_code="de")
    assert [command.description for command in await app.bot.get_my_commands(language_code="de")] == ["Zeichne"]
    await app.bot.delete_my_commands(language_code="de")
    assert await app.bot.get_my_commands(language_code="de") == ()
    assert [command.description for command in await app.bot.get_my_commands()] == ["Draw"]


async def test_members_and_administrators_are_known(server: TelegramServer, app: Application) -> None:
    alice, bob = server.add_user("Alice"), server.add_user("Bob")
    group = server.group("Studio", members=[alice, bob])
    statuses = [(await app.bot.get_chat_member(group.id, user.id)).status for user in (alice, bob, server.bot)]
    assert statuses == ["creator", "member", "member"]
    assert [admin.user.id for admin in await app.bot.get_chat_administrators(group.id)] == [alice.id]
    assert (await app.bot.get_chat(group.id)).title == "Studio"


async def raw(server: TelegramServer, method: str, body: Any, token: str = "") -> tuple[int, Any]:
    """Call a method with a JSON body and no client library."""
    url = f"{server.base_url}{token or server.token}/{method}"
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
        return answer.status, await answer.json()


async def test_json_bodies_and_any_case_of_method_names_are_taken(server: TelegramServer) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    status, answer = await raw(server, "SendMessage", {"chat_id": chat.id, "text": "hello"})
    assert (status, answer["ok"], answer["result"]["text"]) == (200, True, "hello")


async def test_a_wrong_token_is_unauthorized(server: TelegramServer) -> None:
    wrong = {"ok": False, "error_code": 401, "description": "Unauthorized"}
    assert await raw(server, "getMe", {}, token="1:wrong") == (401, wrong)
    async with HTTPXRequest() as request:
        with pytest.raises(InvalidToken):
            await Bot("1:wrong", base_url=server.base_url, request=request).get_me()


async def test_an_unknown_method_is_not_found() -> None:
    async with TelegramServer() as server:
        missing = {"ok": False, "error_code": 404, "description": "Not Found"}
        assert await raw(server, "drawPicture", {}) == (404, missing)


async def test_a_wait_in_vain_shows_what_the_chat_holds(server: TelegramServer) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    await chat.send("/imagine a fox")
    with pytest.raises(AssertionError, match="Alice: '/imagine a fox'"):
        await chat.wait(lambda m: m.photo, timeout_s=0.01)


def parameter(name: str, *types: str, required: bool = False) -> dict[str, Any]:
    return {"name": name, "types": types, "required": required, "description": ""}


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spec:
    """A description of two methods, found through the environment."""
    reply = {"fields": [parameter("message_id", "Integer", required=True)]}
    sent = [parameter("chat_id", "Integer", "String", required=True), parameter("photo", "InputFile", "String")]
    method = {"fields": [*sent, parameter("reply_parameters", "Reply")], "returns": ["Array of Reply"]}
    (tmp_path / "telegram-bot-api.json").write_text(
        json.dumps({"methods": {"send": method}, "types": {"Reply": reply}})
    )
    monkeypatch.setenv("KANDINSKY_BOT_SPECS", str(tmp_path))
    loaded = Spec.from_environment()
    assert loaded
    return loaded


@pytest.mark.parametrize(
    ("method", "values", "violations"),
    [
        ("send", {"chat_id": "5", "reply_parameters": '{"message_id": 1}'}, []),
        ("draw", {}, ["draw: no such method"]),
        ("send", {}, ["send: chat_id is missing"]),
        ("send", {"chat_id": 5, "colour": "red"}, ["send: unknown colour"]),
        ("send", {"chat_id": 5, "photo": "attach://a"}, []),
        ("send", {"chat_id": 5, "reply_parameters": {}}, ["send.reply_parameters (Reply): message_id is missing"]),
        ("send", {"chat_id": 5, "reply_parameters": 7}, ["send.reply_parameters: int is no Reply"]),
    ],
)
def test_requests_are_checked(spec: Spec, method: str, values: dict[str, Any], violations: list[str]) -> None:
    assert list(spec.check_request(method, Params(values, {"a": Upload("a.png", b"x")}))) == violations


def test_results_are_checked(spec: Spec) -> None:
    assert list(spec.check_result("send", [{"message_id": 1}])) == []
    assert list(spec.check_result("send", [{"message_id": "1"}])) == ["send ->[0].message_id: str is no Integer"]


def test_messages_print_as_one_line(server_message: Message) -> None:
    assert str(server_message) == "1 Alice: 'hello'"


@pytest.fixture
async def server_message() -> Message:
    server = TelegramServer()
    return await server.private_chat(server.add_user("Alice")).send("hello")
