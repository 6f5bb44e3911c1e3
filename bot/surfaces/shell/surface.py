"""Pictures from the shell, through the same queue, store and worker as from a chat."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.progress import Progress, TaskID

from bot.assembly import catalog_of, running_engine
from bot.commands.requesting import to_request
from bot.commands.table import IMAGINE, Invocation, Upload
from bot.config import Config
from bot.service.service import Service
from bot.surface import Load, Origin
from bot.words import replies
from engine.errors import EngineError, RequestError
from engine.events import Picture
from engine.jobs import Job

OWNER = "cli"
_WEIGHT = re.compile(r":\d*\.?\d+$")


@dataclass(frozen=True, slots=True)
class Order:
    """Ask for the pictures of one command; `file` is where the first goes, and `fox-2.png` beside it the second."""

    invocation: Invocation
    file: Path


class FileSurface:
    """Write the pictures to the files named in the jobs' addresses, and move one progress bar."""

    name = "cli"
    progress_interval_s = 0.1
    confirms_masks = False

    def __init__(self, progress: Progress, bar: TaskID) -> None:
        self._progress, self._bar = progress, bar
        self.failed: list[str] = []

    async def show(self, job: Job, text: str, preview: bytes | None) -> None:
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
            file = file.with_suffix(picture.suffix)
            await asyncio.to_thread(file.write_bytes, picture.data)
            print(f"{file}  {replies.parameters(job)}")

    async def ask(self, job: Job, overlay: bytes, text: str) -> None:
        """Ask nothing: whoever gives a mask in the shell has looked at it."""

    async def remove(self, job: Job) -> None:
        """Leave the files: they are their owner's."""

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
            Order(Invocation(IMAGINE, {**options, "prompt": line}), output / f"{number:04}.png")
            for number, line in enumerate(_prompts(file), start=1)
        ]
    return [order(Invocation(IMAGINE, {**options, "prompt": prompt or ""}), output)]


def order(invocation: Invocation, output: Path | None) -> Order:
    """Order what one command asks for, its pictures read from their files; raise `RequestError` for what is wrong."""
    if output is None:
        raise RequestError("no_output")
    allowed = (".gif",) if invocation.command.request and invocation.command.request.is_animation else (".png",)
    if output.suffix.lower() not in allowed:
        raise RequestError("not_png", file=str(output), allowed=allowed)
    _make_folder(output.parent)
    options = {name: _read(value) if isinstance(value, Path) else value for name, value in invocation.options.items()}
    return Order(_with_parts(replace(invocation, options=options)), output)


def _with_parts(invocation: Invocation) -> Invocation:
    """Read the files among the parts of a mix or a morph; what names no file is words."""
    given = invocation.options.get("parts")
    if not isinstance(given, list):
        return invocation
    files = [part for part in given if Path(_WEIGHT.sub("", part)).is_file()]
    uploads = [_read(Path(_WEIGHT.sub("", part))) for part in files]
    names = {part: Path(part).name for part in files}
    parts = " ".join(names.get(part) or _quoted(part) for part in given)
    return replace(invocation, options={**invocation.options, "parts": parts}, pictures=tuple(uploads))


def _quoted(part: str) -> str:
    weight = _WEIGHT.search(part)
    return f'"{part[: weight.start()]}"{weight[0]}' if weight else f'"{part}"'


def _read(file: Path) -> Upload:
    try:
        return Upload(file.name, file.read_bytes())
    except OSError as error:
        raise RequestError("unreadable", file=str(file), reason=error.strerror or str(error)) from None


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
    for wanted in orders:
        if not wanted.invocation.command.pictures:  # pictures are looked at on the way into the store
            to_request(wanted.invocation, catalog)
    with tempfile.TemporaryDirectory(prefix="kandinsky-bot-") as folder:
        limits = {"max_waiting": len(orders), "max_waiting_per_owner": len(orders), "max_waiting_minutes": 0}
        limits["newcomers_share"] = 1
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
        job = await service.obey(await service.visit(origin), order.invocation)
        assert isinstance(job, Job)  # noqa: S101 - only commands that draw are ordered
        jobs.append(service.follow(job))
    await asyncio.gather(*jobs)


async def _first_failure(drawing: asyncio.Task[None], broken: asyncio.Task[EngineError]) -> None:
    """Wait for the drawing, but not for an engine that cannot load its model."""
    await asyncio.wait({drawing, broken}, return_when=asyncio.FIRST_COMPLETED)
    for task in (drawing, broken):
        task.cancel()
    if broken.done() and not broken.cancelled() and not drawing.done():
        raise broken.result()
    await drawing
