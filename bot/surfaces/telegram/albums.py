"""Put albums together: Telegram sends each of their pictures as a message of its own."""

from __future__ import annotations

import asyncio

from telegram import Message

# Nothing says how many messages an album has, nor which is the last.
WAIT_S = 1.0


class Albums:
    """Gather the messages of albums that are under way."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, str], list[Message]] = {}

    async def gather(self, message: Message) -> list[Message]:
        """Wait for the rest of the album that `message` begins, and return it in order; for its other messages, none.

        A message that is in no album is returned at once.
        """
        if not message.media_group_id:
            return [message]
        key = message.chat.id, message.media_group_id
        if key in self._open:
            self._open[key].append(message)
            return []
        self._open[key] = [message]
        try:
            await asyncio.sleep(WAIT_S)
        finally:
            messages = self._open.pop(key)
        # An update may come twice.
        return sorted({it.message_id: it for it in messages}.values(), key=lambda it: it.message_id)
