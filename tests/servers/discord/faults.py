"""Failures on demand: the next matching request meets one of them."""

import asyncio
from dataclasses import dataclass
from fnmatch import fnmatchcase

from aiohttp import web

from .answers import json_answer


@dataclass(slots=True)
class Fault:
    """Say which requests fail, how, and how often."""

    path: str
    method: str
    times: int
    status: int | None
    code: int
    message: str
    delay_s: float
    retry_after_s: float
    via: bool
    is_global: bool
    drop: bool
    lose_answer: bool
    truncate: bool = False
    html: bool = False
    late_s: float = 0.0

    def matches(self, method: str, path: str) -> bool:
        """Tell whether this fault is meant for a request."""
        return self.times > 0 and self.method in ("*", method) and fnmatchcase(path, self.path)

    def answer(self) -> web.Response:
        """Build the failing answer."""
        if self.status == 429:
            return self._rate_limited() if self.via else self._banned_at_the_edge()
        if self.status == 502:
            return web.Response(
                status=502, text="<html><title>502 Bad Gateway</title></html>", content_type="text/html"
            )
        message = self.message or f"{self.status}: {web.Response(status=self.status).reason}"
        return json_answer({"message": message, "code": self.code}, self.status or 500)

    def _rate_limited(self) -> web.Response:
        body = {"message": "You are being rate limited.", "retry_after": self.retry_after_s, "global": self.is_global}
        headers = {"Via": "1.1 google", "Retry-After": str(self.retry_after_s)}
        headers["X-RateLimit-Scope"] = "global" if self.is_global else "user"
        if self.is_global:
            headers["X-RateLimit-Global"] = "true"
        return json_answer({**body, "code": 0}, 429, headers)

    def _banned_at_the_edge(self) -> web.Response:
        return web.Response(status=429, text="error code: 1015", headers={"Retry-After": str(self.retry_after_s)})


class Faults:
    """Keep the failures that wait for their request."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._every = 0
        self._asked = 0
        self._regular: Fault | None = None

    def every(self, requests: int, *, status: int, retry_after_s: float = 0.1) -> None:
        """Let one in so many requests fail from now on, until `clear`."""
        self._every = requests
        self._regular = Fault("*", "*", 1, status, 0, "", 0.0, retry_after_s, True, False, False, False)

    def next(
        self,
        path: str = "*",
        *,
        method: str = "*",
        times: int = 1,
        status: int | None = None,
        code: int = 0,
        message: str = "",
        delay_s: float = 0.0,
        retry_after_s: float = 0.1,
        via: bool = True,
        is_global: bool = False,
        drop: bool = False,
        lose_answer: bool = False,
        truncate: bool = False,
        html: bool = False,
        late_s: float = 0.0,
    ) -> Fault:
        """Let the next `times` requests whose path (below the API base) matches a shell pattern fail.

        `status` answers with an error (429: with the `Via` header, or without it as an edge ban); `drop` cuts the
        connection before the request is served, `lose_answer` after it; `truncate` serves it and answers with half of
        the JSON, `html` with a page; `late_s` serves it at once and answers later; `delay_s` alone is only slow.
        """
        fault = Fault(
            path, method, times, status, code, message, delay_s, retry_after_s, via, is_global, drop, lose_answer
        )
        fault.truncate, fault.html, fault.late_s = truncate, html, late_s
        self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all failures that did not happen yet."""
        self._waiting.clear()
        self._regular = None

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault a request meets, counting it down."""
        fault = next((fault for fault in self._waiting if fault.matches(method, path)), None)
        if fault:
            fault.times -= 1
            return fault
        self._asked += 1
        return self._regular if self._every and self._asked % self._every == 0 else None


async def suffer(fault: Fault, request: web.Request) -> web.Response | None:
    """Apply what happens before a request is served; return its answer if it is not served at all."""
    await asyncio.sleep(fault.delay_s)
    if fault.drop:
        cut(request)
    if fault.status is None:
        return None
    await request.read()
    return fault.answer()


def halve(answer: web.Response) -> web.Response:
    """Lose the second half of an answer."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    return web.Response(body=body[: len(body) // 2], status=answer.status, headers={"Content-Type": "application/json"})


def page() -> web.Response:
    """Answer as something in between does, which is not Discord."""
    return web.Response(text="<html><title>Just a moment...</title></html>", content_type="text/html")


def cut(request: web.Request) -> None:
    """Reset the connection under a request, as a failing network does."""
    if request.transport:
        request.transport.abort()
    raise ConnectionResetError("cut by an injected fault")
