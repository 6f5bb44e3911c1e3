"""The page's gate: what is not on its list is not found, and what is comes measured, counted and from this page."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.rules.buckets import Buckets
from bot.surfaces.web.bodies import plain, read_to, replayed, rewritten, spooled, with_length
from bot.surfaces.web.calls import MAX_CALL, Calls
from bot.surfaces.web.files import PageFiles
from bot.surfaces.web.headers import hardened
from bot.surfaces.web.refusing import Refused, not_found, too_many
from bot.surfaces.web.throttle import Guesses, address_of
from bot.surfaces.web.words import preferred
from bot.words.localisation import say, speaking
from engine.pictures import inputs
from engine.requests import MAX_PARTS

log = structlog.get_logger()

MAX_LOGIN = 8 * 1024
# As many files as a command takes, and what stands around them.
MAX_UPLOAD = MAX_PARTS * inputs.MAX_BYTES + 64 * 1024
CALL_S, UPLOAD_S = 20.0, 120.0
# All addresses together guess so often at first, and then so often a second.
GUESSES, GUESSES_PER_S = 30, 0.5
# One address uploads so many bytes at once, and then so many a second.
UPLOADED, UPLOADED_PER_S = 8 * MAX_UPLOAD, 1024 * 1024
# One address asks for so much at once, and then so often a second; to look what is new is free.
ASKED, ASKED_PER_S = 200, 10.0
FREE = "watch"
FILE = "/gradio_api/file="
SAME_SITE = ("same-origin", "none")
Handle = Callable[["Gate", Scope, Receive, Send, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Route:
    """Hold one thing that a browser may ask for: its methods, its path, what is done, and whether it changes anything.

    What the path's group holds is given to `handle`.
    """

    methods: tuple[str, ...]
    path: re.Pattern[str]
    handle: Handle
    changes: bool = False


class Gate:
    """Let through what the page needs, as the page asks for it."""

    def __init__(self, app: ASGIApp, calls: Calls, files: PageFiles) -> None:
        self._app, self._calls, self._files = app, calls, files
        self._guesses, self._all_guesses = Guesses(), Buckets(GUESSES, GUESSES_PER_S)
        self._uploads, self._asked = Buckets(UPLOADED, UPLOADED_PER_S), Buckets(ASKED, ASKED_PER_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the page, or refuse it; whatever goes wrong is one line in the log."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        scope = {**scope, "nonce": secrets.token_urlsafe(16)}
        send = hardened(scope, send, scope["nonce"])
        try:
            with speaking(preferred(Headers(scope=scope).get("accept-language", ""))):
                await self._pass(scope, receive, send)
        except HTTPException as refusal:
            log.info("page_refused", status=refusal.status_code, path=scope["path"][:80], reason=refusal.detail)
            await _answer(refusal)(scope, receive, send)
        except ClientDisconnect:
            log.info("page_broke_off", path=scope["path"][:80])
        return None

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        for route in ROUTES:
            if scope["method"] in route.methods and (found := route.path.fullmatch(scope["path"])):
                if route.changes:
                    _check_site(Headers(scope=scope))
                return await route.handle(self, scope, receive, send, found[1])
        raise not_found()

    async def asset(self, scope: Scope, receive: Receive, send: Send, _: str) -> None:
        """Pass on what is the same for everybody."""
        await self._app(scope, receive, send)

    async def page(self, scope: Scope, receive: Receive, send: Send, _: str) -> None:
        """Pass on the page: its own scripts are marked, so that a browser runs no other."""
        mark = f'<script nonce="{scope["nonce"]}"'.encode()
        send = rewritten(send, lambda status, body: (status, self._files.hide(body).replace(b"<script", mark)))
        await self._app(plain(scope), receive, send)

    async def file(self, scope: Scope, receive: Receive, send: Send, address: str) -> None:
        """Pass on a file of the page's folder, by its alias."""
        if not (path := self._files.real(address)):
            raise not_found()
        await self._app({**scope, "path": f"{FILE}{path}", "raw_path": None}, receive, send)

    async def call(self, scope: Scope, receive: Receive, send: Send, name: str) -> None:
        """Pass on a call of a handler; what Gradio refuses is the caller's fault, and not the server's."""
        with spooled() as file:
            await read_to(file, receive, MAX_CALL, CALL_S)
            called, asked = self._calls.read(name, file.read())
            if called != FREE and (pause := self._asked.take(_address(scope))):
                raise too_many("too-many-attempts", pause)
            file.seek(0)
            file.truncate()
            file.write(asked)
            file.seek(0)
            send = rewritten(send, lambda status, body: (_status(status, body), self._files.hide(body)))
            await self._app(plain(with_length(scope, len(asked))), replayed(file, receive), send)

    async def upload(self, scope: Scope, receive: Receive, send: Send, _: str) -> None:
        """Pass on an upload once all of it is here."""
        with spooled() as file:
            await read_to(file, receive, MAX_UPLOAD, UPLOAD_S)
            length = file.seek(0, 2)
            file.seek(0)
            if pause := self._uploads.take(_address(scope), length):
                raise too_many("too-many-uploads", pause)
            if self._files.is_full:
                raise Refused(507, say("error-store-failed"))
            send = rewritten(send, lambda status, body: (status, self._files.hide(body)))
            await self._app(plain(with_length(scope, length)), replayed(file, receive), send)
        self._files.remove_strays()

    async def logout(self, scope: Scope, receive: Receive, send: Send, _: str) -> None:
        """Pass on that somebody leaves: this browser alone, for all have the same name."""
        await self._app({**scope, "query_string": b"all_session=false"}, receive, send)

    async def progress(self, scope: Scope, receive: Receive, send: Send, _: str) -> None:
        """Say that an upload is done: nobody waits here for what may never come."""
        await Response('data: {"msg": "done"}\n\n', media_type="text/event-stream")(scope, receive, send)

    async def login(self, scope: Scope, receive: Receive, send: Send, _: str) -> None:
        """Pass on a guess at the password, unless its address or all together made too many."""
        address = _address(scope)
        if pause := self._guesses.pause(address) or self._all_guesses.take(""):
            raise too_many("too-many-attempts", pause)
        self._guesses.begin(address)

        def judged(status: int, body: bytes) -> tuple[int, bytes]:
            if status < 400:
                self._guesses.forgive(address)
            return status, body

        with spooled() as file:
            await read_to(file, receive, MAX_LOGIN, CALL_S)
            await self._app(plain(scope), replayed(file, receive), rewritten(send, judged))


def _route(methods: str, path: str, handle: Any, changes: bool = False) -> Route:
    return Route(tuple(methods.split()), re.compile(path), handle, changes)


ROUTES = (
    _route("GET HEAD", r"()/", Gate.page),
    _route("GET", r"()/config", Gate.page),
    _route("GET", r"(/theme\.css|/favicon\.ico)", Gate.asset),
    _route("GET", r"/(?:assets|static)/((?:[\w-][\w.@-]*/)*[\w-][\w.@-]*)", Gate.asset),
    _route("GET HEAD", re.escape(FILE) + r"(/[^\\]+)", Gate.file),
    _route("POST", r"/gradio_api/run/([a-z_]{1,32})", Gate.call, True),
    _route("POST", r"()/gradio_api/upload", Gate.upload, True),
    _route("GET", r"()/gradio_api/upload_progress", Gate.progress),
    _route("POST", r"()/login", Gate.login, True),
    _route("GET", r"()/logout", Gate.logout, True),
)


def _check_site(headers: Headers) -> None:
    """Raise `Refused` where another site's page asks in this browser's name.

    Browsers say where a request comes from; those that are served without encryption say no more than the origin.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    hosts = {headers.get("host"), headers.get("x-forwarded-host")}
    if site in SAME_SITE or (site is None and (origin is None or urlsplit(origin).netloc in hosts)):
        return
    raise Refused(403, "Ask from the page itself")


def _address(scope: Scope) -> str:
    return address_of(scope["client"][0]) if scope.get("client") else ""


def _status(status: int, body: bytes) -> int:
    """Tell a call that was refused in words from a defect: Gradio says 500 to both."""
    if status != 500:
        return status
    return 400 if json.loads(body).get("error") else status


def _answer(refusal: HTTPException) -> Response:
    headers = dict(refusal.headers or {}) | {"connection": "close"}
    if refusal.status_code == 404:
        return PlainTextResponse(refusal.detail, 404)
    return JSONResponse({"detail": refusal.detail, "error": refusal.detail}, refusal.status_code, headers)
