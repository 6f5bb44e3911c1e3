"""The table of jobs: what is committed, which transitions happen, what was asked for."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Mapping
from typing import Any

import structlog
from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or_skip
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.errors import EngineError
from engine.jobs import TRANSITIONS, Job, JobStatus, Submission, server_of
from engine.requests import AnyRequest
from engine.store.database import Database
from engine.store.promises import end_promise
from engine.store.rows import job_of, jobs_of
from engine.store.tables import inputs, jobs

log = structlog.get_logger()


class TransitionError(EngineError):
    """Say that a job is not in a state from which it may go where it was sent."""

    code = "wrong_transition"


class JobTable:
    """Keep jobs in the database; what a method returned from is on the disk.

    `add` and `change_request` are for the store, which keeps the pictures that requests name.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, submission: Submission, hold: bool = False) -> tuple[Job, bool]:
        """Commit a new job, queued or held, and with it the end of what was promised under its `key`.

        The same `key` again returns the first job and `False`.
        """
        row = {
            "id": secrets.token_hex(5),
            "key": submission.key,
            "owner": submission.owner,
            "place": submission.place,
            "surface": submission.surface,
            "address": submission.address,
            "request": submission.request.model_dump(mode="json"),
            "status": JobStatus.HELD if hold else JobStatus.QUEUED,
            "created_at": time.time(),
        }
        async with self._database.write() as connection:
            await end_promise(connection, submission.key)
            statement = insert_or_skip(jobs).values(row).on_conflict_do_nothing().returning(*jobs.c)
            if added := (await connection.execute(statement)).one_or_none():
                await _name_inputs(connection, added.id, submission.request)
        if not added:
            [known] = await self._list(jobs.c.key == submission.key)
            return known, False
        log.info("job", job=added.id, status=added.status, owner=added.owner, attempt=0)
        return job_of(added), True

    async def change_request(self, job_id: str, request: AnyRequest) -> Job:
        """Commit another request for a held job; raise `TransitionError` for one that is not held."""
        async with self._database.write() as connection:
            held = update(jobs).where(jobs.c.id == job_id, jobs.c.status == JobStatus.HELD)
            query = held.values(request=request.model_dump(mode="json")).returning(*jobs.c)
            row = (await connection.execute(query)).one_or_none()
            if row is None:
                raise TransitionError(job=job_id, to=JobStatus.HELD)
            await connection.execute(delete(inputs).where(inputs.c.job_id == job_id))
            await _name_inputs(connection, job_id, request)
        return job_of(row)

    async def get(self, job_id: str) -> Job:
        """Read one job; raise `KeyError` if there is none."""
        if not (found := await self._list(jobs.c.id == job_id)):
            raise KeyError(job_id)
        return found[0]

    async def by_key(self, key: str) -> Job | None:
        """Read the job that was submitted with this key."""
        found = await self._list(jobs.c.key == key)
        return found[0] if found else None

    async def with_status(self, statuses: Collection[JobStatus]) -> list[Job]:
        """List the jobs in these states, oldest first."""
        return await self._list(jobs.c.status.in_(statuses))

    async def untold(self) -> list[Job]:
        """List the jobs whose person has not seen how they ended, oldest first; held ones wait for the person."""
        return await self._list(jobs.c.told.is_(False) & (jobs.c.status != JobStatus.HELD))

    async def owned_by(self, owner: str) -> list[Job]:
        """List all jobs of an owner, oldest first."""
        return await self._list(jobs.c.owner == owner)

    async def timed(self, count: int) -> list[Job]:
        """List the latest `count` jobs whose time on the device is known, newest first."""
        query = select(jobs).where(jobs.c.seconds.is_not(None)).order_by(jobs.c.created_at.desc()).limit(count)
        async with self._database.read() as connection:
            return jobs_of(await connection.execute(query))

    async def move(self, job_id: str, status: JobStatus, **changes: Any) -> Job:
        """Commit a transition and what changes with it; raise `TransitionError` where the table forbids it."""
        async with self._database.write() as connection:
            return await move(connection, job_id, status, changes)

    async def release(self, job_id: str) -> Job:
        """Commit that a held job is queued, as if it was asked for now; raise `TransitionError` if it is not held."""
        async with self._database.write() as connection:
            return await move(
                connection, job_id, JobStatus.QUEUED, {"created_at": time.time()}, only_from=JobStatus.HELD
            )

    async def change_address(self, job_id: str, changes: Mapping[str, object]) -> Job:
        """Commit what changes of where and how the surface answers this job; raise `KeyError` if there is none.

        Whoever changes another part of it at the same time loses nothing.
        """
        async with self._database.write() as connection:
            address = await connection.scalar(select(jobs.c.address).where(jobs.c.id == job_id))
            return await _change(connection, job_id, address={**(address or {}), **changes})

    async def set_told(self, job_id: str, **changes: Any) -> Job:
        """Commit that the person has seen how the job ended, and what changes with it; raise `KeyError` if none."""
        async with self._database.write() as connection:
            return await _change(connection, job_id, told=True, **changes)

    async def are_there(self) -> bool:
        """Tell whether there is any job, in whatever state."""
        async with self._database.read() as connection:
            return await connection.scalar(select(jobs.c.id).limit(1)) is not None

    async def servers(self) -> set[str]:
        """Name the servers that have jobs."""
        async with self._database.read() as connection:
            places = await connection.scalars(select(jobs.c.place).distinct())
            return {server_of(place) for place in places}

    async def _list(self, condition: ColumnElement[bool]) -> list[Job]:
        query = select(jobs).where(condition).order_by(jobs.c.created_at)
        async with self._database.read() as connection:
            return jobs_of(await connection.execute(query))


async def move(
    connection: AsyncConnection,
    job_id: str,
    status: JobStatus,
    changes: dict[str, Any],
    only_from: JobStatus | None = None,
) -> Job:
    """Make a transition within a transaction; raise `TransitionError` where the table forbids it."""
    allowed = [before for before, after in TRANSITIONS.items() if status in after and only_from in (None, before)]
    values = {"status": status, **changes, **_finished(status)}
    query = update(jobs).where(jobs.c.id == job_id, jobs.c.status.in_(allowed)).values(values)
    row = (await connection.execute(query.returning(*jobs.c))).one_or_none()
    if row is None:
        raise TransitionError(job=job_id, to=status)
    log.info("job", job=job_id, status=status, owner=row.owner, attempt=row.attempt)
    return job_of(row)


async def _change(connection: AsyncConnection, job_id: str, **changes: Any) -> Job:
    query = update(jobs).where(jobs.c.id == job_id).values(changes).returning(*jobs.c)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise KeyError(job_id)
    return job_of(row)


def _finished(status: JobStatus) -> dict[str, Any]:
    """Note the time of an end; pictures that could not be delivered were finished when they were rendered."""
    if status not in (JobStatus.RENDERED, JobStatus.FAILED):
        return {}
    return {"finished_at": func.coalesce(jobs.c.finished_at, time.time())}


async def _name_inputs(connection: AsyncConnection, job_id: str, request: AnyRequest) -> None:
    """Write down which inputs the job's request names."""
    rows = [{"job_id": job_id, "sha256": checksum} for checksum in checksums(request)]
    if rows:
        await connection.execute(insert(inputs), rows)


def checksums(request: AnyRequest) -> set[str]:
    """List the inputs that a request names."""
    return {picture.sha256 for picture in request.pictures()}
