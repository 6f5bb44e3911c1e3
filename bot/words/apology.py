"""The one ladder from errors to sentences."""

from __future__ import annotations

import structlog

from bot.commands.characters import clean
from bot.words import replies
from engine.errors import EngineError

log = structlog.get_logger()


def apology(problem: BaseException, surface: str) -> str:
    """Say what went wrong, whatever it was; what nobody foresaw goes to the log with its traceback, and only there."""
    if isinstance(problem, EngineError):
        return clean(replies.error(problem))  # it may quote what was written
    log.error("command_failed", surface=surface, exc_info=problem)
    return replies.error(EngineError())
