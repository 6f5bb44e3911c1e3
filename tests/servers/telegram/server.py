"""The server's life, its HTTP routes and the handle that tests hold."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from .chats import Chat, User
from .errors import ApiError
from .faults import DOWNLOAD, Fault, Faults
from .files import UPLOAD_BYTES
from .messages import Message
from .methods import Methods
from .params import Params, Upload, read_params
from .spec import Spec, aiogram_violations
from .world import Press, World

TOKEN = "123456789:AAEhBOweik6ad9r-QXMENQjcrGbqCr4K-bc"
BOT_USERNAME = "kandinsky_test_bot"
PAGE = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


@dataclass
class Call:
    """One request the bot made, and what it got."""

    method: str
    request: Params = field(repr=False)
    result: Any = None
    error: ApiError | None = None

    @property
    def params(self) -> dict[str, Any]:
        """Return the parameters as they came: forms carry strings."""
        return self.request.values

    @property
    def files(self) -> dict[str, Upload]:
        """Return the uploaded files by the names of their parts."""
        return self.request.files

    def decoded(self, name: str) -> Any:
        """Return one parameter, decoded where a form carried it as a JSON string."""
        return self.request.decoded(name)


class TelegramServer:
    """A Bot API server on 127.0.0.1, the people who use its bot, and all that the bot did."""

    def __init__(
        self, *, token: str = TOKEN, username: str = BOT_USERNAME, reads_all_group_messages: bool = False
    ) -> None:
        self.token = token
        self.bot = User(int(token.partition(":")[0]), "Kandinsky", username, is_bot=True)
        self.world = World(self.bot, reads_all_group_messages=reads_all_group_messages)
        self.faults = Faults()
        self.calls: list[Call] = []
        self.spec_errors: list[str] = []
        self.origin = ""
        self._spec = Spec.from_environment()
        self._methods = Methods(self.world)
        self._closing = asyncio.Event()
        self._runner = web.AppRunner(self._app(), shutdown_timeout=1, access_log=None)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.origin = "http://{}:{}".format(*self._runner.addresses[0])
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing.set()
        self.world.updates.close()
        await self.world.updates.stop_delivery()
        await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        """Return the address before the token, for requests."""
        return f"{self.origin}/bot"

    @property
    def base_file_url(self) -> str:
        """Return the address before the token, for downloads."""
        return f"{self.origin}/file/bot"

    def add_user(self, first_name: str, *, username: str = "", language_code: str = "en") -> User:
        """Let a person in."""
        return self.world.add_user(first_name, username, language_code)

    def private_chat(self, user: User) -> Chat:
        """Open a person's own chat with the bot."""
        return self.world.add_chat("private", members=[user])

    def group(self, title: str, *, members: list[User], bot_is_admin: bool = False) -> Chat:
        """Open a group with the bot in it; the first member created it."""
        return self.world.add_chat("group", title=title, members=members, bot_is_admin=bot_is_admin)

    def supergroup(self, title: str, *, members: list[User], bot_is_admin: bool = False) -> Chat:
        """Open a supergroup without topics."""
        return self.world.add_chat("supergroup", title=title, members=members, bot_is_admin=bot_is_admin)

    def forum(self, title: str, *, members: list[User], bot_is_admin: bool = False) -> Chat:
        """Open a supergroup with topics; `Chat.topic` adds one."""
        return self.world.add_chat("supergroup", title=title, members=members, bot_is_admin=bot_is_admin, is_forum=True)

    async def press(self, message: Message, data: str, sender: User | None = None) -> Press:
        """Press the inline button of a message that carries `data`."""
        return self.world.press(message, data, sender or message.chat.members[0])

    def called(self, method: str) -> list[Call]:
        """Return the requests of one method, oldest first."""
        return [call for call in self.calls if call.method.lower() == method.lower()]

    async def wait_for_call(
        self, method: str, condition: Callable[[Call], Any] = lambda call: True, *, timeout_s: float = 30
    ) -> Call:
        """Return the first request of a method that meets the condition, now or in time."""

        def find() -> Call | None:
            return next((call for call in self.called(method) if condition(call)), None)

        return await self.world.changes.until(find, timeout_s)

    def aiogram_errors(self) -> list[str]:
        """Check each request so far with aiogram's models; importing them takes seconds."""
        known = [call for call in self.calls if call.error is None or call.error.code != 404]
        return [error for call in known for error in aiogram_violations(call.method, call.request)]

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=UPLOAD_BYTES + 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_token(request)
            call = Call(request.match_info["method"], await read_params(request))
        except ApiError as error:
            return _refused(error)
        except web.HTTPRequestEntityTooLarge:
            return _refused(ApiError(413, "Request Entity Too Large"))
        return await self._run(request, call)

    async def _run(self, request: web.Request, call: Call) -> web.StreamResponse:
        """Process a recorded request, or let it fail as planned."""
        self.calls.append(call)
        self.world.changes.ring()
        fault = self.faults.take(call.method, call.request)
        await self._stall(fault.stall_s)
        if fault.cut:
            return _hang_up(request)
        response = await self._respond(call, fault)
        self.world.changes.ring()
        if fault.body is not None:
            return web.Response(text=fault.body, content_type="text/html")
        return _hang_up(request) if fault.lose_answer else response

    async def _respond(self, call: Call, fault: Fault) -> web.Response:
        self._check_request(call)
        try:
            if fault.error:
                raise fault.error
            self.faults.refuse_flood(call.method, call.request)
            call.result = await self._methods.call(call.method, call.request)
        except ApiError as error:
            call.error = error
            return (
                web.Response(status=error.code, text=PAGE, content_type="text/html") if fault.page else _refused(error)
            )
        self._check_result(call)
        whole = web.json_response({"ok": True, "result": call.result})
        return _halved(whole) if fault.truncate else whole

    async def _download(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.take(DOWNLOAD, Params(dict(request.match_info)))
        await self._stall(fault.stall_s)
        try:
            self._check_token(request)
            if fault.error:
                raise fault.error
            data = self.world.files.at(request.match_info["path"]).data
        except ApiError as error:
            return _refused(error)
        if fault.cut or fault.lose_answer:
            return _hang_up(request)
        if fault.cut_after_bytes is None:
            return web.Response(body=data, content_type="application/octet-stream")
        return await _send_part(request, data, fault.cut_after_bytes)

    async def _stall(self, seconds: float) -> None:
        """Wait, but not beyond the end of the server."""
        if seconds:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), seconds)

    def _check_token(self, request: web.Request) -> None:
        if request.match_info["token"] != self.token:
            raise ApiError(401, "Unauthorized")

    def _check_request(self, call: Call) -> None:
        if self._spec:
            self.spec_errors += self._spec.check_request(call.method, call.request)

    def _check_result(self, call: Call) -> None:
        if self._spec:
            self.spec_errors += self._spec.check_result(call.method, json.loads(json.dumps(call.result)))


def _refused(error: ApiError) -> web.Response:
    return web.json_response(error.body(), status=error.code)


def _halved(response: web.Response) -> web.Response:
    """Lose the second half of an answer."""
    text = response.text or ""
    return web.Response(text=text[: len(text) // 2], content_type="application/json")


def _hang_up(request: web.Request) -> web.Response:
    """Cut the connection; the response returned goes nowhere."""
    if request.transport:
        request.transport.abort()
    return web.Response()


async def _send_part(request: web.Request, data: bytes, after_bytes: int) -> web.StreamResponse:
    """Send the first bytes of a file whose whole length was announced, then cut the connection."""
    response = web.StreamResponse(headers={"Content-Length": str(len(data))})
    await response.prepare(request)
    await response.write(data[:after_bytes])
    if request.transport:
        request.transport.close()
    return response
