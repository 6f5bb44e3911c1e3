"""The worker process: hold the models, denoise on the main thread, encode beside it, say everything in events."""

from __future__ import annotations

import gc
import logging
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from weakref import WeakValueDictionary

import structlog

from engine.catalog import ENGLISH_ONLY
from engine.errors import EngineError, WorkerLost
from engine.events import Lost, Ready, WorkerEvent
from engine.models.model import Model, Models
from engine.models.understanding import Interpreted
from engine.models.wrappers import Helpers, wrapped
from engine.settings import WorkerSettings
from engine.workers.base import Task
from engine.workers.render import Renderer, Work

ENCODERS = 2
DEVICE_FAULT = 70  # EX_SOFTWARE of sysexits.h

Load = Callable[[WorkerSettings], Mapping[str, Model]]
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Ask the worker process to end one attempt."""

    job_id: str
    attempt: int


class Mailbox:
    """Receive tasks and cancellations on a thread of its own; end the process when the parent asks or is gone."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._batches: queue.SimpleQueue[list[Work]] = queue.SimpleQueue()
        self._cancelled: WeakValueDictionary[tuple[str, int], threading.Event] = WeakValueDictionary()

    def open(self) -> None:
        """Begin to receive."""
        threading.Thread(target=self._receive, name="mailbox", daemon=True).start()

    def next(self, *, wait: bool) -> list[Work]:
        """Take a batch, an empty one where there is none and none is to `wait` for.

        The events of its tasks are set once somebody cancels them, for as long as anybody holds those.
        """
        with suppress(queue.Empty):
            return self._batches.get(block=wait)
        return []

    def _receive(self) -> None:
        try:
            while message := self._connection.recv():
                self._sort(message)
        finally:
            # The main thread may be deep in a render; nothing here needs to be saved.
            os._exit(0)

    def _sort(self, message: tuple[Task, ...] | Cancel) -> None:
        if not isinstance(message, Cancel):
            batch = [Work(task, threading.Event()) for task in message]
            self._cancelled.update({(work.task.job_id, work.task.attempt): work.cancelled for work in batch})
            self._batches.put(batch)
        elif cancelled := self._cancelled.get((message.job_id, message.attempt)):
            cancelled.set()


def load_models(settings: WorkerSettings) -> Models:
    """Load the models of `settings` in this process; raise `ModelMissing` for files that are not there."""
    # Here, not above: the parent imports this module too, and stays without torch.
    from engine.kandinsky.placing import device, loading

    loading.keep_libraries_quiet()  # before the families: diffusers speaks while it is imported
    from engine.kandinsky.families import loaders as families
    from engine.kandinsky.helpers import classifying, segmenting, translation

    device.use_all_cores()
    # First: without it nothing may be drawn, and the models then see how much memory it has left them.
    looks = settings.classifying
    classifier = classifying.Classifier(looks, device.choose(settings.device)) if looks else None
    models = families.load_models(settings.models, settings.device, settings.cache_dir, settings.keeping)
    roomy = translation.roomy_device(settings.device)
    translator = translation.Translator(roomy, settings.translate, settings.translator)
    segmenter: Model | None = None
    if settings.segmenter:
        segmenter = Interpreted(segmenting.Segmenter(settings.segmenter, roomy), translator, ENGLISH_ONLY)
    helpers = Helpers(
        translator, settings.batch_size, segmenter, classifier, refuses=looks is not None and looks.action == "block"
    )
    return Models({spec.name: wrapped(models[spec.name], spec, helpers) for spec in settings.models}, models.swap_s)


def main(connection: Connection, epoch: int, settings: WorkerSettings, load: Load) -> None:
    """Be the worker process numbered `epoch` until the parent asks it to end, or ends itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the parent's to handle
    # Before torch is imported: threads that spin while they wait were up to fifty times slower on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    _log_to_stderr()
    mailbox = Mailbox(connection)
    mailbox.open()
    send = _in_turn(connection.send)
    try:
        settings = _as_tuned(settings)
        models = _undisturbed(load, settings)
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear why there is no worker
        send(_load_failure(epoch, error))
        return
    swap_s = models.swap_s if isinstance(models, Models) else 0.0
    send(Ready(epoch, tuple(models), settings.batch_size, swap_s))
    _serve(mailbox, models, epoch, send)


def _undisturbed(load: Load, settings: WorkerSettings) -> Mapping[str, Model]:
    """Load without collecting garbage: libraries are a million objects that stay, and a sixth of the time goes by."""
    gc.disable()
    try:
        return load(settings)
    finally:
        gc.freeze()
        gc.enable()


def _as_tuned(settings: WorkerSettings) -> WorkerSettings:
    """Take what was measured on this device, unless that is another one now or has other versions."""
    if settings.tuned is None:
        return settings
    from engine.kandinsky.bench import machine
    from engine.kandinsky.placing.device import choose

    if why := settings.tuned.unfit(machine.identity(choose(settings.device)), machine.versions()):
        log.warning("tuning_ignored", reason=why)
        return settings
    chosen = settings.as_tuned()
    log.info("tuned", batch_size=chosen.batch_size, memory=chosen.keeping.memory, compile=chosen.keeping.compile)
    return chosen


def _serve(mailbox: Mailbox, models: Mapping[str, Model], epoch: int, send: Callable[[WorkerEvent], None]) -> None:
    with ThreadPoolExecutor(ENCODERS, "encode") as encoders:
        renderer = Renderer(models, epoch, send, encoders)
        try:
            while True:
                renderer.begin(mailbox.next(wait=not renderer.is_busy))
                if renderer.is_busy:
                    renderer.advance()
        except WorkerLost:
            log.exception("device_fault")
    os._exit(DEVICE_FAULT)  # at once: after such an error even a clean exit can hang in the driver


def _load_failure(epoch: int, error: Exception) -> Lost:
    if isinstance(error, EngineError):
        return Lost(epoch, error.code, error.facts)
    log.error("load_failed", exc_info=error)
    return Lost(epoch, "load_failed", {"kind": type(error).__name__})


def _in_turn(send: Callable[[WorkerEvent], None]) -> Callable[[WorkerEvent], None]:
    """Let several threads send, one after another; the process ends with the bot that it sends to."""
    lock = threading.Lock()

    def send_alone(event: WorkerEvent) -> None:
        with lock:
            try:
                send(event)
            except ConnectionError:  # the mailbox would see it a moment later, and a failed render say it of a job
                os._exit(0)

    return send_alone


def _log_to_stderr() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
