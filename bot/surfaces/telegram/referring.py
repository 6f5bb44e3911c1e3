"""Know what a message is about that answers one of the bot's own: the job's number goes into the command."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telegram import Message

from bot.commands.parsing import parse_text
from bot.commands.table import AGAIN, CANCEL, DELETE, INPAINT, OF, REPORT, SHOW
from bot.surfaces.telegram.address import SURFACE
from bot.surfaces.telegram.asking import words_of
from bot.surfaces.telegram.keyboards import shown_in
from bot.surfaces.telegram.pictures import is_same_shape, sent_in
from engine.errors import RequestError

# The words behind a report are its reason, unless they begin with the number of a job.
_NUMBER = re.compile(r"#?[0-9a-z]{10}(\.\d+)?", re.IGNORECASE)


def referring(line: str, messages: Sequence[Message]) -> str:
    """Name in the command of `line` the job whose message it answers; a picture of it is better than its photo."""
    shown = shown_in(messages[0].reply_to_message)
    if not shown:
        return line
    invocation = parse_text(line, SURFACE)
    command, options = invocation.command, invocation.options
    if command is AGAIN and "of" not in options:
        return f"{line} --of {shown.job_id}"
    if command in (SHOW, DELETE, REPORT, CANCEL):
        is_named = "job" in options and not (command is REPORT and not _NUMBER.fullmatch(str(options["job"])))
        return line if is_named else _with_job(line, shown.named or shown.job_id)
    own = sum(bool(sent_in(message)) for message in messages)
    takes = OF in command.options and "of" not in options and own < len(command.pictures())
    return f"{line} --of {shown.named}" if takes and shown.named else line


def painted_over(messages: Sequence[Message]) -> tuple[Message, str] | None:
    """Take a picture that answers the bot's own and has its shape for a repaint of it; raise where it shows several."""
    answered = messages[0].reply_to_message
    shown, painted = shown_in(answered), sent_in(messages[0])
    if not shown or not is_same_shape(painted, sent_in(answered)):
        return None
    if shown.is_sheet:
        raise RequestError("paint_on_one")
    words = next((words_of(message) for message in messages if words_of(message)), "")
    return (messages[0], f"/{INPAINT.name} --of {shown.named} {words}".rstrip()) if shown.named else None


def _with_job(line: str, named: str) -> str:
    head, *rest = line.split(maxsplit=1)
    return " ".join([head, named, *rest])
