"""The order of updates: what one person does in one chat is done in turn, everything else side by side."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from telegram import Update

Task = asyncio.Task[None]
# Whoever waits for something slow of their own, such as a search in the queue, can still write /cancel.
PATIENCE_S = 30.0


@dataclass(eq=False)
class Turn:
    """Hold tasks that run side by side, and those that come before them: the messages of an album are one turn."""

    album: str | None = None
    before: frozenset[Task] = frozenset()
    tasks: set[Task] = field(default_factory=set)

    async def comes(self) -> None:
        """Wait for those before, but not for ever."""
        if self.before:
            await asyncio.wait(self.before, timeout=PATIENCE_S)


class Lines:
    """Keep one line for each person in each chat, and one for what they press there."""

    def __init__(self) -> None:
        self._last: dict[tuple[object, ...], Turn] = {}

    def turn(self, update: Update) -> Turn:
        """Take the next turn in the line of an update; `join` then says which task has it."""
        message = update.message
        album = message.media_group_id if message else None
        last = self._last.get(_line_of(update))
        if last and album and last.album == album:
            return last
        return Turn(album, frozenset(last.tasks) if last else frozenset())

    def join(self, update: Update, turn: Turn, task: Task) -> None:
        """Let those who come later wait for `task`."""
        line = _line_of(update)
        turn.tasks.add(task)
        self._last[line] = turn
        task.add_done_callback(lambda _: self._leave(line, turn, task))

    def _leave(self, line: tuple[object, ...], turn: Turn, task: Task) -> None:
        turn.tasks.discard(task)
        if not turn.tasks and self._last.get(line) is turn:
            del self._last[line]


def _line_of(update: Update) -> tuple[object, ...]:
    chat, sender = update.effective_chat, update.effective_sender
    return chat and chat.id, sender and sender.id, bool(update.callback_query)
