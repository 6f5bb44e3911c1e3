"""What a running bot holds: memory, descriptors, tasks, rows, and the length of everything that its parts keep."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence, Sized
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

MIB = 2**20
DATABASE = "jobs.sqlite3"
OWN = ("bot.", "engine.")
DEEPEST = 8
# The share of the first samples in which caches fill.
WARM = 0.1


@dataclass(frozen=True, slots=True)
class Sample:
    """Hold what is held after so many jobs; `lengths` are those of every container, by where it is kept."""

    jobs: int
    seconds: float
    memory_mb: float
    descriptors: int
    threads: int
    tasks: int
    entries: int
    job_rows: int
    tally_rows: int
    database_mb: float
    lengths: dict[str, int] = field(default_factory=dict)

    def row(self) -> dict[str, object]:
        """Return what is written and drawn of it."""
        return {name: value for name, value in asdict(self).items() if name != "lengths"}


def sample(bot: object, folder: Path, jobs: int, seconds: float) -> Sample:
    """Look at a bot that has nothing to do at the moment."""
    lengths = dict(_lengths(bot, "bot", set()))
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    files = list(folder.glob(f"{DATABASE}*"))
    with closing(sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True)) as database:
        rows = [int(database.execute(f"select count(*) from {name}").fetchone()[0]) for name in ("jobs", "tallies")]
    return Sample(
        jobs=jobs,
        seconds=round(seconds, 1),
        memory_mb=round(int(status["VmRSS"].split()[0]) / 1024, 1),
        descriptors=len(list(Path("/proc/self/fd").iterdir())),
        threads=int(status["Threads"]),
        tasks=len(asyncio.all_tasks()),
        entries=sum(lengths.values()),
        job_rows=rows[0],
        tally_rows=rows[1],
        database_mb=round(sum(path.stat().st_size for path in files) / MIB, 2),
        lengths=lengths,
    )


def grown(samples: Sequence[Sample], allowed: int) -> dict[str, tuple[int, int]]:
    """Name the containers that hold more than `allowed` things more at the end than once all was warm."""
    first, last = warm(samples)[0].lengths, samples[-1].lengths
    both = {name: (first.get(name, 0), length) for name, length in last.items()}
    return {name: (before, after) for name, (before, after) in both.items() if after > before + allowed}


def growth(samples: Sequence[Sample], name: str) -> float:
    """Tell by how much something is more in the last third of the warm samples than in their first third."""
    values = [float(getattr(it, name)) for it in warm(samples)]
    third = max(1, len(values) // 3)
    return median(values[-third:]) - median(values[:third])


def warm(samples: Sequence[Sample]) -> Sequence[Sample]:
    """Leave out the first samples."""
    return samples[max(1, round(len(samples) * WARM)) :]


def _lengths(thing: object, place: str, seen: set[int], depth: int = 0) -> Iterator[tuple[str, int]]:
    """Yield the length of each container that `thing` and the objects of this project below it keep."""
    if id(thing) in seen or depth > DEEPEST:
        return
    seen.add(id(thing))
    for name, value in _attributes(thing):
        where = f"{place}.{name}"
        if isinstance(value, Sized) and not isinstance(value, str | bytes) and not _is_own(value):
            yield where, len(value)
        elif hasattr(value, "qsize"):
            yield where, int(value.qsize())
        for part in value if isinstance(value, list | tuple) and len(value) < 20 else (value,):
            if _is_own(part):
                yield from _lengths(part, where, seen, depth + 1)


def _attributes(thing: object) -> Iterator[tuple[str, object]]:
    yield from getattr(thing, "__dict__", {}).items()
    for kind in type(thing).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if hasattr(thing, name):
                yield name, getattr(thing, name)


def _is_own(value: object) -> bool:
    return type(value).__module__.startswith((*OWN, "tests.soak"))
