"""The page as one of the bot's surfaces: what is typed becomes a command, what the engine says goes to its owner."""

from __future__ import annotations

import asyncio
import base64
import hmac
import os
import secrets
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gradio as gr
import structlog
from fastapi import FastAPI

from bot import replies
from bot.commands import IMAGINE, IMG2IMG, Invocation
from bot.config import Web
from bot.parsing import parse_text
from bot.service import Service
from bot.surface import Load, Origin
from bot.web import form, page
from bot.web.chats import Chats, Message
from bot.web.server import COOKIE, Gate, serve
from bot.web.uploads import path_of, upload
from engine.catalog import Catalog
from engine.errors import EngineError
from engine.events import Picture
from engine.jobs import Job
from engine.requests import MAX_PROMPT

log = structlog.get_logger()

# Short, since a browser keeps few connections to one host for all its tabs, and a waiting page holds one.
WAIT_S = 1.0


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold what a person asks: the words and files to show, and how to read the command, which takes a moment."""

    words: str
    files: tuple[Path, ...]
    read: Callable[[], Invocation]
    on_form: bool = False


class WebApp:
    """Serve the page; `secret` must outlive restarts, so that a browser's cookie keeps standing for its owner.

    `announce` is told the page's address once it answers.
    """

    name = "web"
    progress_interval_s = 0.2
    confirms_masks = False

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
        self._chats = Chats()
        self._files = ExitStack()
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
        with self._files, self._listener:
            await serve(Gate(self._application()), self._listener, self._on_listening)

    def _on_listening(self) -> None:
        self.listening.set()
        self._announce(self.address)

    async def show(self, job: Job, text: str, preview: bytes | None) -> None:
        """Replace the answer that stands in the chat for `job`."""
        self._put(job, text, preview=preview)

    async def deliver(self, job: Job, load: Load, text: str) -> None:
        """Show the pictures, and wait until a page of their owner has them."""
        paths = await asyncio.to_thread(self._write, await load())
        await self._chats[job.owner].until_taken(self._put(job, text, paths))

    async def tell(self, job: Job, text: str) -> None:
        """Show how `job` ended, and wait until a page of its owner has it."""
        await self._chats[job.owner].until_taken(self._put(job, text))

    async def ask(self, job: Job, overlay: bytes, text: str) -> None:
        """Show a held job's mask."""

    async def remove(self, job: Job) -> None:
        """Take away what was posted of a job."""

    async def say(self, line: dict[str, Any], request: gr.Request) -> None:
        """Obey what a person typed, and the pictures that came with it."""
        words = _clean(str(line.get("text") or "")).strip()
        files = tuple(path for file in line.get("files") or () if (path := path_of(file)))
        if words or files:
            await self._enter(self._owner(request), Asked(words, files, lambda: _invocation(words, files)))

    async def draw(self, request: gr.Request, *values: object) -> None:
        """Ask for what the form says; `values` are those of `form.FIELDS`."""
        order = form.order([_clean(value) if isinstance(value, str) else value for value in values])
        asked = Asked(order.line(), tuple(order.pictures.values()), order.invocation, on_form=True)
        await self._enter(self._owner(request), asked)

    async def watch(self, seen: int | None, request: gr.Request) -> object:
        """Show what is newer than the revision `seen`, which the page has; wait for it a moment."""
        chat = self._chats[self._owner(request)]
        shown = chat.shown(seen or 0)
        chat.take(shown)
        if not await chat.until_newer(shown, WAIT_S):
            return gr.skip()
        return page.view(chat.messages, shown, chat.revision)

    async def _enter(self, owner: str, asked: Asked) -> None:
        """Put what a person asks and the answer to it into their chat, whatever goes wrong."""
        chat, key = self._chats[owner], secrets.token_urlsafe(12)
        chat.put(Message(f"{key} asked", "user", _cut(asked.words), asked.files))
        answer = Message(key, "assistant", "…", on_form=asked.on_form)
        chat.put(answer)
        try:
            invocation = await asyncio.to_thread(asked.read)
            text = await self._obey(invocation, Origin(self.name, owner, owner, key, {"form": asked.on_form}))
        except EngineError as error:
            text = replies.error(error)
        except Exception:
            log.exception("command_failed", surface=self.name)
            text = replies.error(EngineError())
        if text:
            chat.put(replace(answer, text=text))

    async def _obey(self, invocation: Invocation, origin: Origin) -> str:
        """Return the answer, or nothing where a job was made: then its follower answers."""
        if not invocation.command.makes_job:
            return (await self._service.answer(invocation, origin)).text
        self._service.follow(await self._service.submit(invocation, origin))
        return ""

    def _put(self, job: Job, text: str, pictures: tuple[Path, ...] = (), preview: bytes | None = None) -> int:
        message = Message(job.key, "assistant", text, pictures, bool(job.address.get("form")), preview)
        return self._chats[job.owner].put(message)

    @cached_property
    def _folder(self) -> Path:
        return Path(self._files.enter_context(TemporaryDirectory(prefix="kandinsky-bot-")))

    def _owner(self, request: gr.Request) -> str:
        """Name the owner behind a browser's cookie; what is logged and stored cannot be turned back into the cookie."""
        cookie = request.cookies.get(COOKIE)
        session = f"cookie {cookie}" if cookie else f"page {request.session_hash or secrets.token_urlsafe(16)}"
        digest = hmac.digest(self._secret, session.encode(), "sha256")
        return f"web:{base64.urlsafe_b64encode(digest[:18]).decode()}"

    def _application(self) -> FastAPI:
        # Gradio reads these two from the environment only: no word to its makers, and files in a folder of our own.
        os.environ |= {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": str(self._folder)}
        auth = self._settings.auth.get_secret_value() if self._settings.auth else ""
        name, _, password = auth.partition(":")
        return page.mount(self, self._catalog, (name, password) if auth else None)

    def _write(self, pictures: Sequence[Picture]) -> tuple[Path, ...]:
        """Write the pictures as they are under a name that nobody guesses: who has the name can read the file."""
        folder = self._folder / secrets.token_urlsafe(16)
        folder.mkdir()
        paths = [
            folder / f"kandinsky-{picture.seed}.{picture.media_type.removeprefix('image/')}" for picture in pictures
        ]
        for path, picture in zip(paths, pictures, strict=True):
            path.write_bytes(picture.data)
        return tuple(paths)


def _invocation(words: str, files: Sequence[Path]) -> Invocation:
    """Read a typed line: words without a slash are a prompt, for the picture if one came along."""
    command = IMG2IMG if files else IMAGINE
    line = words if words.startswith("/") else f"/{command.name} {words}"
    return parse_text(line, WebApp.name, [upload(path) for path in files])


def _clean(words: str) -> str:
    """Replace halves of emoji, which JSON can carry and nothing can write down."""
    return words.encode("utf-8", "replace").decode()


def _cut(words: str) -> str:
    return words if len(words) <= MAX_PROMPT else f"{words[:MAX_PROMPT]}…"
