"""Bodies of requests: bounded in size and in time before anything reads them, and of answers, to be rewritten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from bot.surfaces.web.refusing import Refused

# What is larger waits on the disk.
IN_MEMORY = 1024 * 1024
PIECE = 256 * 1024
# How much of a body that is too large is read and thrown away.
HEARD_OUT = 4 * 1024 * 1024
Rewrite = Callable[[int, bytes], tuple[int, bytes]]


async def read_to(file: IO[bytes], receive: Receive, most: int, within_s: float) -> None:
    """Read a request's body into `file`; raise `Refused` for one that is too large or too slow.

    Raises `ClientDisconnect` where it breaks off.
    """
    try:
        async with asyncio.timeout(within_s):
            await _read(file, receive, most)
    except TimeoutError:
        raise Refused(408, "That took too long") from None
    file.seek(0)


async def _read(file: IO[bytes], receive: Receive, most: int) -> None:
    """Read a body; of one that is too large a little more, or the answer would be lost to who still sends."""
    read, more = 0, True
    while more and read <= most + HEARD_OUT:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body, more = message.get("body", b""), message.get("more_body", False)
        read += len(body)
        if read <= most:
            file.write(body)
    if read > most:
        raise Refused(413, f"At most {most} bytes are taken")


def spooled() -> IO[bytes]:
    """Make a file for a body, in memory as long as it is small."""
    return cast("IO[bytes]", SpooledTemporaryFile(IN_MEMORY))


def replayed(file: IO[bytes], receive: Receive) -> Receive:
    """Return a `receive` that gives what was read, in pieces, and then what the connection says."""
    done = False

    async def again() -> Message:
        nonlocal done
        if done:
            return await receive()
        piece = file.read(PIECE)
        done = len(piece) < PIECE
        return {"type": "http.request", "body": piece, "more_body": not done}

    return again


def with_length(scope: Scope, length: int) -> Scope:
    """Return the scope of a request whose body is so long."""
    kept = [(name, value) for name, value in scope["headers"] if name not in (b"content-length", b"transfer-encoding")]
    return {**scope, "headers": [*kept, (b"content-length", str(length).encode())]}


def plain(scope: Scope) -> Scope:
    """Return the scope of a request whose answer is to come uncompressed, so that it can be rewritten."""
    return {**scope, "headers": [it for it in scope["headers"] if it[0] != b"accept-encoding"]}


def rewritten(send: Send, rewrite: Rewrite) -> Send:
    """Return a `send` that keeps a whole answer, and sends what `rewrite` makes of its status and body."""
    start: Message = {}
    body = bytearray()

    async def send_rewritten(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        body.extend(message.get("body", b""))
        if not message.get("more_body"):
            status, whole = rewrite(start["status"], bytes(body))
            MutableHeaders(scope=start)["content-length"] = str(len(whole))
            await send({**start, "status": status})
            await send({"type": "http.response.body", "body": whole})

    return send_rewritten
