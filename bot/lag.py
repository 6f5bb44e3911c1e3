"""What keeps the event loop from everybody: a thread asks it for a sign of life whenever it is busy, and looks at what.

Everything that people do runs on one loop; what computes there, or waits for a disk, lets all of them wait.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Self

import structlog

log = structlog.get_logger()

GLANCE_EVERY_S = 0.05
LATE_S = 0.1
# How often a late loop is looked at, and how often at most it is spoken of.
LOOK_EVERY_S = 0.03
LOG_EVERY_S = 10.0
ROOT = Path(__file__).parent.parent
OWN = tuple(str(ROOT / name) for name in ("bot", "engine"))
# Where a loop rests: if it is late there, the machine is to blame.
RESTING = frozenset({"select", "poll"})


@dataclass(frozen=True, slots=True)
class Block:
    """Hold one time for which the loop was kept: in which function, for how long, by what is done there.

    The seconds in which the machine let the loop's thread wait are left out. `starved_s` are those in which it let any
    of the process's threads wait, added up: one that has what the loop needs may have been among them. `looks` says how
    often the loop was found in that function.
    """

    place: str
    seconds: float
    starved_s: float
    looks: int
    is_own: bool


@dataclass(slots=True)
class Blocks:
    """Count what kept the loop; `seconds_at` are the seconds of each function, of which a program has so many."""

    count: int = 0
    seconds: float = 0.0
    longest_s: float = 0.0
    seconds_at: dict[str, float] = field(default_factory=dict)

    def add(self, block: Block) -> None:
        """Count one."""
        self.count += 1
        self.seconds += block.seconds
        self.longest_s = max(self.longest_s, block.seconds)
        self.seconds_at[block.place] = self.seconds_at.get(block.place, 0.0) + block.seconds


class LoopGuard:
    """Watch the loop that the block runs on; whatever keeps it for longer than `late_s` is counted and logged."""

    def __init__(self, late_s: float = LATE_S, tell: Callable[[Block], None] | None = None) -> None:
        """Let `tell`, on the guard's thread, know of each block in the place of the log."""
        self.blocks = Blocks()
        self._late_s = late_s
        self._tell = tell or _Log()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    async def __aenter__(self) -> Self:
        """Begin to watch the running loop."""
        watched = asyncio.get_running_loop(), threading.get_ident(), threading.get_native_id()
        self._thread = threading.Thread(target=self._watch, args=watched, name="loop guard", daemon=True)
        self._thread.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop watching."""
        self._over.set()

    def _watch(self, loop: asyncio.AbstractEventLoop, thread: int, task: int) -> None:
        while not self._over.wait(GLANCE_EVERY_S):
            if _rests(thread):  # nobody wakes it for nothing
                continue
            alive, asked, starved = threading.Event(), time.monotonic(), _starved()
            try:
                loop.call_soon_threadsafe(alive.set)
            except RuntimeError:  # the loop is closed
                return
            if alive.wait(self._late_s):
                continue
            places = list(self._look(alive, thread))
            lost = {each: total - starved.get(each, 0.0) for each, total in _starved().items()}
            self._judge(places, time.monotonic() - asked - lost.get(task, 0.0), sum(lost.values()))

    def _judge(self, places: list[tuple[str, bool] | None], seconds: float, starved_s: float) -> None:
        """Count a late loop, unless it rested or the machine is to blame."""
        found = max(places, key=places.count)
        if found and seconds > self._late_s:
            block = Block(found[0], seconds, starved_s, places.count(found), found[1])
            self.blocks.add(block)
            self._tell(block)

    def _look(self, alive: threading.Event, thread: int) -> Iterator[tuple[str, bool] | None]:
        """Look where a late loop is until it is alive again."""
        while True:
            yield _place(sys._current_frames().get(thread))
            if alive.wait(LOOK_EVERY_S) or self._over.is_set():
                return


class _Log:
    """Log blocks, not more than one in some seconds, with the number of those left out."""

    def __init__(self) -> None:
        self._at = -LOG_EVERY_S
        self._left_out = 0

    def __call__(self, block: Block) -> None:
        now = time.monotonic()
        if now - self._at < LOG_EVERY_S:
            self._left_out += 1
            return
        seconds, starved_s = round(block.seconds, 3), round(block.starved_s, 3)
        log.warning("loop_blocked", place=block.place, seconds=seconds, starved_s=starved_s, left_out=self._left_out)
        self._at, self._left_out = now, 0


def _rests(thread: int) -> bool:
    frame = sys._current_frames().get(thread)
    return frame is None or frame.f_code.co_name in RESTING


def _starved() -> dict[int, float]:
    """Tell for how many seconds each thread could have run so far and was not let; nothing where no system says so.

    See sched-stats in the documentation of the Linux kernel.
    """
    found = {}
    with suppress(OSError):  # there is no descriptor left
        for file in Path("/proc/self/task").glob("*/schedstat"):
            with suppress(OSError, IndexError, ValueError):  # it ended meanwhile
                found[int(file.parent.name)] = int(file.read_text().split()[1]) / 1e9
    return found


def _place(frame: FrameType | None) -> tuple[str, bool] | None:
    """Name the innermost function of this project that the loop is in, else the innermost of all, and which it is.

    Nothing where it rests.
    """
    if frame is None or frame.f_code.co_name in RESTING:
        return None
    called = list(_called(frame))
    own = next((code for code in called if code.co_filename.startswith(OWN)), None)
    code = own or called[0]
    return f"{_shown(code.co_filename)}:{code.co_qualname}", own is not None


def _called(frame: FrameType | None) -> Iterator[CodeType]:
    """Yield what is being run, from the innermost out to where the loop called it."""
    while frame is not None and not _is_loop(frame):
        yield frame.f_code
        frame = frame.f_back
    if frame is not None:
        yield frame.f_code


def _is_loop(frame: FrameType) -> bool:
    return frame.f_code.co_name in {"_run", "_run_once"} and "asyncio" in frame.f_code.co_filename


def _shown(file: str) -> str:
    """Shorten a path to what tells whose file it is."""
    path = Path(file)
    return str(path.relative_to(ROOT)) if file.startswith(OWN) else "/".join(path.parts[-2:])
