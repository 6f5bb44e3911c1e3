"""Pictures from the shell, through the same queue, store and worker as from a chat."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress, TaskID

from bot import replies
from bot.assembly import catalog_of, running_engine
from bot.commands import IMAGINE, Invocation, to_request
from bot.config import Config
from bot.service import Load, Origin, Service
from engine.errors import EngineError, RequestError
from engine.events import Picture
from engine.jobs import Job

OWNER = "cli"


@dataclass(frozen=True, slots=True)
class Order:
    """Ask for the pictures of one prompt; `file` is where the first goes, and `fox-2.png` beside it the second."""

    options: Mapping[str, object]
    file: Path


class FileSurface:
    """Write the pictures to the files named in the jobs' addresses, and move one progress bar."""

    name = "cli"
    progress_interval_s = 0.1

    def __init__(self, progress: Progress, bar: TaskID) -> None:
        self._progress, self._bar = progress, bar
        self.failed: list[str] = []

    async def show(self, job: Job, text: str) -> None:
        """Show what the running job does beside the bar."""
        self._progress.update(self._bar, description=text.splitlines()[-1])

    async def deliver(self, job: Job, load: Load, text: str) -> None:
        """Write each picture to its file; keep the reason where that fails, for trying again would fail again."""
        try:
            await self._write(job, await load())
        except OSError as error:
            self.failed.append(replies.error(_unwritable(error, job.address["file"])))
        self._progress.advance(self._bar)

    async def _write(self, job: Job, pictures: Sequence[Picture]) -> None:
        first = Path(str(job.address["file"]))
        for number, picture in enumerate(pictures, start=1):
            file = first if len(pictures) == 1 else first.with_stem(f"{first.stem}-{number}")
            await asyncio.to_thread(file.write_bytes, picture.data)
            print(f"{file}  {replies.parameters(job)}")

    async def tell(self, job: Job, text: str) -> None:
        """Keep the reason of a failure for the end."""
        self.failed.append(text)
        self._progress.advance(self._bar)


def orders(prompt: str | None, file: Path | None, output: Path | None, options: Mapping[str, object]) -> list[Order]:
    """Order one picture, or one for each line of `file`; raise `RequestError` where they do not fit together."""
    if output is None:
        raise RequestError("no_output")
    if file and prompt is not None:
        raise RequestError("prompt_and_file")
    if file:
        _make_folder(output)
        return [
            Order({**options, "prompt": line}, output / f"{number:04}.png")
            for number, line in enumerate(_prompts(file), start=1)
        ]
    if output.suffix.lower() != ".png":
        raise RequestError("not_png", file=str(output))
    _make_folder(output.parent)
    return [Order({**options, "prompt": prompt or ""}, output)]


def _prompts(file: Path) -> list[str]:
    try:
        text = file.read_text(encoding="utf-8-sig")  # some editors begin a file with a byte order mark
    except UnicodeDecodeError:
        raise RequestError("not_utf8", file=str(file)) from None
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise RequestError("no_prompts", file=str(file))
    return lines


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(error, folder) from None


def _unwritable(error: OSError, file: object) -> RequestError:
    return RequestError("unwritable", file=str(error.filename or file), reason=error.strerror or str(error))


async def generate(config: Config, orders: Sequence[Order], progress: Progress) -> list[str]:
    """Make all pictures; return a sentence for each order that failed.

    Raises `RequestError` before any work if an order is wrong, and `EngineError` if the engine cannot start.
    """
    catalog = catalog_of(config)
    for order in orders:
        to_request(Invocation(IMAGINE, order.options), catalog)
    with tempfile.TemporaryDirectory(prefix="kandinsky-bot-") as folder:
        limits = {"max_waiting": len(orders), "max_waiting_per_owner": len(orders)}
        private = config.model_copy(
            update={
                "store": config.store.model_copy(update={"path": Path(folder)}),
                "queue": config.queue.model_copy(update=limits),
            }
        )
        async with running_engine(private, catalog) as engine:
            surface = FileSurface(progress, progress.add_task("", total=len(orders)))
            engine.service.add(surface)
            drawing = asyncio.create_task(_draw(engine.service, orders))
            await _first_failure(drawing, asyncio.create_task(engine.dispatcher.broken()))
            return surface.failed


async def _draw(service: Service, orders: Sequence[Order]) -> None:
    jobs = []
    for number, order in enumerate(orders):
        origin = Origin("cli", OWNER, OWNER, f"cli:{number}", {"file": str(order.file)})
        jobs.append(service.follow(await service.submit(Invocation(IMAGINE, order.options), origin)))
    await asyncio.gather(*jobs)


async def _first_failure(drawing: asyncio.Task[None], broken: asyncio.Task[EngineError]) -> None:
    """Wait for the drawing, but not for an engine that cannot load its model."""
    await asyncio.wait({drawing, broken}, return_when=asyncio.FIRST_COMPLETED)
    for task in (drawing, broken):
        task.cancel()
    if broken.done() and not broken.cancelled() and not drawing.done():
        raise broken.result()
    await drawing
