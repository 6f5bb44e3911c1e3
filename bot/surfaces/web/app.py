"""The page as one of the bot's surfaces: what is typed becomes a command, what the engine says goes to its owner."""

from __future__ import annotations

import asyncio
import base64
import hmac
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gradio as gr
import structlog

from bot.commands.buttons import MASK_VERBS, VERBS, Button, Rows, on_mask, on_result, on_waiting
from bot.commands.characters import clean
from bot.commands.parsing import parse_text, read_words
from bot.commands.table import CANCEL, DELETE, IMAGINE, IMG2IMG, SHOW, Invocation
from bot.config import Web
from bot.manner import Manner
from bot.rules.visit import Visit
from bot.service.intake import TEXT_OPTION
from bot.service.service import Service
from bot.surface import Answer, Load, Origin
from bot.surfaces.web import form, page
from bot.surfaces.web.buttons import labelled, line_for, words_of
from bot.surfaces.web.calls import Calls
from bot.surfaces.web.chats import Chats, Message
from bot.surfaces.web.crowd import Crowd
from bot.surfaces.web.files import PageFiles
from bot.surfaces.web.form import Order
from bot.surfaces.web.gate import Gate
from bot.surfaces.web.headers import COOKIE
from bot.surfaces.web.server import serve
from bot.surfaces.web.throttle import address_of
from bot.surfaces.web.uploads import mask, path_of, upload
from bot.surfaces.web.words import locale_of
from bot.words.file_names import NAME
from bot.words.localisation import say, speaking
from engine.catalog import Catalog
from engine.events import Picture
from engine.jobs import Job
from engine.request import MAX_PROMPT

log = structlog.get_logger()

# Short, since a browser keeps few connections to one host for all its tabs, and a waiting page holds one.
WAIT_S = 1.0


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold what a person asks: the words and files to show, and how to read the command, which takes a moment."""

    words: str
    files: tuple[Path, ...]
    read: Callable[[Visit], Awaitable[Invocation]]


class WebApp:
    """Serve the page; `secret` must outlive restarts, so that a browser's cookie keeps standing for its owner.

    `announce` is told the page's address once it answers.
    """

    name = "web"
    progress_interval_s = 0.2
    confirms_masks = True

    def __init__(
        self,
        settings: Web,
        service: Service,
        catalog: Catalog,
        listener: socket.socket,
        secret: str,
        announce: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._settings, self._service, self._catalog = settings, service, catalog
        self._secret = secret.encode()
        self._chats, self._crowd = Chats(), Crowd(settings.max_waiting_per_address)
        self._closing = ExitStack()
        self._listener = listener
        self._announce = announce
        self.listening = asyncio.Event()

    @property
    def address(self) -> str:
        """Return the address to open, as a person on this machine types it."""
        host = "localhost" if self._settings.host in ("127.0.0.1", "::1", "0.0.0.0") else self._settings.host  # noqa: S104
        return f"http://{host}:{self._settings.port}"

    async def run(self) -> None:
        """Serve until cancelled, then close the socket; `listening` is set once the page answers."""
        with self._closing, self._listener:
            await serve(self._gate, self._listener, self._on_listening, self._settings.proxies)

    def _on_listening(self) -> None:
        self.listening.set()
        self._announce(self.address)

    async def show(self, job: Job, text: str, preview: bytes | None) -> None:
        """Replace the answer that stands in the chat for `job`."""
        self._put(job, text, preview=preview, rows=on_waiting(job))

    async def ask(self, job: Job, overlay: bytes, text: str) -> None:
        """Show a held job's mask."""
        [path] = await asyncio.to_thread(self._write, {f"mask-{job.id}.jpeg": overlay})
        self._put(job, text, (path,), rows=on_mask(job))

    async def deliver(self, job: Job, load: Load, text: str) -> None:
        """Show the pictures, and wait until a page of their owner has them."""
        self._crowd.end(job.id)
        paths = await asyncio.to_thread(self._write, _named(await load()))
        await self._chats[job.owner].until_taken(self._put(job, text, paths, rows=on_result(job)))

    async def tell(self, job: Job, text: str) -> None:
        """Show how `job` ended, and wait until a page of its owner has it."""
        self._crowd.end(job.id)
        await self._chats[job.owner].until_taken(self._put(job, text))

    async def remove(self, job: Job) -> None:
        """Take the pictures of a job out of its owner's chat, and off the disk."""
        for path in self._chats[job.owner].clear(job.id, say("deleted", job=job.id)):
            path.unlink(missing_ok=True)

    async def say(self, line: dict[str, Any], request: gr.Request) -> None:
        """Obey what a person typed, and the pictures that came with it."""
        words = clean(str(line.get("text") or "")).strip()
        files = tuple(path for file in line.get("files") or () if (path := path_of(file)))
        if words or files:
            await self._attend(request, Asked(words, files, lambda _: asyncio.to_thread(_invocation, words, files)))

    async def draw(self, request: gr.Request, *values: object) -> None:
        """Ask for what the form says; `values` are those of `form.FIELDS`."""
        order = form.order([clean(value) if isinstance(value, str) else value for value in values])
        asked = Asked(order.line(), tuple(order.pictures.values()), partial(self._ordered, order))
        await self._attend(request, asked, on_form=True)

    async def press(self, key: str, request: gr.Request) -> object:
        """Obey a button below a result, or return what the page shows to ask for the rest."""
        origin, address = self._origin(request), _address(request)
        shown: object = page.unchanged()

        async def obey(visit: Visit) -> None:
            nonlocal shown
            button = Button.read(str(key))
            if VERBS[button.verb].asks:
                shown = await self._opened(visit, button)
            else:
                await self._pressed(visit, button, address)

        await self._service.attend(origin, obey, partial(self._apologise, origin))
        return shown

    async def watch(self, seen: int | None, request: gr.Request) -> object:
        """Show what is newer than the revision `seen`, which the page has; wait for it a moment."""
        chat = self._chats[self._owner(request)]
        shown = chat.shown(seen or 0)
        chat.take(shown)
        if not await chat.until_newer(shown, WAIT_S):
            return gr.skip()
        with speaking(locale_of(request)):
            return page.view(chat.messages, shown, chat.revision)

    async def _pressed(self, visit: Visit, button: Button, address: str) -> None:
        """Obey a button that asks nothing; what the message about its job says anyway is not said twice."""
        if button.verb in MASK_VERBS:
            self._service.follow_anew(await self._service.decide(visit, button), **visit.origin.address)
        elif VERBS[button.verb].command in (CANCEL, DELETE):
            await self._service.obey(visit, button.invocation())
        else:
            self._put_question(visit.origin, f"{words_of(button)} · {button.named}", ())
            await self._obey(visit, button.invocation(), address)

    async def _attend(self, request: gr.Request, asked: Asked, on_form: bool = False) -> None:
        """Put what a person asks and the answer to it into their chat."""
        origin, address = self._origin(request, on_form), _address(request)
        self._put_question(origin, asked.words, asked.files)

        async def obey(visit: Visit) -> None:
            await self._obey(visit, await asked.read(visit), address)

        await self._service.attend(origin, obey, partial(self._apologise, origin))

    async def _ordered(self, order: Order, visit: Visit) -> Invocation:
        """Read the files of the form; what was brushed takes its turn among the pictures that people send."""
        invocation = await asyncio.to_thread(order.invocation)
        if not order.layers:
            return invocation
        layers = [await self._service.look_at(visit, file.data) for file in await asyncio.to_thread(order.strokes)]
        return invocation.having(mask=await asyncio.to_thread(mask, layers))

    def _put_question(self, origin: Origin, words: str, files: tuple[Path, ...]) -> None:
        chat = self._chats[origin.owner]
        chat.put(Message(f"{origin.key} asked", "user", _cut(words), files))
        chat.put(Message(origin.key, "assistant", "…", on_form=_is_on_form(origin)))

    async def _apologise(self, origin: Origin, text: str) -> None:
        self._chats[origin.owner].put(Message(origin.key, "assistant", text, on_form=_is_on_form(origin)))

    async def _obey(self, visit: Visit, invocation: Invocation, address: str) -> None:
        """Put the answer into the chat; where a job was made, its follower does."""
        done = await self._done(visit, invocation, address)
        if isinstance(done, Answer):
            self._chats[visit.origin.owner].put(await self._message(invocation, done, visit.origin))
        else:
            self._service.follow(done)

    async def _done(self, visit: Visit, invocation: Invocation, address: str) -> Job | Answer:
        if not invocation.command.makes_job:
            return await self._service.obey(visit, invocation)
        with self._crowd.place(address) as place:
            done = await self._service.obey(visit, invocation)
            place.job_id = done.id if isinstance(done, Job) else None
        return done

    async def _message(self, invocation: Invocation, answer: Answer, origin: Origin) -> Message:
        pictures = await asyncio.to_thread(self._write, _named(answer.pictures))
        files = await asyncio.to_thread(self._write, {file.name: file.data for file in answer.files})
        job_id = str(invocation.options.get("job") or "").strip().lower().lstrip("#").partition(".")[0]
        about, buttons = job_id if pictures or files else "", labelled(answer.buttons)
        return Message(
            origin.key, "assistant", answer.text, pictures,
            on_form=_is_on_form(origin), files=files, buttons=buttons, job_id=about,
        )  # fmt: skip

    async def _opened(self, visit: Visit, button: Button) -> object:
        """Load the picture into the form's brush, or write the command as far as it is known into the line."""
        _, filled = await self._service.form(visit, button)
        if button.verb != "inpaint":
            return page.with_line(line_for(button, filled))
        answer = await self._service.obey(visit, Invocation(SHOW, {"job": f"{button.job_id}.{button.number or 1}"}))
        assert isinstance(answer, Answer)  # noqa: S101 - to show makes no job
        [path] = await asyncio.to_thread(self._write, _named(answer.pictures))
        return page.with_brush(path, filled.get("prompt", ""))

    def _put(
        self, job: Job, text: str, pictures: tuple[Path, ...] = (), preview: bytes | None = None, rows: Rows = ()
    ) -> int:
        on_form, buttons = bool(job.address.get("form")), labelled(rows)
        covered = Manner.of(job).spoiler
        message = Message(job.key, "assistant", text, pictures, on_form, preview, (), buttons, job.id, covered)
        return self._chats[job.owner].put(message)

    @cached_property
    def _files(self) -> PageFiles:
        return PageFiles(Path(self._closing.enter_context(TemporaryDirectory(prefix="kandinsky-bot-"))))

    def _origin(self, request: gr.Request, on_form: bool = False) -> Origin:
        """Say who asks: whoever sits at the browser, in a chat of their own."""
        owner, key = self._owner(request), secrets.token_urlsafe(12)
        return Origin(self.name, owner, owner, key, {"form": on_form}, locale_of(request), is_private=True)

    def _owner(self, request: gr.Request) -> str:
        """Name the owner behind a browser's cookie; what is logged and stored cannot be turned back into the cookie."""
        cookie = request.cookies.get(COOKIE)
        session = f"cookie {cookie}" if cookie else f"page {request.session_hash or secrets.token_urlsafe(16)}"
        digest = hmac.digest(self._secret, session.encode(), "sha256")
        return f"web:{base64.urlsafe_b64encode(digest[:18]).decode()}"

    @cached_property
    def _gate(self) -> Gate:
        # Gradio reads these two from the environment only: no word to its makers, and files in a folder of our own.
        os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": str(self._files.folder)}
        auth = self._settings.auth.get_secret_value() if self._settings.auth else ""
        name, _, password = auth.partition(":")
        checked = partial(_is_right, name, password) if auth else None
        app, handlers = page.mount(self, self._catalog, self._service.styles, checked)
        return Gate(app, Calls(handlers, self._files), self._files)

    def _write(self, files: Mapping[str, bytes]) -> tuple[Path, ...]:
        return self._files.write(files)


def _is_right(name: str, password: str, given_name: str, given_password: str) -> bool:
    """Compare what somebody typed with what is set up; how long that takes says nothing of either."""
    given = (given_name, name), (given_password, password)
    return sum(hmac.compare_digest(first.encode(), second.encode()) for first, second in given) == len(given)


def _named(pictures: Sequence[Picture]) -> dict[str, bytes]:
    """Name pictures by their seeds, as files."""
    return {f"{NAME}-{it.seed}{it.suffix}": it.data for it in pictures}


def _invocation(words: str, files: Sequence[Path]) -> Invocation:
    """Read a typed line: words without a slash are a prompt, for the picture if one came along."""
    if words.startswith("/"):
        invocation = parse_text(words, WebApp.name)
    else:
        invocation = read_words(IMG2IMG if files else IMAGINE, words, WebApp.name)
    invocation = replace(invocation, pictures=tuple(upload(path) for path in files if not _is_text(path)))
    texts = [upload(path) for path in files if _is_text(path)]
    return invocation.having(**{TEXT_OPTION: texts[0]}) if texts else invocation


def _address(request: gr.Request) -> str:
    return address_of(request.client.host)


def _is_on_form(origin: Origin) -> bool:
    return bool(origin.address["form"])


def _is_text(path: Path) -> bool:
    return path.suffix.lower() == ".txt"


def _cut(words: str) -> str:
    return words if len(words) <= MAX_PROMPT else f"{words[:MAX_PROMPT]}…"
