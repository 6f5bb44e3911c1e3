"""Jobs and pictures on disk: one SQLite file, one folder of pictures, one writer."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog
from alembic import command
from alembic.config import Config as AlembicConfig
from filelock import FileLock, Timeout
from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, event, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or_skip
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from engine.errors import EngineError, PictureDamaged, StoreFailed
from engine.events import Picture
from engine.jobs import TRANSITIONS, Job, JobStatus, Submission
from engine.requests import AnyRequest
from engine.tables import jobs, pictures

log = structlog.get_logger()

_REQUEST: TypeAdapter[AnyRequest] = TypeAdapter(AnyRequest)
_SUFFIXES = {"image/png": ".png", "image/webp": ".webp", "image/jpeg": ".jpg", "image/gif": ".gif"}


class TransitionError(EngineError):
    """Say that a job is not in a state from which it may go where it was sent."""

    code = "wrong_transition"


class StoreInUse(EngineError):
    """Say that another process already works on this store."""

    code = "store_in_use"


class StoreUnusable(EngineError):
    """Say that the store's folder or database cannot be read or written."""

    code = "store_unusable"


class Store:
    """Keep jobs and pictures under `root`; what a method returned from is on the disk (WAL, `synchronous=FULL`)."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._pictures = root / "pictures"
        self._inputs = root / "inputs"
        self._engine: AsyncEngine | None = None
        # SQLite has one writer: queue for it here rather than meet its busy timeout.
        self._writing = asyncio.Lock()
        self._lock = FileLock(root / "lock")

    async def __aenter__(self) -> Self:
        """Open the database, bringing an older one up to date.

        Raises `StoreInUse` while another process has it, `StoreUnusable` where it cannot be read or written.
        """
        try:
            await self._open()
        except Timeout:
            raise StoreInUse(folder=str(self._root)) from None
        except (OSError, DatabaseError) as error:
            await self._close()
            raise StoreUnusable(folder=str(self._root), reason=_reason(error)) from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the database."""
        await self._close()

    async def add(self, submission: Submission) -> tuple[Job, bool]:
        """Commit a new queued job; the same `key` again returns the first job and `False`."""
        row = {
            "id": secrets.token_hex(5),
            "key": submission.key,
            "owner": submission.owner,
            "place": submission.place,
            "surface": submission.surface,
            "address": submission.address,
            "request": submission.request.model_dump(mode="json"),
            "status": JobStatus.QUEUED,
            "created_at": time.time(),
        }
        async with self._write() as connection:
            added = await connection.execute(insert_or_skip(jobs).values(row).on_conflict_do_nothing())
            found = (await connection.execute(select(jobs).where(jobs.c.key == submission.key))).one()
        if added.rowcount:
            log.info("job", job=found.id, status=JobStatus.QUEUED, owner=found.owner, attempt=0)
        return _job(found), bool(added.rowcount)

    async def get(self, job_id: str) -> Job:
        """Read one job; raise `KeyError` if there is none."""
        async with self._read() as connection:
            row = (await connection.execute(select(jobs).where(jobs.c.id == job_id))).one_or_none()
        if row is None:
            raise KeyError(job_id)
        return _job(row)

    async def by_key(self, key: str) -> Job | None:
        """Read the job that was submitted with this key."""
        found = await self._list(jobs.c.key == key)
        return found[0] if found else None

    async def with_status(self, statuses: Collection[JobStatus]) -> list[Job]:
        """List the jobs in these states, oldest first."""
        return await self._list(jobs.c.status.in_(statuses))

    async def untold(self) -> list[Job]:
        """List the jobs whose person has not seen how they ended, oldest first."""
        return await self._list(jobs.c.told.is_(False))

    async def timed(self, count: int) -> list[Job]:
        """List the latest `count` jobs whose time on the device is known, newest first."""
        query = select(jobs).where(jobs.c.seconds.is_not(None)).order_by(jobs.c.created_at.desc()).limit(count)
        async with self._read() as connection:
            return [_job(row) for row in await connection.execute(query)]

    async def move(self, job_id: str, status: JobStatus, **changes: Any) -> Job:
        """Commit a transition and what changes with it; raise `TransitionError` where the table forbids it."""
        async with self._write() as connection:
            return await _move(connection, job_id, status, changes)

    async def keep_input(self, data: bytes) -> str:
        """Write a picture that a person sent, once, and return its checksum."""
        checksum = hashlib.sha256(data).hexdigest()
        path = self._inputs / f"{checksum}.png"
        if not path.exists():
            await asyncio.to_thread(_write_synced, path, data)
        return checksum

    async def inputs(self, request: AnyRequest) -> dict[str, bytes]:
        """Read the pictures that `request` is about, by their checksums; raise `PictureDamaged` if one is gone."""
        checksums = {picture.sha256 for picture in request.pictures()}
        return {checksum: await asyncio.to_thread(self._read_input, checksum) for checksum in checksums}

    async def add_pictures(
        self, job_id: str, made: Sequence[Picture], seconds: float, notes: dict[str, object] | None = None
    ) -> Job:
        """Write a leased job's pictures to disk, then commit them together with its move to `RENDERED`.

        Raises `TransitionError`, and keeps no file, for a job that was cancelled meanwhile; `OSError` or `StoreFailed`
        where the disk refuses.
        """
        rows = [
            await asyncio.to_thread(self._write_picture, job_id, number, picture) for number, picture in enumerate(made)
        ]
        try:
            async with self._write() as connection:
                await connection.execute(insert(pictures), rows)
                return await _move(connection, job_id, JobStatus.RENDERED, {"seconds": seconds, "notes": notes or {}})
        except TransitionError:
            for row in rows:
                (self._pictures / str(row["file"])).unlink(missing_ok=True)
            raise

    async def pictures(self, job_id: str) -> list[Picture]:
        """Read a job's pictures back in order; raise `PictureDamaged` if a file is not what was written."""
        query = select(pictures).where(pictures.c.job_id == job_id).order_by(pictures.c.number)
        async with self._read() as connection:
            rows = (await connection.execute(query)).all()
        return [await asyncio.to_thread(self._read_picture, row) for row in rows]

    async def set_address(self, job_id: str, address: dict[str, object]) -> Job:
        """Commit where and how the surface answers this job."""
        return await self._change(job_id, address=address)

    async def set_told(self, job_id: str) -> Job:
        """Commit that the person has seen how the job ended."""
        return await self._change(job_id, told=True)

    async def _open(self) -> None:
        for folder in (self._pictures, self._inputs):
            folder.mkdir(parents=True, exist_ok=True)
        self._lock.acquire(blocking=False)
        # An address holds secrets: no error may quote the values of its statement.
        self._engine = create_async_engine(f"sqlite+aiosqlite:///{self._root / 'jobs.sqlite3'}", hide_parameters=True)
        event.listen(self._engine.sync_engine, "connect", _prepare)
        event.listen(self._engine.sync_engine, "begin", _begin)
        async with self._engine.begin() as connection:
            await connection.run_sync(_migrate)

    async def _close(self) -> None:
        if self._engine:
            await self._engine.dispose()
        self._lock.release()

    async def _change(self, job_id: str, **changes: Any) -> Job:
        async with self._write() as connection:
            query = update(jobs).where(jobs.c.id == job_id).values(changes).returning(*jobs.c)
            return _job((await connection.execute(query)).one())

    async def _list(self, condition: Any) -> list[Job]:
        async with self._read() as connection:
            return [
                _job(row) for row in await connection.execute(select(jobs).where(condition).order_by(jobs.c.created_at))
            ]

    @asynccontextmanager
    async def _write(self) -> AsyncIterator[AsyncConnection]:
        assert self._engine, "the store is used outside its async with"  # noqa: S101 - a programming error
        try:
            async with self._writing, self._engine.begin() as connection:
                yield connection
        except DatabaseError as error:
            raise StoreFailed(reason=_reason(error)) from error

    @asynccontextmanager
    async def _read(self) -> AsyncIterator[AsyncConnection]:
        assert self._engine, "the store is used outside its async with"  # noqa: S101 - a programming error
        async with self._engine.connect() as connection:
            yield connection

    def _write_picture(self, job_id: str, number: int, picture: Picture) -> dict[str, object]:
        name = f"{job_id}-{number + 1}{_SUFFIXES[picture.media_type]}"
        _write_synced(self._pictures / name, picture.data)
        return {
            "job_id": job_id,
            "number": number,
            "file": name,
            "sha256": hashlib.sha256(picture.data).hexdigest(),
            "media_type": picture.media_type,
            "width": picture.width,
            "height": picture.height,
            "seed": picture.seed,
        }

    def _read_input(self, checksum: str) -> bytes:
        return _checked(self._inputs / f"{checksum}.png", checksum)

    def _read_picture(self, row: Row[Any]) -> Picture:
        data = _checked(self._pictures / row.file, row.sha256)
        return Picture(data, row.media_type, row.width, row.height, row.seed)


async def _move(connection: AsyncConnection, job_id: str, status: JobStatus, changes: dict[str, Any]) -> Job:
    allowed = [before for before, after in TRANSITIONS.items() if status in after]
    query = update(jobs).where(jobs.c.id == job_id, jobs.c.status.in_(allowed)).values(status=status, **changes)
    row = (await connection.execute(query.returning(*jobs.c))).one_or_none()
    if row is None:
        raise TransitionError(job=job_id, to=status)
    log.info("job", job=job_id, status=status, owner=row.owner, attempt=row.attempt)
    return _job(row)


def _job(row: Row[Any]) -> Job:
    fields = dict(row._mapping)
    return Job(**{**fields, "status": JobStatus(row.status), "request": _REQUEST.validate_python(row.request)})


def _checked(path: Path, checksum: str) -> bytes:
    data = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(data).hexdigest() != checksum:
        raise PictureDamaged(file=path.name)
    return data


def _write_synced(path: Path, data: bytes) -> None:
    """Write a whole file or none: a crash in between leaves only the `.part`."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # `_begin` opens transactions: left to the driver, a migration would have none
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _reason(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error)  # SQLAlchemy adds the statement and a web address


def _migrate(connection: Connection) -> None:
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
