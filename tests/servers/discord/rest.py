"""The REST interface: routes, authorisation, recording, and the files' addresses."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from . import errors, payloads
from .answers import json_answer, no_content
from .commands import Commands
from .faults import Fault, Faults, cut, halve, page, suffer
from .interactions import Interactions
from .messages import ALL_MENTIONS, Form, Messages
from .spec import Spec
from .uploads import read_form
from .world import Channel, Message, Upload, World

API = "/api/v10"
CDN = "/cdn"
LARGEST_BODY_BYTES = 256 * 1024 * 1024
# These carry their authorisation in the path.
OPEN_PATHS = ("/interactions/", "/webhooks/", "/gateway")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FORM = web.RequestKey("form", Form)


@dataclass(eq=False, slots=True)
class Recorded:
    """One request of the client and how it ended (status 0: cut)."""

    method: str
    path: str
    query: dict[str, str]
    at: float
    authorized: bool
    json: Any = None
    files: dict[str, Upload] = field(default_factory=dict)
    status: int = 0


class Rest:
    """Answer the client's requests from the world."""

    def __init__(
        self,
        world: World,
        commands: Commands,
        messages: Messages,
        interactions: Interactions,
        faults: Faults,
        spec: Spec | None,
        token: str,
    ) -> None:
        self._world = world
        self._commands = commands
        self._messages = messages
        self._interactions = interactions
        self._faults = faults
        self._spec = spec
        self._token = token
        self.gateway_url = ""
        self.requests: list[Recorded] = []
        self.spec_errors: list[str] = []

    def application(self, gateway: Handler) -> web.Application:
        """Return the web application; `gateway` serves the WebSocket."""
        app = web.Application(middlewares=[self._serve], client_max_size=LARGEST_BODY_BYTES)
        for method, path, handler in self._routes():
            app.router.add_route(method, API + path, handler)
        app.router.add_get("/", gateway)
        app.router.add_get(CDN + "/attachments/{channel}/{attachment}/{name}", self._file)
        return app

    def _routes(self) -> list[tuple[str, str, Handler]]:
        commands, message = "/applications/{application}/commands", "/channels/{channel}/messages/{message}"
        local = "/applications/{application}/guilds/{guild}/commands"
        hook = "/webhooks/{application}/{token}"
        return [
            ("GET", "/gateway", self._gateway),
            ("GET", "/gateway/bot", self._gateway_bot),
            ("GET", "/users/@me", self._me),
            ("GET", "/users/{user}", self._user),
            ("POST", "/users/@me/channels", self._open_dm),
            ("GET", "/oauth2/applications/@me", self._application),
            ("GET", "/applications/@me", self._application),
            *((verb, path, handler) for path in (commands, local) for verb, handler in self._command_handlers()),
            *(
                (verb, path + "/{command}", handler)
                for path in (commands, local)
                for verb, handler in self._one_command()
            ),
            ("GET", "/channels/{channel}", self._channel),
            ("POST", "/channels/{channel}/typing", self._typing),
            ("GET", "/channels/{channel}/messages", self._history),
            ("POST", "/channels/{channel}/messages", self._send),
            ("GET", message, self._get_message),
            ("PATCH", message, self._edit_message),
            ("DELETE", message, self._delete_message),
            ("POST", "/interactions/{interaction}/{token}/callback", self._callback),
            ("POST", hook, self._follow_up),
            ("GET", hook + "/messages/{message}", self._get_response),
            ("PATCH", hook + "/messages/{message}", self._edit_response),
            ("DELETE", hook + "/messages/{message}", self._delete_response),
        ]

    def _command_handlers(self) -> list[tuple[str, Handler]]:
        return [("GET", self._list_commands), ("PUT", self._put_commands), ("POST", self._post_command)]

    def _one_command(self) -> list[tuple[str, Handler]]:
        return [("GET", self._get_command), ("DELETE", self._delete_command)]

    @web.middleware
    async def _serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(CDN):
            return await self._serve_file(request, handler)
        if not request.path.startswith(API):
            return await handler(request)
        path = request.path.removeprefix(API)
        authorized = request.headers.get("Authorization") == f"Bot {self._token}"
        recorded = Recorded(request.method, path, dict(request.query), self._world.clock.now(), authorized)
        self.requests.append(recorded)
        fault = self._faults.take(request.method, path)
        answer = await suffer(fault, request) if fault else None
        answer = answer or await self._answer(request, handler, recorded)
        recorded.status = answer.status
        self._world.changes.notify()
        return await _spoilt(fault, answer, request) if fault else answer

    async def _serve_file(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer as the file server does, which knows nothing of tokens."""
        recorded = Recorded(request.method, request.path, dict(request.query), self._world.clock.now(), False)
        self.requests.append(recorded)
        fault = self._faults.take(request.method, request.path)
        answer = (await suffer(fault, request) if fault else None) or await handler(request)
        recorded.status = answer.status
        self._world.changes.notify()
        return answer

    async def _answer(self, request: web.Request, handler: Handler, recorded: Recorded) -> web.Response:
        try:
            if not recorded.authorized and not recorded.path.startswith(OPEN_PATHS):
                raise errors.unauthorized()
            request[FORM] = form = await read_form(request)
            recorded.json, recorded.files = form.json, form.files
            answer = await handler(request)
        except errors.DiscordError as error:
            answer = json_answer(error.body, error.status)
        except web.HTTPException as error:
            answer = json_answer({"message": f"{error.status}: {error.reason}", "code": 0}, error.status)
        assert isinstance(answer, web.Response)
        answer.headers.update(_limits(request))
        self._check(recorded, answer)
        return answer

    def _check(self, recorded: Recorded, answer: web.Response) -> None:
        if not self._spec:
            return
        body = json.loads(answer.body) if isinstance(answer.body, bytes) and answer.body else None
        # A body that Discord itself would refuse is the client's affair: it got its error answer.
        if answer.status < 400:
            self.spec_errors += self._spec.check_request(recorded.method, recorded.path, recorded.json)
        self.spec_errors += self._spec.check_answer(recorded.method, recorded.path, answer.status, body)

    async def _gateway(self, request: web.Request) -> web.Response:
        return json_answer({"url": self.gateway_url})

    async def _gateway_bot(self, request: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
        return json_answer({"url": self.gateway_url, "shards": 1, "session_start_limit": limit})

    async def _me(self, request: web.Request) -> web.Response:
        return json_answer(payloads.own_user(self._world.bot))

    async def _user(self, request: web.Request) -> web.Response:
        user = self._world.users.get(request.match_info["user"])
        if not user:
            raise errors.unknown_user()
        return json_answer(payloads.user(user))

    async def _open_dm(self, request: web.Request) -> web.Response:
        user = self._world.users.get(str(request[FORM].fields.get("recipient_id")))
        if not user or user.bot:
            raise errors.unknown_user()
        return json_answer(payloads.channel(self._world.dm(user)))

    async def _application(self, request: web.Request) -> web.Response:
        return json_answer(payloads.application(self._world))

    def _place(self, request: web.Request) -> str | None:
        if request.match_info["application"] != self._world.bot.id:
            raise errors.missing_access()
        guild_id = request.match_info.get("guild")
        if guild_id and guild_id not in self._world.guilds:
            raise errors.unknown_guild()
        return guild_id

    async def _list_commands(self, request: web.Request) -> web.Response:
        return json_answer(self._commands.listed(self._place(request)))

    async def _put_commands(self, request: web.Request) -> web.Response:
        return json_answer(self._commands.replace(request[FORM].json, self._place(request)))

    async def _post_command(self, request: web.Request) -> web.Response:
        return json_answer(self._commands.upsert(request[FORM].fields, self._place(request)), 201)

    async def _get_command(self, request: web.Request) -> web.Response:
        return json_answer(self._commands.by_id(request.match_info["command"], self._place(request)))

    async def _delete_command(self, request: web.Request) -> web.Response:
        self._commands.remove(request.match_info["command"], self._place(request))
        return no_content()

    def _channel_of(self, request: web.Request) -> Channel:
        return self._world.channel(request.match_info["channel"])

    def _message_of(self, request: web.Request) -> Message:
        return self._channel_of(request).find(request.match_info["message"])

    def _own_message(self, request: web.Request) -> Message:
        message = self._message_of(request)
        if not message.author.bot:
            raise errors.cannot_edit_others()
        return message

    async def _channel(self, request: web.Request) -> web.Response:
        return json_answer(payloads.channel(self._channel_of(request)))

    async def _typing(self, request: web.Request) -> web.Response:
        self._channel_of(request).typing_count += 1
        return no_content()

    async def _history(self, request: web.Request) -> web.Response:
        limit = int(request.query.get("limit", 50))
        before = int(request.query.get("before", 1 << 63))
        after = int(request.query.get("after", 0))
        found = [message for message in self._channel_of(request).messages if after < int(message.id) < before]
        return json_answer([payloads.message(message) for message in reversed(found[-limit:])])

    async def _send(self, request: web.Request) -> web.Response:
        channel = self._channel_of(request)
        if channel.recipient and channel.recipient.blocks_messages:
            raise errors.cannot_send_to_user()
        if not channel.bot_may_send:
            raise errors.missing_permissions()
        message = self._messages.create(channel, self._world.bot, request[FORM])
        return json_answer(payloads.message(message))

    async def _get_message(self, request: web.Request) -> web.Response:
        return json_answer(payloads.message(self._message_of(request)))

    async def _edit_message(self, request: web.Request) -> web.Response:
        message = self._messages.edit(self._own_message(request), request[FORM], ALL_MENTIONS)
        return json_answer(payloads.message(message))

    async def _delete_message(self, request: web.Request) -> web.Response:
        self._messages.delete(self._message_of(request))
        return no_content()

    async def _callback(self, request: web.Request) -> web.Response:
        place = request.match_info
        resource = self._interactions.acknowledge(place["interaction"], place["token"], request[FORM])
        wanted = request.query.get("with_response", "").lower() in ("1", "true")
        return json_answer(resource) if wanted else no_content()

    async def _follow_up(self, request: web.Request) -> web.Response:
        place = request.match_info
        message = self._interactions.follow_up(place["application"], place["token"], request[FORM])
        # An interaction's webhook always answers with the message, whatever `wait` says.
        return json_answer(payloads.message(message))

    def _response_of(self, request: web.Request) -> Message:
        place = request.match_info
        return self._interactions.find(place["application"], place["token"], place["message"])

    async def _get_response(self, request: web.Request) -> web.Response:
        return json_answer(payloads.message(self._response_of(request)))

    async def _edit_response(self, request: web.Request) -> web.Response:
        return json_answer(payloads.message(self._messages.edit(self._response_of(request), request[FORM])))

    async def _delete_response(self, request: web.Request) -> web.Response:
        self._messages.delete(self._response_of(request))
        return no_content()

    async def _file(self, request: web.Request) -> web.Response:
        kept = self._world.attachments.get(request.match_info["attachment"])
        expired = int(request.query.get("ex", "0"), 16) < self._world.clock.now()
        if not kept or expired:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=kept.data, content_type=kept.upload.guess_type().partition(";")[0])


async def _spoilt(fault: Fault, answer: web.Response, request: web.Request) -> web.Response:
    """Do to the answer of a request that was served what its fault says."""
    await asyncio.sleep(fault.late_s)
    if fault.lose_answer:
        cut(request)
    if fault.html:
        return page()
    return halve(answer) if fault.truncate and answer.body else answer


def _limits(request: web.Request) -> dict[str, str]:
    resource = request.match_info.route.resource
    bucket = hashlib.md5(f"{request.method} {resource and resource.canonical}".encode()).hexdigest()
    return {
        "X-RateLimit-Limit": "50",
        "X-RateLimit-Remaining": "49",
        "X-RateLimit-Reset": "4102444800.000",
        "X-RateLimit-Reset-After": "1.000",
        "X-RateLimit-Bucket": bucket,
    }
