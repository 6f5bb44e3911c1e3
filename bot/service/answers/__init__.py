"""Answer the commands that make no job."""

from __future__ import annotations

from bot.commands.table import Invocation
from bot.rules.policy import ALWAYS_ALLOWED, check_access
from bot.rules.visit import Visit
from bot.service.answers import lookups, moderation, pictures, privacy, settings
from bot.service.answers.desk import Answerer, Desk
from bot.surface import Answer

__all__ = ["BY_COMMAND", "Answers", "Desk"]

# One answerer for each command that makes no job, by the command's name.
BY_COMMAND: dict[str, Answerer] = {
    **lookups.BY_COMMAND, **pictures.BY_COMMAND, **settings.BY_COMMAND, **moderation.BY_COMMAND, **privacy.BY_COMMAND,
}  # fmt: skip


class Answers:
    """Answer for the service."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def answer(self, visit: Visit, invocation: Invocation) -> Answer:
        """Answer a command; raise `RequestError` where it asks for the impossible, or may not be used here."""
        name = invocation.command.name
        if name not in ALWAYS_ALLOWED:
            check_access(name, visit.origin, visit.settings.bounds)
        return await BY_COMMAND[name](self._desk, visit, invocation)
