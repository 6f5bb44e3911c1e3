"""How often Telegram is called: never more often than it allows, and no chat takes all of that for itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from typing import Any
from weakref import WeakValueDictionary

from telegram.ext import AIORateLimiter

# Of one chat, so many calls wait or are under way with those of all others; fifty jobs of one person are no more.
AT_ONCE = 3
FLOOD_RETRIES = 5
# Of the messages a second, so many are not used for what can be left out: the first words to somebody are waiting.
KEPT_FREE = 10

Answer = bool | dict[str, Any] | list[dict[str, Any]]


class FairLimiter(AIORateLimiter):
    """Keep Telegram's limits, which are first come, first served, and let the calls of a chat come by turns."""

    def __init__(self) -> None:
        super().__init__(max_retries=FLOOD_RETRIES)
        self._chats: WeakValueDictionary[object, asyncio.Semaphore] = WeakValueDictionary()

    @property
    def has_room(self) -> bool:
        """Tell whether there is room for what can be left out."""
        limiter = self._base_limiter
        return limiter is None or limiter.has_capacity(KEPT_FREE)

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Answer]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Answer:
        """Make a call in its turn; one that concerns no chat has nobody to wait for."""
        chat = data.get("chat_id")
        turn = nullcontext() if chat is None else self._chats.setdefault(chat, asyncio.Semaphore(AT_ONCE))
        async with turn:
            return await super().process_request(callback, args, kwargs, endpoint, data, rate_limit_args)
