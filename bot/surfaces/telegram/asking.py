"""Find the command in what people write, and ask for what it lacks.

A question holds the command as a line, so that nothing else must be remembered.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from functools import cache, partial
from typing import Any

from telegram import Bot, ForceReply, Message, MessageEntity, User

from bot.commands.parsing import parse_text, read_words
from bot.commands.requesting import parse_ratio
from bot.commands.table import AGAIN, BATCH, CANCEL, DELETE, INPAINT, MIX, MORPH, OF, OUTPAINT, REPORT, SHOW, Invocation
from bot.surfaces.telegram.address import SURFACE, Address
from bot.surfaces.telegram.keyboards import shown_in
from bot.surfaces.telegram.pictures import Sent, is_same_shape, sent_in
from bot.surfaces.telegram.sending import CAPTION_LENGTH, TEXT_LENGTH, send, shorten, units
from bot.words.localisation import in_each_language, say
from engine.errors import RequestError

QUESTIONS = (
    "ask-prompt",
    "ask-picture",
    "ask-parts",
    "ask-more-parts",
    "ask-prompts",
    "ask-paint",
    "ask-sides",
    "ask-number",
)
# Commands about an earlier job.
ABOUT_JOBS = (AGAIN, SHOW, DELETE, REPORT)
PLACEHOLDER_LENGTH = 64
# The words behind a report are its reason, unless they begin with the number of a job.
_NUMBER = re.compile(r"#?[0-9a-z]{10}(\.\d+)?", re.IGNORECASE)


def question_for(invocation: Invocation, pictures: Sequence[Sent], asks: Sequence[str] = ()) -> str | None:
    """Name the question to ask before the command can be obeyed, or nothing where it lacks nothing.

    `asks` are options that a button asks for although the command could do without them.
    """
    command, options = invocation.command, invocation.options
    if command in ABOUT_JOBS and not pictures and not {"of", "job"} & options.keys():
        return "ask-number"
    if not command.makes_job:
        return None
    if not pictures and "of" not in options and any(option.required for option in command.pictures):
        return "ask-picture"
    if command is INPAINT and _lacks_mask(invocation, pictures):
        return "ask-paint"
    return _question_for_words(invocation, bool(pictures), asks)


def _question_for_words(invocation: Invocation, has_pictures: bool, asks: Sequence[str]) -> str | None:
    command, options = invocation.command, invocation.options
    if command.main not in options:
        [main] = [option for option in command.options if option.name == command.main]
        if main.required or (main.name == "prompt" and main.name in asks):
            return "ask-prompt"
        if command in (MIX, MORPH) and not has_pictures:
            return "ask-more-parts" if "of" in options else "ask-parts"
        if command is BATCH and not has_pictures:
            return "ask-prompts"
    return "ask-sides" if command is OUTPAINT and not {"extend", "ratio"} & options.keys() else None


def _lacks_mask(invocation: Invocation, pictures: Sequence[Sent]) -> bool:
    """Tell whether nothing can say what to repaint: a file may be transparent there, a photo cannot."""
    if "where" in invocation.options:
        return False
    return not pictures if "of" in invocation.options else len(pictures) == 1 and pictures[0].is_photo


async def ask(
    bot: Bot, address: Address, question: str, line: str, pictures: Sequence[Sent] = (), *,
    person: User | None = None, now: str = "",
) -> None:  # fmt: skip
    """Ask about the command in `line`, with the picture where there is one, which the answer then refers to.

    `person` is named where the question answers no message of theirs; `now` is what holds before the answer. Raises
    `RequestError` for a command that has no room in the question.
    """
    # Telegram opens the answer for those who are named, and for the writer of the message that the question answers.
    name = person.full_name if person and not address.is_private else ""
    text = "\n".join(part for part in (name, now, say(question), line) if part)
    named = [MessageEntity(MessageEntity.TEXT_MENTION, 0, units(name), user=person)] if name else None
    if units(text) > (CAPTION_LENGTH if pictures else TEXT_LENGTH):
        raise RequestError("too_long_to_ask")
    hint = shorten(now, PLACEHOLDER_LENGTH) or say("prompt-placeholder")
    markup = ForceReply(selective=True, input_field_placeholder=hint)
    await send(address, _post_of(bot, text, pictures, named, markup))


def _post_of(
    bot: Bot, text: str, pictures: Sequence[Sent], named: list[MessageEntity] | None, markup: ForceReply
) -> Callable[..., Awaitable[Message]]:
    if not pictures:
        return partial(bot.send_message, text=text, entities=named, reply_markup=markup)
    [picture] = pictures
    words: dict[str, Any] = {
        "caption": text,
        "caption_entities": named,
        "reply_markup": markup,
    }
    if picture.is_photo:
        return partial(bot.send_photo, photo=picture.file_id, **words)
    return partial(bot.send_document, document=picture.file_id, **words)


def asked(message: Message | None) -> tuple[str, str] | None:
    """Return the question that `message` is, and the command that it asks about, if it is one of this bot."""
    if not message or not message.from_user or message.from_user.id != message.get_bot().id:
        return None
    for words, question in _questions().items():
        before, found, line = words_of(message).partition(f"{words}\n/")
        if found and (not before or before.endswith("\n")):
            return question, f"/{line}"
    return None


@cache
def _questions() -> dict[str, str]:
    """Map every question in every language to its name, to recognise one that was asked before a restart."""
    return {words: question for question in QUESTIONS for words in in_each_language(question).values()}


def command_of(messages: Sequence[Message]) -> tuple[Message, Invocation] | None:
    """Find the command that a message or an album gives, or completes by answering a question, and where it stands.

    Raises `RequestError` for one that cannot be read.
    """
    for message in messages:
        if is_command(message):
            return message, parse_text(words_of(message), SURFACE)
    speaking = next((message for message in messages if words_of(message)), messages[0])
    if found := asked(messages[0].reply_to_message):
        question, line = found
        answered = parse_text(line, SURFACE)
        return speaking, completed(question, answered, words_of(speaking), has_picture=not speaking.text)
    return None


def completed(question: str, asked: Invocation, words: str, *, has_picture: bool) -> Invocation:
    """Put the answer to a question into the command that it asked about; flags may stand in the answer too."""
    if not words:
        return asked
    option = _option_for(question, asked, words, has_picture)
    answer = read_words(asked.command, _list(words) if option == "extend" else words, SURFACE, option)
    return asked.having(**{**answer.options, **asked.options})


def _option_for(question: str, asked: Invocation, words: str, has_picture: bool) -> str | None:
    """Name the option that an answer fills; nothing stands for the command's own bare words."""
    if question == "ask-paint" and not has_picture:
        return "where"
    if question == "ask-sides":
        return "ratio" if parse_ratio(words) else "extend"
    return "of" if question == "ask-number" and asked.command is AGAIN else None


def _list(words: str) -> str:
    return ",".join(words.replace(",", " ").split())


def is_command(message: Message) -> bool:
    """Tell whether the text or caption begins with a command that is meant for this bot."""
    first = next(iter(message.entities or message.caption_entities), None)
    if not first or first.type != MessageEntity.BOT_COMMAND or first.offset:
        return False
    addressee = words_of(message)[: first.length].partition("@")[2]
    return addressee.lower() in {"", message.get_bot().username.lower()}


def words_of(message: Message) -> str:
    """Return the text of a message, or the caption of its picture."""
    return message.text or message.caption or ""


def referring(invocation: Invocation, messages: Sequence[Message]) -> Invocation:
    """Name in a command the job whose message it answers; a picture of it is better than its photo."""
    shown = shown_in(messages[0].reply_to_message)
    if not shown:
        return invocation
    command, options = invocation.command, invocation.options
    if command is AGAIN and "of" not in options:
        return invocation.having(of=shown.job_id)
    if command in (SHOW, DELETE, REPORT, CANCEL):
        return _with_job(invocation, shown.named or shown.job_id)
    own = sum(bool(sent_in(message)) for message in messages)
    takes = OF in command.options and "of" not in options and own < len(command.pictures)
    return invocation.having(of=shown.named) if takes and shown.named else invocation


def _with_job(invocation: Invocation, named: str) -> Invocation:
    """Name a job, unless one is named; the first word of a report's reason is none."""
    options = invocation.options
    if invocation.command is REPORT and "job" in options and not _NUMBER.fullmatch(str(options["job"])):
        reason = f"{options['job']} {options.get('reason', '')}".strip()
        return invocation.having(job=named, reason=reason)
    return invocation if "job" in options else invocation.having(job=named)


def painted_over(messages: Sequence[Message]) -> tuple[Message, Invocation] | None:
    """Take a picture that answers the bot's own and has its shape for a repaint of it; raise where it shows several."""
    answered = messages[0].reply_to_message
    shown, painted = shown_in(answered), sent_in(messages[0])
    if not shown or not is_same_shape(painted, sent_in(answered)):
        return None
    if shown.is_sheet:
        raise RequestError("paint_on_one")
    words = next((words_of(message) for message in messages if words_of(message)), "")
    return (messages[0], read_words(INPAINT, words, SURFACE).having(of=shown.named)) if shown.named else None
