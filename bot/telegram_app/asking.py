"""Ask for what a command lacks. The question holds the command, so that nothing else must be remembered."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from telegram import ForceReply, Message, MessageEntity

from bot.commands import Invocation
from bot.localisation import in_each_language, say
from bot.telegram_app.pictures import Sent
from bot.telegram_app.texts import CAPTION_LENGTH, TEXT_LENGTH, shorten

QUESTIONS = ("ask-prompt", "ask-picture", "ask-parts")


def question_for(invocation: Invocation, has_pictures: bool) -> str | None:
    """Name the question to ask before the command can be obeyed, or nothing where it lacks nothing."""
    command = invocation.command
    if not has_pictures and any(option.required for option in command.pictures()):
        return "ask-picture"
    [main] = [option for option in command.options if option.name == command.main]
    if main.name in invocation.options:
        return None
    if main.required:
        return "ask-prompt"
    return None if has_pictures else "ask-parts"


async def ask(message: Message, question: str, line: str, pictures: Sequence[Sent]) -> None:
    """Ask about the command in `line`, with the picture where there is one, which the answer then refers to."""
    text = f"{say(question)}\n{line}"
    markup = ForceReply(selective=True, input_field_placeholder=say("prompt-placeholder"))
    if not pictures:
        await message.reply_text(shorten(text, TEXT_LENGTH), reply_markup=markup)
        return
    [picture] = pictures
    post = message.reply_photo if picture.is_photo else message.reply_document
    await post(picture.file_id, caption=shorten(text, CAPTION_LENGTH), reply_markup=markup)


def asked_line(message: Message | None) -> str | None:
    """Return the command that `message` asks about, if it is a question of this bot."""
    if not message or not message.from_user or message.from_user.id != message.get_bot().id:
        return None
    question, _, line = words_of(message).partition("\n")
    return line if question in _questions() and line.startswith("/") else None


@cache
def _questions() -> frozenset[str]:
    """List every question in every language, to recognise one that was asked before a restart."""
    return frozenset(words for question in QUESTIONS for words in in_each_language(question).values())


def line_of(messages: Sequence[Message]) -> tuple[Message, str] | None:
    """Find the command that a message or an album gives, or completes by answering a question, and where it stands."""
    for message in messages:
        if is_command(message):
            return message, words_of(message)
    speaking = next((message for message in messages if words_of(message)), messages[0])
    if line := asked_line(messages[0].reply_to_message):
        head, *flags = line.split(maxsplit=1)
        return speaking, " ".join([head, words_of(speaking), *flags])
    return None


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
