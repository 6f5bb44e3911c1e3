"""Turn tasks into their events: progress while they are drawn, then pictures or the reason why there are none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import structlog

from engine.errors import Cancelled, EngineError, WorkerLost
from engine.events import Accepted, Denoised, Done, Failed, Progress, WorkerEvent
from engine.models.company import Company, seconds_spent
from engine.models.model import Drawing, Drawn, Model, OnStep, Step
from engine.pictures import images, inputs
from engine.pictures.finishing import finish
from engine.workers.base import Task

# Twenty a second are more than any platform shows, and a tiny model makes hundreds of steps.
PROGRESS_INTERVAL_S = 0.05
PREVIEW_INTERVAL_S = 0.5
TASKS_PER_REPORT = 100

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """Hold a task in hand; `cancelled` is set from outside."""

    task: Task
    cancelled: threading.Event


class Renderer:
    """Render tasks side by side on the calling thread, which others may join at any step; encode on `encoders`."""

    def __init__(
        self, models: Mapping[str, Model], epoch: int, send: Callable[[WorkerEvent], None], encoders: Executor
    ) -> None:
        self._models = models
        self._epoch = epoch
        self._send = send
        self._encoders = encoders
        self._company = Company()
        self._freed: set[str] = set()
        self._drawn = 0

    @property
    def is_busy(self) -> bool:
        """Tell whether something is being drawn."""
        return bool(self._company)

    def begin(self, batch: Sequence[Work]) -> None:
        """Begin to draw the pictures of `batch`; raise `WorkerLost` if the device is unusable afterwards."""
        for work in batch:
            self._send(Accepted(*self._told(work)))
        self._company.admit(*(partial(self._draw, work) for work in batch))

    def advance(self) -> None:
        """Make one step of some of what is being drawn; raises as `begin` does."""
        self._company.advance()

    def _draw(self, work: Work) -> None:
        try:
            model = self._models[work.task.request.model]
            [drawn] = model.render([_drawing(work.task)], self._reporter(work))
        except WorkerLost:
            raise
        except Exception as error:  # noqa: BLE001 - every job ends in one event, whatever went wrong
            self._send(failure(work.task, self._epoch, error))
        else:
            self._hand_over(work, drawn)
        self._freed.discard(work.task.job_id)
        self._report_caches()

    def _report_caches(self) -> None:
        self._drawn += 1
        for name, model in self._models.items() if self._drawn % TASKS_PER_REPORT == 0 else ():
            rates = {cache: f"{hits} of {hits + misses}" for cache, (hits, misses) in model.statistics().items()}
            log.info("caches", model=name, **rates)

    def _hand_over(self, work: Work, drawn: Drawn) -> None:
        self._free(work)
        self._encoders.submit(self._finish, work, drawn, seconds_spent())

    def _free(self, work: Work) -> None:
        """Say once that others may take its place."""
        if work.task.job_id not in self._freed:
            self._freed.add(work.task.job_id)
            self._send(Denoised(*self._told(work)))

    @property
    def _frees_early(self) -> bool:
        """Tell whether others may take a place before the latents are decoded: not if their model takes the device."""
        return not getattr(self._models, "swap_s", 0.0)

    def _reporter(self, work: Work) -> OnStep:
        """Make the callback of a render: end what was cancelled, report progress and previews now and then.

        After the last step its place is free: decoding goes on beside the first steps of whoever takes it.
        """
        last, last_preview = 0.0, time.monotonic()

        def on_step(step: Step) -> None:
            nonlocal last, last_preview
            if work.cancelled.is_set():
                raise Cancelled
            now, preview = time.monotonic(), None
            if step.previews and now - last_preview >= PREVIEW_INTERVAL_S:
                last_preview, [preview] = now, map(images.preview, step.previews())
            if preview or step.done == step.total or now - last >= PROGRESS_INTERVAL_S:
                last = now
                self._send(Progress(*self._told(work), step.done, step.total, preview))
            if step.done == step.total and self._frees_early:
                self._free(work)

        return on_step

    def _finish(self, work: Work, drawn: Drawn, seconds: float) -> None:
        try:
            if work.cancelled.is_set():
                raise Cancelled
            finished = [finish(image, work.task.request) for image in drawn.images]
            pictures = images.encode_all(finished, work.task.request)
        except Exception as error:  # noqa: BLE001 - as above
            self._send(failure(work.task, self._epoch, error))
        else:
            self._send(Done(*self._told(work), pictures, seconds, dict(drawn.notes)))

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
