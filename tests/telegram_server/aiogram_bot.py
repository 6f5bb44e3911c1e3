"""The same small drawing bot written with aiogram."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command, CommandObject
from aiogram.types import (
    BufferedInputFile,
    CallbackQuery,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    Message,
)

from tests.servers.telegram import TelegramServer

from .pictures import png

POLL_S = 10


async def imagine(message: Message, command: CommandObject) -> None:
    if not command.args:
        await message.answer("What shall I draw?", reply_markup=ForceReply(force_reply=True, selective=True))
        return
    posted = await message.reply("queued")
    await message.bot.send_chat_action(message.chat.id, "upload_photo")
    await posted.edit_text("drawing 50 %")
    photo = InputMediaPhoto(media=BufferedInputFile(png(), "circle.png"), caption=command.args)
    button = InlineKeyboardButton(text="As file", callback_data="file:1")
    await posted.edit_media(photo, reply_markup=InlineKeyboardMarkup(inline_keyboard=[[button]]))


async def send_as_file(query: CallbackQuery) -> None:
    await query.answer("here it is")
    await query.message.answer_document(BufferedInputFile(png(), "circle.png"))


async def send_back(message: Message) -> None:
    data = await message.bot.download(message.photo[-1])
    await message.answer_document(BufferedInputFile(data.read(), "yours.jpg"))


def dispatcher() -> Dispatcher:
    """Build a dispatcher with the bot's handlers."""
    dispatcher = Dispatcher()
    dispatcher.message.register(imagine, Command("imagine"))
    dispatcher.message.register(send_back, F.photo)
    dispatcher.callback_query.register(send_as_file, F.data.startswith("file:"))
    return dispatcher


@asynccontextmanager
async def polling_aiogram(server: TelegramServer) -> AsyncIterator[None]:
    """Run the bot on long polling."""
    api = TelegramAPIServer(f"{server.base_url}{{token}}/{{method}}", f"{server.base_file_url}{{token}}/{{path}}")
    bot, handlers = Bot(server.token, session=AiohttpSession(api=api)), dispatcher()
    polling = asyncio.create_task(handlers.start_polling(bot, handle_signals=False, polling_timeout=POLL_S))
    yield
    await handlers.stop_polling()
    await polling
