"""Turn a batch of tasks into its events: progress while it is drawn, then pictures or the reason why there are none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import structlog

from engine.errors import Cancelled, EngineError, OutOfMemory, WorkerLost
from engine.events import Accepted, Denoised, Done, Failed, Progress, WorkerEvent
from engine.models.model import Drawing, Drawn, Model, OnStep, Step
from engine.pictures import images, inputs
from engine.pictures.finishing import finish
from engine.workers.base import Task

# Twenty a second are more than any platform shows, and a tiny model makes hundreds of steps.
PROGRESS_INTERVAL_S = 0.05
PREVIEW_INTERVAL_S = 0.5
BATCHES_PER_REPORT = 100

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Work:
    """Hold a task in hand; `cancelled` is set from outside, `over` once its last event was said."""

    task: Task
    cancelled: threading.Event
    over: bool = False


class Renderer:
    """Render batches one at a time on the calling thread; encode their pictures on `encoders`."""

    def __init__(
        self, models: Mapping[str, Model], epoch: int, send: Callable[[WorkerEvent], None], encoders: Executor
    ) -> None:
        self._models = models
        self._epoch = epoch
        self._send = send
        self._encoders = encoders
        self._batches = 0

    def render(self, batch: Sequence[Work]) -> None:
        """Draw the pictures of `batch`; raise `WorkerLost` if the device is unusable afterwards."""
        for work in batch:
            self._send(Accepted(*self._told(work)))
        self._draw(batch)
        self._batches += 1
        if self._batches % BATCHES_PER_REPORT == 0:
            self._report_caches()

    def _report_caches(self) -> None:
        for name, model in self._models.items():
            rates = {cache: f"{hits} of {hits + misses}" for cache, (hits, misses) in model.statistics().items()}
            log.info("caches", model=name, **rates)

    def _draw(self, batch: Sequence[Work]) -> None:
        began = time.monotonic()
        try:
            drawings = [_drawing(work.task) for work in batch]
            drawn = self._models[batch[0].task.request.model].render(drawings, self._reporter(batch))
        except WorkerLost:
            raise
        except Exception as error:  # noqa: BLE001 - every job ends in one event, whatever went wrong
            self._recover(batch, error)
        else:
            self._hand_over(batch, drawn, time.monotonic() - began)

    def _recover(self, batch: Sequence[Work], error: Exception) -> None:
        """Draw the tasks of a failed batch in parts: one of them, or their number, was at fault."""
        left = [work for work in batch if not work.over]
        if len(batch) == 1:
            for work in left:
                self._end(work, failure(work.task, self._epoch, error))
            return
        together = error.together if isinstance(error, OutOfMemory) else 1
        log.warning("batch_failed", jobs=len(left), error=type(error).__name__, together=together)
        for first in range(0, len(left), together):
            self._draw(left[first : first + together])

    def _hand_over(self, batch: Sequence[Work], drawn: Sequence[Drawn], seconds: float) -> None:
        left = [(work, result) for work, result in zip(batch, drawn, strict=True) if not work.over]
        for work, _ in left:
            self._send(Denoised(*self._told(work)))
        for work, result in left:
            notes = {**result.notes, **({"batch": len(batch)} if len(batch) > 1 else {})}
            self._encoders.submit(self._finish, work, Drawn(result.images, notes), seconds / len(batch))

    def _reporter(self, batch: Sequence[Work]) -> OnStep:
        """Make the callback of a render: end what was cancelled, report progress and previews now and then."""
        last, last_preview = 0.0, time.monotonic()

        def on_step(step: Step) -> None:
            nonlocal last, last_preview
            self._end_cancelled(batch)
            now, previews = time.monotonic(), None
            if step.previews and now - last_preview >= PREVIEW_INTERVAL_S:
                last_preview, previews = now, [images.preview(image) for image in step.previews()]
            if previews or step.done == step.total or now - last >= PROGRESS_INTERVAL_S:
                last = now
                self._report(batch, step, previews)

        return on_step

    def _end_cancelled(self, batch: Sequence[Work]) -> None:
        """End what was cancelled; raise `Cancelled` when nothing else is left of the batch."""
        for work in batch:
            if work.cancelled.is_set() and not work.over:
                self._end(work, failure(work.task, self._epoch, Cancelled()))
        if all(work.over for work in batch):
            raise Cancelled

    def _report(self, batch: Sequence[Work], step: Step, previews: Sequence[bytes] | None) -> None:
        for number, work in enumerate(batch):
            if not work.over:
                preview = previews[number] if previews else None
                self._send(Progress(*self._told(work), step.done, step.total, preview))

    def _finish(self, work: Work, drawn: Drawn, seconds: float) -> None:
        try:
            if work.cancelled.is_set():
                raise Cancelled
            finished = [finish(image, work.task.request) for image in drawn.images]
            pictures = images.encode_all(finished, work.task.request)
        except Exception as error:  # noqa: BLE001 - as above
            self._end(work, failure(work.task, self._epoch, error))
        else:
            self._end(work, Done(*self._told(work), pictures, seconds, dict(drawn.notes)))

    def _end(self, work: Work, event: Done | Failed) -> None:
        work.over = True
        self._send(event)

    def _told(self, work: Work) -> tuple[str, int, int]:
        return work.task.job_id, work.task.attempt, self._epoch


def failure(task: Task, epoch: int, error: Exception) -> Failed:
    """Say that `task` ended with `error`; one that was not raised on purpose is written to the log, and only there."""
    if isinstance(error, EngineError):
        return Failed(task.job_id, task.attempt, epoch, error.code, error.facts)
    log.error("render_failed", job=task.job_id, exc_info=error)
    return Failed(task.job_id, task.attempt, epoch, "render_failed", {"kind": type(error).__name__})


def _drawing(task: Task) -> Drawing:
    return Drawing(task.request, {checksum: inputs.open_image(data) for checksum, data in task.inputs.items()})
