"""Faults to inject into coming requests."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .errors import ApiError, forbidden, migrated, too_many_requests
from .params import Params

# The name by which file downloads are met: they are no method of the Bot API.
DOWNLOAD = "download"


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request; the default is nothing."""

    error: ApiError | None = None
    stall_s: float = 0
    cut: bool = False
    lose_answer: bool = False
    page: bool = False
    body: str | None = None
    cut_after_bytes: int | None = None
    truncate: bool = False


def flood(retry_after_s: int = 1) -> Fault:
    """Answer 429 and name the seconds to wait."""
    return Fault(error=too_many_requests(retry_after_s))


def blocked() -> Fault:
    """Answer 403: the person blocked the bot."""
    return Fault(error=forbidden("bot was blocked by the user"))


def conflict() -> Fault:
    """Answer 409: another process polls with the same token."""
    reason = "terminated by other getUpdates request; make sure that only one bot instance is running"
    return Fault(error=ApiError(409, f"Conflict: {reason}"))


def group_migrated(chat_id: int) -> Fault:
    """Answer 400 with the id of the supergroup the group has become."""
    return Fault(error=migrated(chat_id))


def server_error(code: int = 500) -> Fault:
    """Answer a 5xx with a JSON body."""
    return Fault(error=ApiError(code, {500: "Internal Server Error", 502: "Bad Gateway"}.get(code, "Server Error")))


def bad_gateway() -> Fault:
    """Answer 502 with a proxy's HTML page instead of JSON."""
    return Fault(error=ApiError(502, "Bad Gateway"), page=True)


def stall(seconds: float) -> Fault:
    """Process and answer only after a while."""
    return Fault(stall_s=seconds)


def cut() -> Fault:
    """Cut the connection before the request is processed."""
    return Fault(cut=True)


def lost_answer() -> Fault:
    """Process the request, then cut the connection instead of answering."""
    return Fault(lose_answer=True)


def truncated() -> Fault:
    """Process the request, then answer with the first half of the JSON."""
    return Fault(truncate=True)


def cut_download(after_bytes: int = 100) -> Fault:
    """Promise a whole file, send its first bytes, then cut the connection."""
    return Fault(cut_after_bytes=after_bytes)


def page_instead() -> Fault:
    """Process the request, then answer 200 with a proxy's page."""
    return Fault(body="<html><body>Please log in to this network</body></html>")


@dataclass
class _Planned:
    fault: Fault
    method: str
    times: float
    where: Callable[[Params], Any]


@dataclass
class FloodLimit:
    """So many posts in so many seconds to one chat, or to all where `chat_id` is None."""

    posts: int
    per_s: float
    chat_id: int | None = None
    _posted: deque[float] = field(default_factory=deque)

    def check(self, params: Params) -> None:
        """Count a post; raise the 429 where it is one too many."""
        if self.chat_id not in (None, params.integer("chat_id")):
            return
        now = time.monotonic()
        while self._posted and self._posted[0] <= now - self.per_s:
            self._posted.popleft()
        if len(self._posted) >= self.posts:
            raise too_many_requests(max(1, round(self._posted[0] + self.per_s - now)))
        self._posted.append(now)


class Faults:
    """What goes wrong with the requests to come."""

    def __init__(self) -> None:
        self.limits: list[FloodLimit] = []
        self._planned: list[_Planned] = []

    @property
    def pending(self) -> int:
        """Count the faults planned and not yet met."""
        return len(self._planned)

    def next(
        self,
        fault: Fault,
        *,
        method: str = "",
        times: float = 1,
        where: Callable[[Params], Any] = lambda params: True,
    ) -> object:
        """Let the next `times` requests fail that call `method`, or any where it is empty, and meet `where`.

        What is returned lets it be forgotten.
        """
        planned = _Planned(fault, method.lower(), times, where)
        self._planned.append(planned)
        return planned

    def forget(self, planned: object) -> None:
        """Let no further request meet a fault that `next` returned."""
        self._planned = [it for it in self._planned if it is not planned]

    def limit(self, posts: int, per_s: float, chat_id: int | None = None) -> None:
        """Answer 429 from now on to more posts and edits than these."""
        self.limits.append(FloodLimit(posts, per_s, chat_id))

    def clear(self) -> None:
        """Forget all faults and limits."""
        self.limits.clear()
        self._planned.clear()

    def take(self, method: str, params: Params) -> Fault:
        """Return the fault this request meets, and count it as met."""
        for planned in self._planned:
            if planned.method in ("", method.lower()) and planned.where(params):
                planned.times -= 1
                if planned.times <= 0:
                    self._planned.remove(planned)
                return planned.fault
        return Fault()

    def refuse_flood(self, method: str, params: Params) -> None:
        """Raise the 429 where a limit is passed; chat actions do not count."""
        if method.lower().startswith(("send", "editmessage")) and method.lower() != "sendchataction":
            for limit in self.limits:
                limit.check(params)
