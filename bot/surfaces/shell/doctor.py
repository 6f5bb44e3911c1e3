"""`kandinsky-bot doctor`: look at everything the bot needs, and say how to mend what is missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from pydantic import SecretStr
from rich.console import Console
from rich.text import Text

from bot.assembly import cache_dir, catalog_of
from bot.config import ENV_PREFIX, Config, ConfigError, load
from bot.health import CannotServe, ended, is_alive, listen
from bot.surfaces.shell.tune import choice
from bot.words import replies
from engine import tuned
from engine.catalog import Catalog, ModelSpec, Repository
from engine.errors import EngineError, RequestError
from engine.kandinsky.bench import machine
from engine.kandinsky.placing.device import choose, gpus
from engine.models.hub import cache, fetch_command, is_here, missing
from engine.settings import TUNED
from engine.store.durable import is_open_to_others
from engine.tuned import Tuned

# The published Kandinsky 2.2 takes 9.1 GiB in half precision, and its repositories hold more than that.
MODEL_DISK_GIB = 25
STORE_DISK_GIB = 1
TUNE = "kandinsky-bot tune measures what suits this device"


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    NOTE = "note"  # works, but the owner should know
    WRONG = "wrong"  # must be mended


@dataclass(frozen=True, slots=True)
class Finding:
    """Say what was looked at, what was seen, and what to do about it."""

    level: Level
    what: str
    mend: str = ""


def examine(file: Path | None, console: Console) -> bool:
    """Print every finding; tell whether nothing is wrong."""
    findings = list(_findings(file))
    for finding in findings:
        style = {Level.OK: "green", Level.NOTE: "yellow", Level.WRONG: "red"}[finding.level]
        console.print(Text.assemble((f"{finding.level:5}", style), f" {finding.what}"), soft_wrap=True)
        if finding.mend:
            console.print(Text(f"      -> {finding.mend}"), soft_wrap=True)
    return all(finding.level is not Level.WRONG for finding in findings)


def _findings(file: Path | None) -> Iterator[Finding]:
    try:
        config = load(file)
    except ConfigError as error:
        for line in str(error).splitlines():
            yield Finding(Level.WRONG, f"configuration: {line}", "config.example.toml lists every key")
        return
    yield Finding(Level.OK, f"configuration: {file or 'no config.toml, defaults and environment'}")
    yield from _platforms(config)
    yield from _page(config)
    yield from _engine(config)
    yield _disk("store", config.store.path, STORE_DISK_GIB)
    yield from _rights(config.store.path)


def _platforms(config: Config) -> Iterator[Finding]:
    yield _token("discord", config.discord.token, "the Bot page of the Discord developer portal")
    yield _token("telegram", config.telegram.token, "@BotFather on Telegram")
    running = is_alive(config.store.path)
    for name, reason in ended(config.store.path).items():
        level, when = (Level.WRONG, "") if running else (Level.NOTE, " in the last run")
        yield Finding(level, f"{name}: ended{when}: {reason}", "mend that, and restart the bot")


def _token(section: str, token: SecretStr | None, where: str) -> Finding:
    if token:
        return Finding(Level.OK, f"{section}: token given")
    variable = f"{ENV_PREFIX}{section.upper()}__TOKEN"
    return Finding(Level.NOTE, f"{section}: off, no token", f"get one from {where} and set {variable}")


def _page(config: Config) -> Iterator[Finding]:
    if not config.web.enabled:
        yield Finding(Level.NOTE, "web: off")
        return
    if is_alive(config.store.path):
        yield Finding(Level.OK, f"web: a bot is running on {config.store.path}")
        return
    try:
        listen(config.web.host, config.web.port).close()
    except CannotServe as error:
        yield Finding(Level.WRONG, f"web: {error}")
    else:
        yield Finding(Level.OK, f"web: port {config.web.port} is free")


def _engine(config: Config) -> Iterator[Finding]:
    found = gpus()
    if found or config.engine.device != "cuda":
        yield Finding(Level.OK if found else Level.NOTE, f"GPU: {'; '.join(found) or 'none, the CPU draws'}")
    else:
        yield Finding(Level.WRONG, "GPU: none", "install the NVIDIA driver, or set [engine] device to auto")
    try:
        yield from _model(catalog_of(config))
    except RequestError as error:
        yield Finding(Level.WRONG, f"model: {replies.error(error)}", "set [engine] model")
    yield from _tuning(config)
    if config.engine.segmenter:
        yield _helper("engine", "segmenter", Repository.of(config.engine.segmenter))
    if config.safety.classifier:
        yield _helper("safety", "classifier", Repository.of(config.safety.classifier), fetched="the first start, or: ")


def _tuning(config: Config) -> Iterator[Finding]:
    """Look for what was measured on this device, and whether the bot takes it."""
    file = cache_dir(config) / tuned.FILE
    try:
        found, device = tuned.read(file), choose(config.engine.device)
    except ValueError as error:
        yield Finding(Level.NOTE, f"tuning: {file} cannot be read, and is ignored: {error}", TUNE)
    except EngineError:
        return  # without the device that is configured, which was said already
    else:
        if found is None:
            yield Finding(Level.NOTE, "tuning: none", f"{TUNE}; ten minutes at most")
        elif why := found.unfit(machine.identity(device), machine.versions()):
            yield Finding(Level.NOTE, f"tuning: {_age(found)}, ignored: {why}", TUNE)
        else:
            yield Finding(Level.OK, f"tuning: {_age(found)}, for {found.device}: {_counts(found, config)}")


def _age(found: Tuned) -> str:
    days = (datetime.now(UTC) - found.at).days
    return {0: "of today", 1: "a day old"}.get(days, f"{days} days old")


def _counts(found: Tuned, config: Config) -> str:
    by_hand = sorted(TUNED & config.engine.model_fields_set)
    counts = f"; the configuration sets {', '.join(by_hand)}, and that counts" if by_hand else ""
    return f"{choice(found)}{counts}"


def _model(catalog: Catalog) -> Iterator[Finding]:
    model = catalog[catalog.default]
    absent = missing(model)
    for repository in absent:
        yield _absent(model, repository)
    if any(not repository.is_folder for repository in absent):
        yield _disk("model cache", cache(), MODEL_DISK_GIB)
    if model.embedded:
        yield Finding(
            Level.NOTE, "model: the small embedded one", 'set [engine] model = "kandinsky-2-2" for real pictures'
        )
    elif not absent:
        yield Finding(Level.OK, f"model {model.name}: complete")


def _absent(model: ModelSpec, repository: Repository) -> Finding:
    if repository.is_folder:
        mend = "correct its path in [engine.repositories]"
        return Finding(Level.WRONG, f"model {model.name}: {repository.path} holds no complete model", mend)
    mend = f"the first start, or: {fetch_command(repository)}"
    return Finding(Level.NOTE, f"model {model.name}: {repository.path} is not here yet", mend)


def _helper(section: str, name: str, repository: Repository, fetched: str = "") -> Finding:
    """Look for a model that helps those that draw."""
    if is_here(repository):
        return Finding(Level.OK, f"{name} {repository.path}: complete")
    if repository.is_folder:
        mend = f"correct its path in [{section}] {name}"
        return Finding(Level.WRONG, f"{name}: {repository.path} holds no complete model", mend)
    return Finding(Level.NOTE, f"{name}: {repository.path} is not here yet", fetched + fetch_command(repository))


def _rights(path: Path) -> Iterator[Finding]:
    """Look who else on the machine could read people's pictures and words."""
    try:
        if path.is_dir() and is_open_to_others(path):
            mend = f"chmod 700 {path}; the next start does so too, where the folder is the bot's own"
            yield Finding(Level.NOTE, f"store: other users of this machine can look into {path}", mend)
    except OSError:
        return  # there is none yet, or what is wrong with it was said already


def _disk(what: str, path: Path, needed_gib: int) -> Finding:
    tried = (path.absolute(), *path.absolute().parents)
    existing = next(folder for folder in tried if os.path.exists(folder))  # noqa: PTH110 - Path's raises
    free_gib = shutil.disk_usage(existing).free / 2**30
    if not existing.is_dir():
        return Finding(Level.WRONG, f"{what}: {existing} is not a folder", "move it away or choose another folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        return Finding(
            Level.WRONG, f"{what}: {existing} cannot be written", "change its owner or choose another folder"
        )
    if free_gib < needed_gib:
        return Finding(Level.WRONG, f"{what}: {free_gib:.1f} GiB free in {existing}", f"{needed_gib} GiB are needed")
    return Finding(Level.OK, f"{what}: {free_gib:.0f} GiB free in {existing}")
