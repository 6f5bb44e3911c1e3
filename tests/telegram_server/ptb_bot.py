"""A small drawing bot written with python-telegram-bot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from telegram import ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto, Update
from telegram.ext import (
    AIORateLimiter,
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from tests.servers.telegram import TelegramServer

from .pictures import png

Context = ContextTypes.DEFAULT_TYPE
POLL_S = 10


def build(server: TelegramServer, **timeouts: float) -> Application:
    """Build a python-telegram-bot application that talks to the server."""
    builder = Application.builder().token(server.token)
    builder = builder.base_url(server.base_url).base_file_url(server.base_file_url)
    builder = builder.read_timeout(timeouts.get("read_s", 5)).rate_limiter(AIORateLimiter(max_retries=2))
    return builder.build()


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
        await app.updater.start_polling(timeout=POLL_S)
        yield
        await app.updater.stop()
        await app.stop()
