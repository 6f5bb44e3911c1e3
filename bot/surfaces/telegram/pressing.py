"""Obey a pressed button: it is a command with its job filled in, and each press is answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import structlog
from telegram import CallbackQuery, Message
from telegram.constants import CallbackQueryLimit
from telegram.error import TelegramError

from bot.commands.buttons import MASK_VERBS, VERBS, Button
from bot.rules.visit import Visit
from bot.service.service import Service
from bot.surface import Answer
from bot.surfaces.telegram.obeying import Obeying, Wish
from bot.words import replies
from engine.errors import RequestError

log = structlog.get_logger()

ALERT_LENGTH = int(CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH)
# Their answers say that something was done, which nobody wants to keep in the chat.
PASSING = ("cancel", "delete", "report")
# These end the question whether a mask is right.
DECIDING = ("go", "stop")


class Pressing:
    """Obey presses."""

    def __init__(self, service: Service, obeying: Obeying) -> None:
        self._service = service
        self._obeying = obeying

    async def obey(self, query: CallbackQuery, message: Message, visit: Visit) -> None:
        """Obey the button of `query` below `message`; raise `RequestError` for what cannot be done."""
        button = Button.read(query.data or "")
        if button.verb in MASK_VERBS:
            await self._decide(button, query, message, visit)
            return
        wish = await self._wish(button, query, visit)
        answer = await self._obeying.obey(wish)
        if answer and _is_short(answer) and (button.verb in PASSING or not visit.origin.is_private):
            await tell(query, answer.text, partial(self._obeying.post, answer, wish))
            return
        await acknowledge(query)
        if answer:
            await self._obeying.post(answer, wish, button.named)

    async def _wish(self, button: Button, query: CallbackQuery, visit: Visit) -> Wish:
        """Find out what the button asks for, and what that holds to begin with."""
        verb = VERBS[button.verb]
        now: Mapping[str, str] = {}
        if verb.asks:
            _, now = await self._service.form(visit, button)
        shown = replies.quote(now["prompt"]) if button.verb == "edit" and now.get("prompt") else ""
        return Wish(button.invocation(), visit, asks=verb.asks, now=shown, person=query.from_user)

    async def _decide(self, button: Button, query: CallbackQuery, message: Message, visit: Visit) -> None:
        """Obey the person's word on a mask; the question loses its buttons once it is answered."""
        try:
            job = await self._service.decide(visit, button)
        except RequestError as error:
            if error.code == "mask_decided":
                await _close(message)
            raise
        # What answers the job is not where the button was pressed, but where it was asked for.
        self._service.follow_anew(job)
        await acknowledge(query)
        if button.verb in DECIDING:
            await _close(message)


def _is_short(answer: Answer) -> bool:
    is_text = answer.private and not (answer.pictures or answer.files or answer.buttons)
    return is_text and len(answer.text) <= ALERT_LENGTH


async def tell(query: CallbackQuery, text: str, post: Callable[[], Awaitable[None]]) -> None:
    """Show `text` over the chat to the person who pressed; where it is too long or too late for that, post it."""
    if len(text) > ALERT_LENGTH:
        await acknowledge(query)
        await post()
        return
    try:
        await query.answer(text, show_alert=True)
    except TelegramError as error:
        log.warning("telegram_press_unanswered", error=type(error).__name__, reason=error.message)
        await post()


async def acknowledge(query: CallbackQuery) -> None:
    """End the waiting that the person's app shows; that it waited too long changes nothing."""
    try:
        await query.answer()
    except TelegramError as error:
        log.warning("telegram_press_unanswered", error=type(error).__name__, reason=error.message)


async def _close(message: Message) -> None:
    try:
        await message.edit_reply_markup(None)
    except TelegramError as error:  # pressing it again says that it was answered
        log.warning("telegram_buttons_kept", error=type(error).__name__, reason=error.message)
