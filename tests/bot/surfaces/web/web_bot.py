"""Run the bot with its page, and visit it over HTTP as a browser without a screen."""

import asyncio
import contextlib
import json
import re
import socket
from collections.abc import AsyncIterator, Callable
from html import unescape
from pathlib import Path
from typing import Any, Self

import httpx

from bot.config import Web
from bot.listener import listen
from bot.service.service import Service
from bot.surfaces.web import WebApp
from bot.surfaces.web.form import FIELDS
from engine.catalog import DEMO, Catalog
from engine.dispatch.dispatcher import Dispatcher
from engine.jobs import JobStatus
from engine.store.store import Store
from engine.workers.fake import FakeWorker

FORM = dict.fromkeys(FIELDS) | {
    "command": "imagine", "prompt": "a red circle", "negative": "", "width": 128, "height": 64, "steps": 2,
    "guidance": 4, "seed": 7, "count": 2, "model": "demo",
}  # fmt: skip
BUTTON = re.compile(r'<button [^>]*value="([^"]+)" title="([^"]*)">')


class WebBot:
    """Run the whole bot, as often as a test starts it; its store, its port and its secret stay."""

    def __init__(
        self, path: Path, step_s: float = 0.0, auth: str | None = None, catalog: Catalog | None = None
    ) -> None:
        self.path, self.worker_step_s = path, step_s
        self.settings = Web(port=free_port(), auth=auth)
        self.catalog = catalog or Catalog([DEMO])
        self.url = f"http://127.0.0.1:{self.settings.port}"

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        self.worker = FakeWorker(step_s=self.worker_step_s)
        async with (
            Store(self.path) as self.store,
            Dispatcher(self.store, self.worker) as self.dispatcher,
            Service(self.dispatcher, self.store, self.catalog) as self.service,
        ):
            self.web = WebApp(self.settings, self.service, self.catalog, self.listen(), "a secret that stays")
            self.service.add(self.web)
            await self.service.resume()
            async with serving(self.web):
                yield self

    def listen(self) -> socket.socket:
        """Bind the page's port."""
        return listen(self.settings.host, self.settings.port)

    async def until(self, *statuses: JobStatus, count: int = 1) -> None:
        """Wait until `count` jobs are in one of the states."""
        async with asyncio.timeout(10):
            while len(await self.store.jobs.with_status(statuses)) < count:
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def serving(web: WebApp) -> AsyncIterator[None]:
    run = asyncio.create_task(web.run())
    try:
        async with asyncio.timeout(20):
            await web.listening.wait()
        yield
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


class Visitor:
    """Be one browser: a jar of cookies, and what its page shows."""

    def __init__(self, url: str, cookies: httpx.Cookies | None = None, language: str = "en") -> None:
        headers = {"accept-language": language}
        self.http = httpx.AsyncClient(base_url=url, cookies=cookies, headers=headers, trust_env=False, timeout=10)
        self.open_page()

    async def __aenter__(self) -> Self:
        await self.http.get("/")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    def open_page(self) -> None:
        """Forget what was shown, as a reload does."""
        self.seen, self.chat, self.status, self.gallery, self.preview = 0, [], "", [], ""

    async def say(self, text: str, *files: dict[str, Any]) -> None:
        await self.call("say", {"text": text, "files": files})

    async def upload(self, data: bytes, name: str = "photo.png") -> dict[str, Any]:
        """Upload a file, and return it as the page names it in what it sends."""
        answer = await self.http.post("/gradio_api/upload", files={"files": (name, data)})
        return file_named(answer.raise_for_status().json()[0])

    async def draw(self, **changes: object) -> None:
        await self.call("draw", *{**FORM, **changes}.values())

    async def press(self, words: str, number: int = 0) -> list[Any]:
        """Press the latest button that says `words`, and return what the page changes."""
        found = [key for key, label in self.buttons if words in label and int(key.rpartition(":")[2]) == number]
        return await self.call("press", found[-1])

    async def look(self) -> None:
        """Ask once what is new, as the page does all the time."""
        chat, status, gallery, preview, seen = await self.call("watch", self.seen)
        self.chat, self.status = _shown(chat, self.chat), _shown(status, self.status)
        self.gallery, self.preview = _shown(gallery, self.gallery), _shown(preview, self.preview)
        self.seen = _shown(seen, self.seen)

    async def until(self, is_there: Callable[[Self], object]) -> None:
        """Look until the page shows it, and once more to tell that it was seen."""
        async with asyncio.timeout(15):
            while not is_there(self):
                await self.look()
            await self.look()

    async def get(self, file: dict[str, Any]) -> bytes:
        return (await self.http.get(file["url"])).raise_for_status().content

    async def call(self, name: str, *values: object) -> list[Any]:
        # Not httpx's own JSON, which cannot write half an emoji.
        body, headers = json.dumps({"data": values}), {"content-type": "application/json"}
        answer = await self.http.post(f"/gradio_api/run/{name}", content=body, headers=headers)
        return answer.raise_for_status().json()["data"]

    @property
    def texts(self) -> list[str]:
        """List the texts of the chat as a person reads them, without the buttons."""
        return [unescape(text.partition("<div")[0]) for text in self._written]

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """List the buttons below all messages: what is pressed, and what it says it does."""
        return [(key, unescape(words)) for text in self._written for key, words in BUTTON.findall(text)]

    @property
    def last(self) -> str:
        return self.texts[-1] if self.chat else ""

    @property
    def pictures(self) -> list[dict[str, Any]]:
        return [part["file"] for part in self._parts if part["type"] == "file"]

    @property
    def _written(self) -> list[str]:
        return [part["text"] for part in self._parts if part["type"] == "text"]

    @property
    def _parts(self) -> list[dict[str, Any]]:
        return [part for message in self.chat for part in message["content"]]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def file_named(path: str) -> dict[str, Any]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def _shown(update: Any, before: Any) -> Any:
    """Return what an element shows after `update`, which may leave it as it was `before`."""
    is_update = isinstance(update, dict) and update.get("__type__") == "update"
    return update.get("value", before) if is_update else update
