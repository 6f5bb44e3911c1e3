"""Photos and documents keep the limits of Telegram."""

import pytest
from telegram import InputMediaAnimation
from telegram.error import BadRequest
from telegram.ext import Application

from tests.servers.telegram import TelegramServer

from .pictures import decoded, gif, is_red, png


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


async def test_a_photo_is_resent_by_its_file_id(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    posted = await app.bot.send_photo(chat.id, png(), has_spoiler=True)
    await app.bot.send_photo(chat.id, posted.photo[-1].file_id)
    assert [is_red(m.photo) for m in chat.from_bot] == [True, True]
    assert posted.has_media_spoiler
    with pytest.raises(BadRequest, match="Wrong file identifier"):
        await app.bot.send_photo(chat.id, "unknown")


async def test_a_text_becomes_an_animation_that_is_a_file_too(server: TelegramServer, app: Application) -> None:
    chat = server.private_chat(server.add_user("Alice"))
    message = await app.bot.send_message(chat.id, "drawing")
    edited = await message.edit_media(InputMediaAnimation(gif(), caption="a cat becomes a dog", filename="morph.gif"))
    assert (edited.animation.width, edited.animation.height) == (64, 64)
    assert edited.animation.file_id == edited.document.file_id
    assert chat.from_bot[0].animation == gif()
    assert chat.from_bot[0].document is None
    again = await message.edit_media(InputMediaAnimation(edited.animation.file_id, caption="again"))
    assert again.caption == "again"
    with pytest.raises(BadRequest, match="Image_process_failed"):
        await message.edit_media(InputMediaAnimation(b"no picture"))
