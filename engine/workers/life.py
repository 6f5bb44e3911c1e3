"""One life of a worker process, from its start to its end, seen from the parent."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from contextlib import suppress

from engine.errors import WorkerLost
from engine.events import WorkerEvent
from engine.settings import WorkerSettings
from engine.workers import child
from engine.workers.base import Task
from engine.workers.child import Cancel, Load

# How long each way of ending the process may take before the next, harder one: ask, terminate, kill.
GRACE_S = 2.0


class Life:
    """Run one worker process from start to end; every method but `begin` and `pid` may block."""

    def __init__(self, settings: WorkerSettings, epoch: int, load: Load) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, self._far_end = context.Pipe()
        self._process = context.Process(
            target=child.main, args=(self._far_end, epoch, settings, load), name=f"worker-{epoch}", daemon=True
        )
        self._sending = threading.Lock()
        self._started = threading.Event()
        self._ended = threading.Event()

    @property
    def pid(self) -> int | None:
        """Tell the process id, once there is one."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Tell how the process ended: a negative number is a signal."""
        return self._process.exitcode

    def begin(self, on_message: Callable[[WorkerEvent | None], None]) -> None:
        """Start the process and pass on what it says, then `None`, all from a thread of its own."""
        # A daemon: an owner that forgets to stop the worker can still end.
        threading.Thread(target=self._run, args=(on_message,), name=self._process.name, daemon=True).start()

    def send(self, message: tuple[Task, ...] | Cancel | None) -> None:
        """Hand `message` to the process; raise `WorkerLost` when it is gone."""
        with self._sending:
            self._send(message)

    def end(self) -> None:
        """End the process: ask it, then terminate it, then kill it."""
        self._push(self._ask, self._process.terminate, self._process.kill)

    def kill(self) -> None:
        """End a process that does not answer."""
        self._push(self._process.kill)

    def _push(self, *ways: Callable[[], None]) -> None:
        self._started.wait()
        for way in ways:
            if not self._ended.is_set():
                way()
                self._ended.wait(GRACE_S)

    def _ask(self) -> None:
        # Another message may be stuck in the pipe of a process that does not read.
        if self._sending.acquire(timeout=GRACE_S):
            try:
                with suppress(WorkerLost):
                    self._send(None)
            finally:
                self._sending.release()

    def _send(self, message: tuple[Task, ...] | Cancel | None) -> None:
        try:
            self._connection.send(message)
        except OSError:
            raise WorkerLost(reason="gone") from None

    def _run(self, on_message: Callable[[WorkerEvent | None], None]) -> None:
        try:
            self._process.start()
            self._far_end.close()
            self._started.set()
            with suppress(EOFError, OSError):
                while True:
                    on_message(self._connection.recv())
        finally:
            self._reap()
            on_message(None)

    def _reap(self) -> None:
        # An end of the pipe is no end of the process: whatever is left of it goes.
        if self._started.is_set():
            self._process.join(GRACE_S)
            self._process.kill()
            self._process.join()
        self._started.set()
        self._ended.set()
