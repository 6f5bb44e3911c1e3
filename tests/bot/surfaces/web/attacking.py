"""Ask the page as somebody would who means it no good: bytes as they are, cookies and addresses at will."""

import asyncio
import io
import json

import httpx
from PIL import Image

from tests.bot.surfaces.web.web_bot import WebBot


async def raw(bot: WebBot, sent: bytes, wait_s: float = 5.0) -> bytes:
    """Send bytes as they are, and return what comes until the page closes or says nothing more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", bot.settings.port)
    writer.write(sent)
    got = b""
    try:
        async with asyncio.timeout(wait_s):
            while piece := await reader.read(65536):
                got += piece
    except TimeoutError:
        pass
    except ConnectionError:
        got = got or b"reset"
    writer.close()
    return got


async def status_of(bot: WebBot, path: str, method: str = "GET") -> int:
    """Ask for a path that no client library may tidy up first."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{bot.settings.port}\r\nConnection: close\r\n\r\n"
    return int((await raw(bot, head.encode())).split(b" ", 2)[1])


def call(**changes: object) -> bytes:
    return json.dumps(
        {"data": [{"text": "a fox", "files": []}], "fn_index": 0, "session_hash": "x", **changes}
    ).encode()


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(buffer, "PNG")
    return buffer.getvalue()


async def guess(http: httpx.AsyncClient, password: str, headers: dict[str, str] | None = None) -> httpx.Response:
    return await http.post("/login", data={"username": "ada", "password": password}, headers=headers)


async def ask(http: httpx.AsyncClient, number: int, address: str) -> None:
    """Ask for a picture as a browser that was never here."""
    headers = {"x-forwarded-for": address, "cookie": f"kandinsky-bot=name{number}"}
    body = {"data": [{"text": f"fox {number} --size 64x64 --steps 50", "files": []}]}
    (await http.post("/gradio_api/run/say", json=body, headers=headers)).raise_for_status()
