"""What is done with a picture that the worker flagged: it is covered, or not shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bot.manner import Manner
from engine.errors import EngineError
from engine.jobs import Job
from engine.settings import Action


class NotShown(EngineError):
    """Say that a flagged picture may not be shown."""

    code = "picture_flagged"


# Notes of the worker on a picture that it drew, and on one that it was given.
FLAGS = ("flagged", "flagged_input")


def is_flagged(job: Job) -> bool:
    """Tell whether the worker found something in a job's pictures that not everybody wants to see."""
    return any(job.notes.get(flag) for flag in FLAGS)


def check(job: Job, action: Action) -> None:
    """Raise `NotShown` for a flagged job that may not be shown where it was asked for."""
    if is_flagged(job) and (action == "block" or (action == "restrict" and not Manner.of(job).adult)):
        raise NotShown


def cover(job: Job, action: Action) -> Mapping[str, object]:
    """Return what covers a flagged job that is shown: everywhere but where adults allow it. Nothing for any other."""
    manner = Manner.of(job)
    covers = action == "blur" and is_flagged(job) and not (manner.adult or manner.spoiler)
    return {"spoiler": True} if covers else {}
