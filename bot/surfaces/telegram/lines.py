"""The order of updates: what one person does in one chat is done in turn, everything else side by side."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from telegram import Update

Task = asyncio.Task[None]
# A chat, a person, and whether they pressed.
Line = tuple[int | None, int | None, bool]
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
        self._last: dict[Line, Turn] = {}

    def turn(self, update: Update) -> tuple[Line, Turn]:
        """Find the line of an update, and its turn there; `join` then says which task has it."""
        chat, sender, message = update.effective_chat, update.effective_sender, update.message
        line = chat.id if chat else None, sender.id if sender else None, bool(update.callback_query)
        album, last = message.media_group_id if message else None, self._last.get(line)
        if last and album and last.album == album:
            return line, last
        return line, Turn(album, frozenset(last.tasks) if last else frozenset())

    def join(self, line: Line, turn: Turn, task: Task) -> None:
        """Let those who come later wait for `task`."""
        turn.tasks.add(task)
        self._last[line] = turn
        task.add_done_callback(lambda _: self._leave(line, turn, task))

    def _leave(self, line: Line, turn: Turn, task: Task) -> None:
        turn.tasks.discard(task)
        if not turn.tasks and self._last.get(line) is turn:
            del self._last[line]
