"""Turn one task into its events: progress while it is drawn, then pictures or the reason why there are none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor

import structlog
from PIL import Image

from engine import images
from engine.errors import Cancelled, EngineError, WorkerLost
from engine.events import Accepted, Denoised, Done, Failed, Progress, WorkerEvent
from engine.workers.base import Task
from engine.workers.model import Model, OnStep

# Twenty a second are more than any platform shows, and a tiny model makes hundreds of steps.
PROGRESS_INTERVAL_S = 0.05

log = structlog.get_logger(__name__)


class Renderer:
    """Render tasks one at a time on the calling thread; encode their pictures on `encoders`."""

    def __init__(
        self, models: Mapping[str, Model], epoch: int, send: Callable[[WorkerEvent], None], encoders: Executor
    ) -> None:
        self._models = models
        self._epoch = epoch
        self._send = send
        self._encoders = encoders

    def render(self, task: Task, cancelled: threading.Event) -> None:
        """Draw the pictures of `task`; raise `WorkerLost` if the device is unusable afterwards."""
        told = (task.job_id, task.attempt, self._epoch)
        self._send(Accepted(*told))
        began = time.monotonic()
        try:
            drawn = self._models[task.request.model].render(task.request, self._reporter(task, cancelled))
        except WorkerLost:
            raise
        except Exception as error:  # noqa: BLE001 - every job ends in one event, whatever went wrong
            self._send(failure(task, self._epoch, error))
            return
        self._send(Denoised(*told))
        self._encoders.submit(self._finish, task, cancelled, drawn, time.monotonic() - began)

    def _reporter(self, task: Task, cancelled: threading.Event) -> OnStep:
        """Make the callback of a render: raise `Cancelled` after a cancellation, report progress now and then."""
        last = 0.0

        def on_step(step: int, total: int) -> None:
            nonlocal last
            if cancelled.is_set():
                raise Cancelled
            if step == total or time.monotonic() - last >= PROGRESS_INTERVAL_S:
                last = time.monotonic()
                self._send(Progress(task.job_id, task.attempt, self._epoch, step, total))

        return on_step

    def _finish(self, task: Task, cancelled: threading.Event, drawn: list[Image.Image], seconds: float) -> None:
        try:
            if cancelled.is_set():
                raise Cancelled
            pictures = tuple(images.encode(image, task.request, index) for index, image in enumerate(drawn))
        except Exception as error:  # noqa: BLE001 - as above
            self._send(failure(task, self._epoch, error))
        else:
            self._send(Done(task.job_id, task.attempt, self._epoch, pictures, seconds))


def failure(task: Task, epoch: int, error: Exception) -> Failed:
    """Say that `task` ended with `error`; one that was not raised on purpose is written to the log, and only there."""
    if isinstance(error, EngineError):
        return Failed(task.job_id, task.attempt, epoch, error.code, error.facts)
    log.error("render_failed", job=task.job_id, exc_info=error)
    return Failed(task.job_id, task.attempt, epoch, "render_failed", {"kind": type(error).__name__})
