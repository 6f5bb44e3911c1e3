"""A warm process that has imported everything: each bot of a round is forked from it in milliseconds."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]
LOOK_S = 0.02
PR_SET_PDEATHSIG = 1
# What the bot imports, here before it is forked.
IMPORTED = (
    "bot.__main__", "bot.app", "bot.assembly", "bot.surfaces.discord", "bot.surfaces.telegram", "alembic.command",
    "sqlalchemy.dialects.sqlite.aiosqlite", "tests.chaos.bot_entry",
)  # fmt: skip


class Life:
    """Hold one process of the bot; `ended` is done with its exit code, which is negative after a signal."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def send(self, number: int) -> None:
        """Send a signal to the bot, unless it is over."""
        if not self.ended.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def end(self, number: int = signal.SIGTERM, patience_s: float = 10.0) -> bool:
        """Ask for the end, then force it; tell whether asking was enough."""
        self.send(number)
        await asyncio.wait({self.ended}, timeout=patience_s)
        asked = self.ended.done()
        self.send(signal.SIGKILL)
        await self.ended
        return asked

    def workers(self) -> list[int]:
        """List the worker processes of this bot: those of the fork server that hold its pipe are named in its log."""
        return [pid for pid in _children_of_fork_servers() if _belongs(pid, self.pid)]


def _children_of_fork_servers() -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if entry.name.isdigit() and b"forkserver" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def _belongs(worker: int, bot: int) -> bool:
    """Tell by the log, which both write to: descriptor 2 is the same file."""
    with suppress(OSError):
        return Path(f"/proc/{worker}/fd/2").readlink() == Path(f"/proc/{bot}/fd/2").readlink()
    return False


class Zygote:
    """Talk to the warm process."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._lives: dict[int, Life] = {}
        self._starting = asyncio.Lock()
        self._started: asyncio.Queue[int] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        """Start it; the first `start` waits until it has imported everything."""
        environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PTB_TIMEDELTA": "1"}
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.chaos.zygote", env=environment, cwd=ROOT, stderr=log,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        """End it, and with it every bot."""
        for life in self._lives.values():
            life.send(signal.SIGKILL)
        self._process.stdin.close()  # type: ignore[union-attr]
        await self._process.wait()
        await self._listening

    async def start(self, plan: dict[str, Any]) -> Life:
        """Fork a bot."""
        async with self._starting:
            self._process.stdin.write(json.dumps(plan).encode() + b"\n")  # type: ignore[union-attr]
            pid = await self._started.get()
        return self._lives[pid]

    async def _listen(self) -> None:
        while line := await self._process.stdout.readline():  # type: ignore[union-attr]
            told = json.loads(line)
            if "code" not in told:
                self._lives[told["pid"]] = Life(told["pid"])
                self._started.put_nowait(told["pid"])
            elif (life := self._lives.pop(told["pid"], None)) and not life.ended.done():
                life.ended.set_result(told["code"])


def main() -> None:
    """Be the warm process: a plan on each line of stdin, a report on each line of stdout."""
    _end_with_parent()
    reports = os.dup(1)  # not inherited by the fork server, which outlives this process by a moment
    os.dup2(2, 1)
    _warm_up()
    pending = b""
    while True:
        if select.select([0], [], [], LOOK_S)[0]:
            if not (read := os.read(0, 1 << 16)):
                return
            *lines, pending = (pending + read).split(b"\n")
            for line in lines:
                _report(reports, pid=_fork(json.loads(line), reports))
        _reap(reports)


def _warm_up() -> None:
    from multiprocessing import forkserver

    forkserver.set_forkserver_preload(["tests.chaos.fork_server", "tests.chaos.bot_entry", "engine.workers.child"])
    forkserver.ensure_running()
    for name in IMPORTED:
        importlib.import_module(name)
    from bot.words import localisation

    localisation.in_each_language("cancelled")  # reads every language, which takes longer than all else
    gc.freeze()  # what is shared with the forks stays shared


def _fork(plan: dict[str, Any], reports: int) -> int:
    if pid := os.fork():
        return pid
    code = 70
    _end_with_parent()
    try:
        from tests.chaos import bot_entry

        os.close(reports)
        os.close(0)
        os.open(os.devnull, os.O_RDONLY)
        code = bot_entry.run(plan)
    except BaseException:  # noqa: BLE001 - a child must never become a second zygote
        import traceback

        traceback.print_exc()
    finally:
        _leave(code)
    raise AssertionError


def _end_with_parent() -> None:
    """Let this process be killed with the one that started it: a runner that is killed leaves no bots behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _leave(code: int) -> None:
    """End as an interpreter does: wait for threads, end the children, flush."""
    import threading
    from multiprocessing import util

    threading._shutdown()  # type: ignore[attr-defined]
    util._exit_function()  # type: ignore[attr-defined]
    sys.stderr.flush()
    os._exit(code)


def _reap(reports: int) -> None:
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            _report(reports, pid=pid, code=os.waitstatus_to_exitcode(status))


def _report(reports: int, **told: int) -> None:
    os.write(reports, json.dumps(told).encode() + b"\n")


if __name__ == "__main__":
    main()
