"""What came from Telegram and is not done yet: it is forgotten there once it is handled here, or kept on disk."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from telegram import Bot, Update

from bot.commands.characters import clean_json
from bot.rules.pace import Pace, Verdict, too_fast
from bot.surfaces.telegram.kept import Kept, Note, Raw
from bot.surfaces.telegram.lines import Lines, Turn
from engine.errors import EngineError

log = structlog.get_logger()

Handle = Callable[[Update], Awaitable[None]]
Refuse = Callable[[EngineError, Update], Awaitable[None]]
# What takes longer to handle is kept on disk, so that Telegram need not wait for it.
SOON_S = 0.5
# What a person may send at once: more than their queue holds, for what they sent while the bot was away comes at once.
AT_ONCE = 60
# An update that was begun so often, and each time outlived the bot, is not begun again.
MOST_TRIES = 5
# How long what is under way may go on after the bot was told to stop.
GRACE_S = 1.0
# How many updates are remembered after they were handled, since Telegram may repeat them.
REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """Hold an update that is not handled yet, since when, and whether it is on disk."""

    note: Note
    since: float
    is_kept: bool = False


class Inbox:
    """Handle each update once, however often it comes: those of a person in a chat in order, others side by side."""

    def __init__(self, bot: Bot, kept: Kept, handle: Handle, refuse: Refuse) -> None:
        """Take `handle`, which answers an update, and `refuse`, which says why it will not be."""
        self._bot = bot
        self._kept = kept
        self._handle = handle
        self._refuse = refuse
        self._lines = Lines()
        self._pace = Pace(AT_ONCE)
        self._waiting: dict[int, Waiting] = {}
        self._tasks: dict[int, asyncio.Future[None]] = {}
        self._writing = asyncio.Lock()
        self._alone = asyncio.Lock()

    @property
    def unsafe(self) -> list[int]:
        """List the ids of the updates that Telegram must not forget: neither handled nor on disk."""
        return [number for number, waiting in self._waiting.items() if not waiting.is_kept]

    def take(self, raw: Raw) -> asyncio.Future[None] | None:
        """Begin to handle an update, unless it is known; one that nobody can read is logged and has no task.

        What a person sends too fast is left out, and they are told so now and then.
        """
        number = raw["update_id"]
        if number not in self._tasks:
            self._judge(Note(number, raw))
        return self._tasks.get(number)

    async def take_kept(self, raws: Sequence[Raw]) -> None:
        """Begin to handle updates once they are on disk: what ends the bot may come again, and is counted then."""
        new = [Note(raw["update_id"], raw) for raw in raws if raw["update_id"] not in self._tasks]
        is_kept = await self._written(new)
        for note in new:
            self._begin(note, is_kept=is_kept)

    async def resume(self) -> None:
        """Handle what an earlier run kept; what was begun in more than one, perhaps to end it, is handled alone."""
        notes = await asyncio.to_thread(self._kept.all)
        new = [note.again() for note in notes if note.tries == 1]
        await self._written(new)
        for note in new:
            self._begin(note, is_kept=True)
        for note in notes[len(new) :]:
            self._begin(note, is_kept=True, is_suspect=True)

    async def keep(self, numbers: Iterable[int]) -> None:
        """Put updates on disk that are not handled yet; where that fails, Telegram has to go on remembering them."""
        async with self._writing:
            notes = [self._waiting[number].note for number in numbers if number in self._waiting]
            if await self._written(notes):
                for note in notes:
                    waiting = self._waiting[note.number]
                    self._waiting[note.number] = Waiting(note, waiting.since, is_kept=True)

    async def rest(self, most_s: float, *, more_wait: bool) -> None:
        """Wait until Telegram may forget all that it sent, but not longer than that, and put on disk what is slow.

        Where `more_wait` at Telegram than it hands out at a time, all that is left is: it would hold up the next.
        """
        unsafe = self.unsafe
        if unsafe:
            await asyncio.wait([self._tasks[number] for number in unsafe], timeout=most_s)
        soon = float("inf") if more_wait else time.monotonic() - SOON_S
        if slow := [it for it in unsafe if it in self._waiting and self._waiting[it].since < soon]:
            await self.keep(slow)

    async def close(self) -> None:
        """Let what is under way end soon; the rest comes again, from Telegram or from the disk."""
        tasks = [self._tasks[number] for number in self._waiting]
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _read(self, raw: Raw) -> Update | None:
        try:
            return Update.de_json(clean_json(raw), self._bot)
        except Exception as error:  # noqa: BLE001 - one that comes for ever would end the others
            log.error("telegram_update_unreadable", update=raw.get("update_id"), reason=repr(error))
            return None

    def _judge(self, note: Note) -> None:
        verdict = self._pace.judge(_sender_of(note.raw))
        if verdict is Verdict.LEAVE:
            self._tasks[note.number] = asyncio.get_running_loop().create_future()
            self._tasks[note.number].set_result(None)
            self._forget_oldest()
        else:
            self._begin(note, is_refused=verdict is Verdict.TELL)

    def _begin(self, note: Note, *, is_kept: bool = False, is_suspect: bool = False, is_refused: bool = False) -> None:
        if not (update := self._read(note.raw)):
            return
        line, turn = self._lines.turn(update)
        do = partial(self._refuse, too_fast()) if is_refused else self._handle
        work = self._serve_alone(update, note, turn) if is_suspect else self._serve(update, turn, do)
        task = asyncio.create_task(work, name=f"telegram update {note.number}")
        self._lines.join(line, turn, task)
        self._waiting[note.number] = Waiting(note, time.monotonic(), is_kept)
        self._tasks[note.number] = task
        self._forget_oldest()

    async def _serve(self, update: Update, turn: Turn, do: Handle) -> None:
        await turn.comes()
        await self._done(update, do)

    async def _serve_alone(self, update: Update, note: Note, turn: Turn) -> None:
        await turn.comes()
        async with self._alone:
            if note.tries >= MOST_TRIES:
                log.error("telegram_update_dropped", update=note.number, tries=note.tries)
                await self._done(update, partial(self._refuse, EngineError()))
                return
            await self._written([note.again()])
            await self._done(update, self._handle)

    async def _done(self, update: Update, do: Handle) -> None:
        """Do what an update asks for; whatever comes of it, it is not done again."""
        try:
            await do(update)
        except Exception as error:  # noqa: BLE001 - what it was is said where it is handled; here it must end
            log.error("telegram_update_failed", traceback="".join(traceback.format_exception(error)))
        async with self._writing:
            if self._waiting.pop(update.update_id).is_kept:
                await self._dropped(update.update_id)

    async def _written(self, notes: Sequence[Note]) -> bool:
        try:
            if notes:
                await asyncio.to_thread(self._kept.add, notes)
        except OSError as error:
            log.error("telegram_update_not_kept", updates=len(notes), reason=error.strerror)
            return False
        return True

    async def _dropped(self, number: int) -> None:
        try:
            await asyncio.to_thread(self._kept.drop, number)
        except OSError as error:
            log.error("telegram_update_not_dropped", update=number, reason=error.strerror)

    def _forget_oldest(self) -> None:
        if len(self._tasks) <= 2 * REMEMBERED:
            return
        handled = [number for number in self._tasks if number not in self._waiting]
        for number in handled[:-REMEMBERED]:
            del self._tasks[number]


def _sender_of(raw: Raw) -> str:
    """Name who wrote or pressed, before anything else of an update is read."""
    senders = (told.get("from") for told in raw.values() if isinstance(told, dict))
    return str(next((sender["id"] for sender in senders if isinstance(sender, dict) and "id" in sender), ""))
