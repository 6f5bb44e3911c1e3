"""What can go wrong in the engine, sorted by whose fault it is.

No class here holds a sentence for people: a `code` names the case and `facts` fill in the words, which stand in one
place (`bot.words.replies`), in the reader's language.
"""

from __future__ import annotations


class EngineError(Exception):
    """Be the base of every failure that the engine reports on purpose."""

    code = "engine_error"

    def __init__(self, code: str | None = None, **facts: object) -> None:
        self.code = code or self.code
        self.facts = facts
        super().__init__(self.code, facts)

    def __str__(self) -> str:
        """Describe the failure for a log line."""
        return f"{self.code} {self.facts}" if self.facts else self.code


class RequestError(EngineError):
    """Say that the person asked for something that cannot be made; `facts` name the value and what is allowed."""


class QueueFull(RequestError):
    """Say that a cap on waiting jobs is reached."""

    code = "queue_full"


class OutOfMemory(EngineError):
    """Say that the device has too little memory for this request."""

    code = "out_of_memory"


class StoreFailed(EngineError):
    """Say that the disk or the database refused a write: nothing is lost, but the operator must mend it."""

    code = "store_failed"


class PictureDamaged(EngineError):
    """Say that a picture's file is gone, or not what was written."""

    code = "picture_damaged"


class WorkerLost(EngineError):
    """Say that the worker process ended or hung while it held a job."""

    code = "worker_lost"


class ModelMissing(EngineError):
    """Say that a model's files are not there or not usable: the operator can mend it."""

    code = "model_missing"


class Cancelled(EngineError):
    """Unwind a render whose job was cancelled."""

    code = "cancelled"
