"""Cut the power at points of a recording, and hold what is left against what the store had said."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from shutil import rmtree

import engine.store.store
from engine.jobs import Job, JobStatus
from engine.store.store import Store
from tests.powerloss.disk import DISKS, Disk
from tests.powerloss.recording import Record
from tests.powerloss.work import Owned, State, state

DRAWN = (JobStatus.RENDERED, JobStatus.POSTING, JobStatus.POSTED)


@dataclass
class Said:
    """Hold what a store had said up to some point: what is true of each key, and what may be."""

    true: dict[str, State] = field(default_factory=dict)
    begun: dict[int, dict[str, State]] = field(default_factory=dict)

    def take(self, line: dict[str, object]) -> None:
        """Take in a line of the store at work."""
        if "begins" in line:
            self.begun[line["begins"]] = line["may"]  # type: ignore[index, assignment]
        else:
            self.true |= self.begun.pop(line["ends"])  # type: ignore[arg-type]

    def keys(self) -> set[str]:
        return set(self.true) | {key for may in self.begun.values() for key in may}

    def allowed(self, key: str) -> list[State]:
        return [self.true.get(key), *(may[key] for may in self.begun.values() if key in may)]


def cuts(records: list[Record], chance: Random, number: int | None) -> list[int]:
    """Choose where to cut: right before and right after what was synchronised, or `number` of these places."""
    synced = [place for place, record in enumerate(records) if record.op == "sync"]
    places = sorted({place + after for place in synced for after in (0, 1)})
    return places if number is None else sorted(chance.sample(places, min(number, len(places))))


async def check(
    records: list[Record], base: Path, folder: Path, places: Iterable[int], chance: Random, disks: Sequence[str] = DISKS
) -> list[str]:
    """List what is wrong with what is left, cut by cut."""
    disk, said, wrong, wanted = Disk(base), Said(), [], set(places)
    for place, record in enumerate(records):
        for kind in disks if place in wanted else ():
            found = await _cut(disk, said, folder, kind, chance)
            wrong += [f"cut {place} ({record.op} {record.path.name}), {kind} disk: {each}" for each in found]
        if record.path != base / "marks":
            disk.replay(record)
        elif record.op == "write":
            said.take(json.loads(record.data))
    return wrong


async def _cut(disk: Disk, said: Said, folder: Path, kind: str, chance: Random) -> list[str]:
    with suppress(FileNotFoundError):
        rmtree(folder)
    disk.cut_off(folder, kind, chance)
    try:
        return [each async for each in _wrong(folder / "store", said)]
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what a power cut led to
        return [f"{type(error).__name__}: {error}"]


async def _wrong(root: Path, said: Said):
    async with Store(root) as store:
        jobs = {job.key: job for owner in Owned for job in await store.jobs.owned_by(owner)}
        for _ in ("as it was left", "after the sweep"):
            for key in said.keys() | set(jobs):
                found = await _found(store, root, key, jobs)
                if found not in said.allowed(key):
                    yield f"{key} is {found}, and may be {said.allowed(key)}"
            await _swept(store)
        for each in _strays(root, await _named(store, jobs.values())):
            yield each
    with closing(sqlite3.connect(root / "jobs.sqlite3")) as database:
        whole = database.execute("PRAGMA integrity_check").fetchall()
        if whole != [("ok",)]:
            yield f"the database is not whole: {whole}"


async def _found(store: Store, root: Path, key: str, jobs: dict[str, Job]) -> State:
    if key == "secret":
        path = root / "page_secret"
        return path.read_text() if path.exists() else None
    if key.startswith("setting "):
        value = (await store.settings.get(f"owner:{key.partition(' ')[2]}")).get("language")
        return value if value is None else str(value)
    if not (job := jobs.get(key)):
        return None
    await store.inputs(job.request)  # whole, or it raises
    pictures = await store.pictures(job.id) if job.status in DRAWN else []
    return json.loads(json.dumps(state(job, [hashlib.sha256(picture.data).hexdigest() for picture in pictures])))


async def _swept(store: Store) -> None:
    """Sweep as if all files were old: nothing that is needed may go."""
    before = engine.store.store.ABANDONED_AFTER_S
    engine.store.store.ABANDONED_AFTER_S = -60.0
    try:
        await store.remove_abandoned()
    finally:
        engine.store.store.ABANDONED_AFTER_S = before


async def _named(store: Store, jobs: Iterable[Job]) -> set[str]:
    inputs = {f"{checksum}.png" for job in jobs for checksum in await store.inputs(job.request)}
    pictures = {f"{job.id}-{n + 1}.png" for job in jobs for n in range(len(await store.pictures(job.id)))}
    return inputs | pictures


def _strays(root: Path, named: set[str]) -> Iterator[str]:
    """Name the files that the sweep should have taken; those of a store without jobs are left alone on purpose."""
    there = {path.name for name in ("pictures", "inputs") for path in (root / name).iterdir()}
    if named and there != named:
        yield f"files are {sorted(there)}, and should be {sorted(named)}"
