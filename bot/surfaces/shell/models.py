"""`kandinsky-bot models`: list, fetch, check and remove the files of the models."""

from __future__ import annotations

from collections.abc import Set

from pydantic import ByteSize
from rich.console import Console
from rich.text import Text

from bot.words import replies
from bot.words.localisation import say
from engine.catalog import KNOWN, Repository
from engine.errors import EngineError, RequestError
from engine.models import downloads, hub

TRANSLATOR = "translator"
_EMBEDDED = "The demo model comes with the bot: it has no files to fetch, check or remove."


def show(console: Console) -> None:
    """Print each model: whether it is here, what it takes, where it comes from, what it can do."""
    for model in KNOWN:
        _show(console, model.name, list(model.repositories.values()), ", ".join(model.modes))
    _show(console, TRANSLATOR, hub.repositories(TRANSLATOR), "translates prompts into English")


def download(name: str, console: Console) -> None:
    """Fetch what is missing of a model.

    Raises `EngineError` for a disk without room, before anything is fetched, and for a hub that does not answer; for a
    part that has no safetensors only after the others are here.
    """
    plans, refused = _plans(_repositories(name))
    downloads.check_disk(plans)
    for each in plans:
        _say(console, f"{_source(each.repository)}: {_size(each.missing_bytes)} to fetch")
        downloads.fetch(each)
    if refused:
        raise refused
    _say(console, f"{name}: complete" if plans else _EMBEDDED)


def verify(name: str, console: Console) -> bool:
    """Read every file of a model, print what is wrong, tell whether nothing is."""
    repositories = _repositories(name)
    with console.status("Reading the files"):
        found = {repository: hub.verify(repository) for repository in repositories}
    for repository, flaws in found.items():
        for flaw in flaws:
            where = "" if flaw.path == repository.path else f"{flaw.path}: "
            _say(console, f"{repository.path}: {where}{say(replies.key('flaw', flaw.kind))}")
    kinds = {flaw.kind for flaws in found.values() for flaw in flaws}
    _say(console, _verdict(name, kinds) if repositories else _EMBEDDED)
    return not kinds


def taken(name: str) -> int:
    """Count the bytes that removing a model sets free."""
    return hub.size(_repositories(name))


def remove(name: str, console: Console) -> None:
    """Delete the files of a model from the hub's cache."""
    _say(console, f"{name}: {_size(hub.remove(_repositories(name)))} removed")


def question(name: str) -> str:
    """Ask whether to remove a model."""
    return f"Remove {name} and free {_size(taken(name))}?"


def _repositories(name: str) -> list[Repository]:
    names = [*(model.name for model in KNOWN), TRANSLATOR]
    if name not in names:
        raise RequestError("unknown_model", value=name, models=names)
    return hub.repositories(name)


def _plans(repositories: list[Repository]) -> tuple[list[downloads.Plan], EngineError | None]:
    plans, refused = [], None
    for repository in repositories:
        try:
            plans.append(downloads.plan(repository))
        except EngineError as error:
            if error.code != "no_safetensors":
                raise
            refused = error
    return plans, refused


def _show(console: Console, name: str, repositories: list[Repository], purpose: str) -> None:
    _say(console, f"{name}: {_standing(repositories)}", "bold")
    for repository in repositories:
        _say(console, f"    {_source(repository)}")
    _say(console, f"    {purpose}")


def _standing(repositories: list[Repository]) -> str:
    if not repositories:
        return "comes with the bot"
    here = [repository for repository in repositories if hub.is_here(repository)]
    if len(here) == len(repositories):
        return f"here, {_size(hub.size(repositories))}"
    taken = hub.size(repositories)
    return f"in part here, {_size(taken)}" if taken else "not here"


def _source(repository: Repository) -> str:
    revision = f"@{repository.revision}" if repository.revision else ""
    variant = f" ({repository.variant})" if repository.variant else ""
    return f"{repository.path}{revision}{variant}"


def _verdict(name: str, kinds: Set[str]) -> str:
    if not kinds:
        return f"{name}: complete"
    # A download leaves what has the right name alone.
    remove = f"kandinsky-bot models remove {name}, then " if kinds - {"missing"} else ""
    return f"To mend it: {remove}kandinsky-bot models download {name}"


def _size(count: int) -> str:
    """Say a number of bytes as people do, with the units of doctor."""
    return ByteSize(count).human_readable(separator=" ")


def _say(console: Console, line: str, style: str = "") -> None:
    console.print(Text(line, style), soft_wrap=True)
