"""Methods take and refuse what those of Telegram do."""

import pytest
from telegram import Bot, ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto
from telegram.error import BadRequest, Forbidden, InvalidToken
from telegram.ext import Application
from telegram.request import HTTPXRequest

from tests.servers.telegram import Message, TelegramServer

from .pictures import gif, is_red, png
from .raw import raw


async def test_an_album_has_2_to_10_items_of_one_group(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    album = [InputMediaPhoto(png(), caption="both"), InputMediaPhoto(png(colour="blue"))]
    posted = await app.bot.send_media_group(chat.id, album)
    assert len({message.media_group_id for message in posted}) == 1
    assert [is_red(m.photo) for m in chat.from_bot] == [True, False]
    with pytest.raises(BadRequest, match="2-10"):
        await app.bot.send_media_group(chat.id, album[:1])


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


def test_messages_print_as_one_line(server_message: Message) -> None:
    assert str(server_message) == "1 Alice: 'hello'"


@pytest.fixture
async def server_message() -> Message:
    server = TelegramServer()
    return await server.private_chat(server.add_user("Alice")).send("hello")


async def test_a_person_who_never_pressed_start_hears_nothing(server: TelegramServer, app: Application) -> None:
    alice = server.add_user("Alice")
    server.group("Studio", members=[alice])
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await app.bot.send_message(alice.id, "hello")


async def test_messages_are_deleted_within_two_days(server: TelegramServer, app: Application) -> None:
    chat = server.group("Studio", members=[server.add_user("Alice")])
    posted = await app.bot.send_message(chat.id, "hello")
    chat.from_bot[0].date -= 49 * 60 * 60
    with pytest.raises(BadRequest, match="can't be deleted for everyone"):
        await posted.delete()
    assert len(chat.from_bot) == 1


async def test_an_anonymous_administrator_writes_as_the_group(server: TelegramServer, app: Application) -> None:
    alice, bob = server.add_user("Alice"), server.add_user("Bob")
    chat = server.group("Studio", members=[alice, bob])
    chat.anonymous.append(bob)
    sent = (await chat.send("/queue", sender=bob)).payload()
    assert (sent["sender_chat"]["id"], sent["from"]["username"]) == (chat.id, "GroupAnonymousBot")
    members = {member.user.id: member for member in await app.bot.get_chat_administrators(chat.id)}
    assert [members[user.id].is_anonymous for user in (alice, bob)] == [False, True]


async def test_an_animation_is_posted(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    posted = await app.bot.send_animation(chat.id, gif(), caption="there and back")
    assert posted.animation
    assert (chat.from_bot[0].animation, chat.from_bot[0].caption) == (gif(), "there and back")
