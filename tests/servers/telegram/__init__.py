"""A Telegram Bot API server on 127.0.0.1 that unmodified client libraries talk to.

async with TelegramServer() as server:  # give base_url, base_file_url and token to the bot
    chat = server.private_chat(server.add_user("Alice"))
    await chat.send("/imagine a red circle")
    reply = await chat.wait(lambda message: message.photo)
    await server.press(reply, reply.buttons["Again"])
    server.faults.next(faults.flood(retry_after_s=1), method="sendPhoto")
"""

from .errors import ApiError
from .files import Photo, StoredFile
from .messages import Content, Message
from .server import Call, Press, TelegramServer

__all__ = ["ApiError", "Call", "Content", "Message", "Photo", "Press", "StoredFile", "TelegramServer"]
