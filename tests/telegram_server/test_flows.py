"""Two unmodified client libraries run the same bot against the server."""

from tests.servers.telegram import TelegramServer

from .pictures import decoded, is_red, png

WAIT_S = 10


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
