"""Post in the chat and topic that an address names, and read Telegram's refusals, which words alone tell apart."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import httpx
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError

from bot.surface import Undeliverable
from bot.surfaces.telegram.address import Address

UNCHANGED = ("message is not modified",)
GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
SHUT_OUT = (
    "chat not found",
    "not enough rights",
    "have no rights",
    "need administrator rights",
    "chat_write_forbidden",
    "chat_restricted",
    "peer_id_invalid",
    "message thread not found",
    "topic_closed",
    "topic_deleted",
)
# PTB wraps these: no connection, no request.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
T = TypeVar("T")


async def send(address: Address, post: Callable[..., Awaitable[T]]) -> T:
    """Post at `address`, also where a group has become a supergroup since."""
    try:
        return await post(**where(address))
    except ChatMigrated as error:
        return await post(**where(replace(address, chat_id=error.new_chat_id, thread_id=None, reply_to=None)))


def where(address: Address) -> dict[str, Any]:
    """Name the chat, the topic and the message that is answered, as every method that posts takes them."""
    return {
        "chat_id": address.chat_id,
        "message_thread_id": address.thread_id,
        "reply_parameters": address.reply,
    }


@contextmanager
def shut_out_is_undeliverable() -> Iterator[None]:
    """Turn the answers that no later attempt can change into `Undeliverable`."""
    try:
        yield
    except Forbidden as error:
        raise Undeliverable(error.message) from error
    except BadRequest as error:
        if says(error, SHUT_OUT):
            raise Undeliverable(error.message) from error
        raise


def may_have_arrived(error: NetworkError) -> bool:
    """Tell whether Telegram may have done what it did not confirm."""
    return not isinstance(error, BadRequest) and not isinstance(error.__cause__, NEVER_SENT)


def says(error: BadRequest | ChatMigrated, phrases: Sequence[str]) -> bool:
    """Tell whether Telegram's answer holds one of the phrases."""
    return any(phrase in error.message.lower() for phrase in phrases)
