"""What the verbs of the shell do once they are called, and how they end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from rich.console import Console
from rich.progress import Progress

from bot.commands.table import Invocation
from bot.config import Config, ConfigError, load
from bot.health import CannotServe, is_alive, standings
from bot.logs import configure
from bot.words import replies
from engine.errors import EngineError, RequestError

if TYPE_CHECKING:
    from bot.surfaces.shell.surface import Order

# Each verb imports what only it needs: `health` is asked every half minute, and the page brings seconds of libraries.
FAILED, WRONG_USAGE = 1, 2
DEFAULT_FILE = Path("config.toml")


def run(config: Path | None) -> None:
    """Serve what is configured."""
    _serve(_settings(config or _default_file()))


def demo(port: int) -> None:
    """Serve the page alone, with the embedded model."""
    off = {"token": None}  # also where the environment holds tokens: two bots on one account disturb each other
    _serve(_settings(None, web={"port": port}, engine={"model": "demo"}, discord=off, telegram=off))


def generate(
    prompt: str | None, prompts: Path | None, output: Path | None, options: Mapping[str, object], config: Path | None
) -> None:
    """Draw a picture, or one for each line of `prompts`."""
    from bot.surfaces.shell import surface

    settings = _settings(config or _default_file(), quiet=True)
    with _problems_end_the_program():
        _draw(settings, surface.orders(prompt, prompts, output, options))


def draw(invocation: Invocation, output: Path | None, config: Path | None) -> None:
    """Draw what a command asks for."""
    from bot.surfaces.shell import surface

    settings = _settings(config or _default_file(), quiet=True)
    with _problems_end_the_program():
        _draw(settings, [surface.order(invocation, output)])


def bench(config: Path | None, **wanted: Any) -> None:
    """Measure a model; `wanted` is what `bot.surfaces.shell.bench.bench` takes."""
    from bot.surfaces.shell import bench as benchmark

    settings = _settings(config or _default_file(), quiet=True)
    with _problems_end_the_program():
        benchmark.bench(settings, Console(), **wanted)


def tune(config: Path | None, minutes: float) -> None:
    """Measure what suits this device."""
    from bot.surfaces.shell import tune as tuning

    settings = _settings(config or _default_file(), quiet=True)
    with _problems_end_the_program():
        tuning.tune(settings, Console(), minutes)


def doctor(config: Path | None) -> None:
    """Say what is missing; fail where anything is wrong."""
    from bot.surfaces.shell.doctor import examine

    if not examine(config or _default_file(), Console()):
        sys.exit(FAILED)


def health(config: Path | None) -> None:
    """Say how a running bot stands; fail where none answers."""
    path = _settings(config or _default_file()).store.path
    if not is_alive(path):
        _end(FAILED, f"No bot is running on {path}, or it hangs.")
    for name, standing in standings(path).items():
        print(f"{name}: {standing}")


def list_models() -> None:
    """Show each model."""
    from bot.surfaces.shell.models import show

    show(Console())


def download_model(name: str) -> None:
    """Fetch what is missing of a model."""
    from bot.surfaces.shell.models import download

    with _problems_end_the_program():
        download(name, Console())


def verify_model(name: str) -> None:
    """Name the files of a model that are missing or damaged; fail where there are any."""
    from bot.surfaces.shell.models import verify

    with _problems_end_the_program():
        if not verify(name, Console()):
            sys.exit(FAILED)


def remove_model(name: str, agrees: Callable[[str], bool]) -> None:
    """Delete a model's files, where somebody `agrees` when asked."""
    from bot.surfaces.shell.models import question, remove, taken

    with _problems_end_the_program():
        if not taken(name):
            _end(FAILED, f"Nothing of {name} is here.")
        if agrees(question(name)):
            remove(name, Console())


def _serve(config: Config) -> None:
    from bot.app import serve

    with _problems_end_the_program():
        asyncio.run(serve(config, announce=lambda address: print(address, flush=True)))


def _draw(settings: Config, orders: Sequence[Order]) -> None:
    from bot.surfaces.shell.surface import generate as drawn

    with Progress(console=Console(stderr=True), redirect_stdout=sys.stdout.isatty()) as bar:
        failed = asyncio.run(drawn(settings, orders, bar))
    if failed:
        _end(FAILED, "\n".join(failed))


def _default_file() -> Path | None:
    return DEFAULT_FILE if DEFAULT_FILE.is_file() else None


def _settings(file: Path | None, quiet: bool = False, **overrides: object) -> Config:
    try:
        config = load(file, **overrides)
    except ConfigError as error:
        _end(WRONG_USAGE, f"The configuration is wrong:\n{error}")
    configure(config, "error" if quiet else config.log.level)
    return config


@contextmanager
def _problems_end_the_program() -> Iterator[None]:
    """Turn what a person can mend into a sentence and an exit code; anything else is a defect and shows itself."""
    problem: BaseException | None = None
    try:
        yield
    except* (EngineError, CannotServe) as group:
        problem = _first(group)
    except* (KeyboardInterrupt, asyncio.CancelledError):
        pass  # Ctrl-C or SIGTERM: the ordinary ways to stop
    if isinstance(problem, EngineError):
        _end(WRONG_USAGE if isinstance(problem, RequestError) else FAILED, replies.error(problem))
    if problem:
        _end(FAILED, str(problem))


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def _end(code: int, text: str) -> NoReturn:
    sys.stdout.flush()
    print(text, file=sys.stderr)
    sys.exit(code)
