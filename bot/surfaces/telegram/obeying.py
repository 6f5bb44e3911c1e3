"""Obey a command that somebody typed or pressed: ask for what it lacks, submit it, or post its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from telegram import Bot, InlineKeyboardMarkup, InputMediaAnimation, InputMediaDocument, InputMediaPhoto, User
from telegram.constants import ChatAction, MediaGroupLimit
from telegram.error import BadRequest, Forbidden

from bot.commands.parsing import write_text
from bot.commands.table import BATCH, PRIVACY, Invocation, Upload
from bot.rules.visit import Visit
from bot.service.intake import TEXT_OPTION
from bot.service.service import Service
from bot.surface import Answer, Origin
from bot.surfaces.telegram.address import Address
from bot.surfaces.telegram.asking import ask, question_for
from bot.surfaces.telegram.keyboards import keyboard
from bot.surfaces.telegram.media import Media, shown
from bot.surfaces.telegram.pictures import Sent, fetch
from bot.surfaces.telegram.sending import CAPTION_LENGTH, TEXT_LENGTH, insist, send, shorten, shut_out_is_undeliverable
from engine.errors import RequestError


@dataclass(frozen=True, slots=True)
class Wish:
    """Hold a command, the visit in which it is given, and the pictures on Telegram's side.

    `asks` are options that its button asks for, `now` what they hold; `person` is whom a question names.
    """

    invocation: Invocation
    visit: Visit
    pictures: Sequence[Sent] = ()
    asks: Sequence[str] = ()
    now: str = ""
    person: User | None = None

    @property
    def address(self) -> Address:
        """Tell where it is answered."""
        return Address.of_values(self.visit.origin.address)


class Obeying:
    """Bring commands to the service, and what it says back to the chat."""

    def __init__(self, bot: Bot, service: Service) -> None:
        self._bot = bot
        self._service = service

    async def obey(self, wish: Wish) -> Answer | None:
        """Ask, or obey; return the answer of a command that makes no job, which is still to be posted."""
        question = question_for(wish.invocation, wish.pictures, wish.asks)
        if question and len(wish.pictures) < 2:  # a question holds one picture
            await self._ask(wish, question)
            return None
        try:
            return await self._do(await self._with_pictures(wish), wish)
        except RequestError as error:
            if error.code != "mask_missing" or len(wish.pictures) != 1:
                raise
            await self._ask(wish, "ask-paint")
        return None

    async def post(self, answer: Answer, wish: Wish, name: str = "picture") -> None:
        """Post an answer; what is for the person alone goes to their own chat, where the group would see it."""
        address, settings = wish.address, wish.visit.settings
        is_own = bool(answer.pictures) or wish.invocation.command is PRIVACY or settings.private
        if answer.private and is_own:
            address = await self._own_chat(wish.visit.origin)
        with shut_out_is_undeliverable():
            await respond(self._bot, address, answer, name, spoiler=settings.spoiler)

    async def _do(self, invocation: Invocation, wish: Wish) -> Answer | None:
        """Bring a command to the service; a job's follower acknowledges it: a job has one writer of messages."""
        visit = wish.visit
        if invocation.command.makes_job and visit.settings.private:
            visit = visit.answered_at(asdict(await self._own_chat(visit.origin)))
        done = await self._service.obey(visit, invocation)
        if isinstance(done, Answer):
            return done
        self._service.follow(done)
        return None

    async def _own_chat(self, origin: Origin) -> Address:
        """Find the person's own chat; raise `RequestError` where they never pressed Start there."""
        address, person = Address.of_values(origin.address), int(origin.owner.rpartition(":")[2])
        if address.is_private or person < 0:  # a chat has no chat of its own with the bot
            return address
        try:
            await insist(partial(self._bot.send_chat_action, person, ChatAction.TYPING))
        except (Forbidden, BadRequest):
            raise RequestError("start_first", bot=self._bot.username) from None
        return Address(person)

    async def _ask(self, wish: Wish, question: str) -> None:
        line = write_text(wish.invocation)
        await ask(self._bot, wish.address, question, line, wish.pictures, person=wish.person, now=wish.now)

    async def _with_pictures(self, wish: Wish) -> Invocation:
        """Download what came along: pictures, or the list of a batch."""
        command = wish.invocation.command
        if not (command.makes_job or command.pictures):
            return wish.invocation
        if wish.pictures:
            await self._service.expect(wish.visit, wish.invocation, len(wish.pictures))
        sent = await fetch(self._bot, wish.pictures)
        if command is BATCH and sent:
            return wish.invocation.having(**{TEXT_OPTION: sent[0]})
        return replace(wish.invocation, pictures=sent)


Post = Callable[..., Awaitable[object]]


async def respond(bot: Bot, address: Address, answer: Answer, name: str = "picture", *, spoiler: bool = False) -> None:
    """Post `answer` in plain text, its pictures shown and its files as they are; buttons are below the first message.

    Files come in albums, which take no buttons: these are then below a text of their own.
    """
    markup = keyboard(answer.buttons)
    if answer.pictures:
        files = await asyncio.to_thread(shown, answer.pictures, answer.text, name, spoiler=spoiler)
        for number, file in enumerate(files):
            await send(address, post_of(bot, file, markup if number == 0 else None))
    if answer.files:
        await _send_files(bot, address, answer.files, "" if answer.pictures or markup else answer.text)
    if not answer.pictures and (markup or not answer.files):
        text = shorten(answer.text, TEXT_LENGTH)
        await send(address, partial(bot.send_message, text=text, reply_markup=markup))


def post_of(bot: Bot, file: Media, markup: InlineKeyboardMarkup | None = None) -> Post:
    """Choose what posts one photo, animation or file."""
    words: dict[str, Any] = {"caption": file.caption, "reply_markup": markup}
    match file:
        case InputMediaAnimation():
            size: dict[str, Any] = {"width": file.width, "height": file.height}
            return partial(bot.send_animation, animation=file.media, has_spoiler=file.has_spoiler, **size, **words)
        case InputMediaPhoto():
            return partial(bot.send_photo, photo=file.media, has_spoiler=file.has_spoiler, **words)
        case _:
            keep = file.disable_content_type_detection
            return partial(bot.send_document, document=file.media, disable_content_type_detection=keep, **words)


async def _send_files(bot: Bot, address: Address, files: Sequence[Upload], text: str) -> None:
    caption = shorten(text, CAPTION_LENGTH) or None
    wrapped = [InputMediaDocument(it.data, filename=it.name, disable_content_type_detection=True) for it in files]
    most = int(MediaGroupLimit.MAX_MEDIA_LENGTH)
    for several in (wrapped[begin : begin + most] for begin in range(0, len(wrapped), most)):
        if len(several) > 1:
            await send(address, partial(bot.send_media_group, media=several, caption=caption))
        else:
            single = partial(bot.send_document, document=several[0].media, disable_content_type_detection=True)
            await send(address, partial(single, caption=caption))
        caption = None
