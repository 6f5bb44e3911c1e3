"""Obey a command that somebody typed or pressed: ask for what it lacks, submit it, or post its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from telegram import Bot, User
from telegram.constants import ChatAction
from telegram.error import BadRequest, Forbidden

from bot.commands.table import BATCH, PRIVACY, Invocation
from bot.service.intake import TEXT_OPTION
from bot.service.service import Service
from bot.surface import Answer, Origin
from bot.surfaces.telegram.address import Address
from bot.surfaces.telegram.answering import respond
from bot.surfaces.telegram.asking import ask, question_for
from bot.surfaces.telegram.pictures import Sent, fetch
from bot.surfaces.telegram.sending import shut_out_is_undeliverable
from engine.errors import RequestError


@dataclass(frozen=True, slots=True)
class Wish:
    """Hold a command as it stands in a line, who gave it where, and the pictures on Telegram's side.

    `asks` are options that its button asks for, `now` what they hold; `person` is whom a question names.
    """

    line: str
    invocation: Invocation
    origin: Origin
    pictures: Sequence[Sent] = ()
    asks: Sequence[str] = ()
    now: str = ""
    person: User | None = None

    @property
    def address(self) -> Address:
        """Tell where it is answered."""
        return Address.of_values(self.origin.address)


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
        invocation = await self._with_pictures(wish)
        if not invocation.command.makes_job:
            return await self._service.answer(invocation, wish.origin)
        try:
            await self.submit(invocation, wish.origin)
        except RequestError as error:
            if error.code != "mask_missing" or len(wish.pictures) != 1:
                raise
            await self._ask(wish, "ask-paint")
        return None

    async def submit(self, invocation: Invocation, origin: Origin) -> None:
        """Commit a job; its follower acknowledges it at once, so that a job has one writer of messages."""
        if (await self._service.settings(origin)).private:
            origin = replace(origin, address=asdict(await self._own_chat(origin)))
        self._service.follow(await self._service.submit(invocation, origin))

    async def post(self, answer: Answer, wish: Wish, name: str = "picture") -> None:
        """Post an answer; what is for the person alone goes to their own chat, where the group would see it."""
        address, settings = wish.address, await self._service.settings(wish.origin)
        is_own = bool(answer.pictures) or wish.invocation.command is PRIVACY or settings.private
        if answer.private and is_own:
            address = await self._own_chat(wish.origin)
        with shut_out_is_undeliverable():
            await respond(self._bot, address, answer, name, spoiler=settings.spoiler)

    async def _own_chat(self, origin: Origin) -> Address:
        """Find the person's own chat; raise `RequestError` where they never pressed Start there."""
        address, person = Address.of_values(origin.address), int(origin.owner.rpartition(":")[2])
        if address.is_private or person < 0:  # a chat has no chat of its own with the bot
            return address
        try:
            await self._bot.send_chat_action(person, ChatAction.TYPING)
        except (Forbidden, BadRequest):
            raise RequestError("start_first", bot=self._bot.username) from None
        return Address(person)

    async def _ask(self, wish: Wish, question: str) -> None:
        await ask(self._bot, wish.address, question, wish.line, wish.pictures, person=wish.person, now=wish.now)

    async def _with_pictures(self, wish: Wish) -> Invocation:
        """Download what came along: pictures, or the list of a batch."""
        command = wish.invocation.command
        if not (command.makes_job or command.pictures()):
            return wish.invocation
        sent = await fetch(self._bot, wish.pictures)
        if command is BATCH and sent:
            return replace(wish.invocation, options={**wish.invocation.options, TEXT_OPTION: sent[0]})
        return replace(wish.invocation, pictures=sent)
