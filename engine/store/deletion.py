"""Forgetting jobs: their rows, their picture files, and the inputs that no other job names."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from engine.jobs import DAY_S, ENDED, server_of
from engine.store.rows import ASKED, COUNTS
from engine.store.tables import inputs, jobs, pictures, tallies


@dataclass(frozen=True, slots=True)
class Deleted:
    """Name what a deletion left behind: picture files to remove, and checksums of inputs that may be needed no more."""

    jobs: int = 0
    files: tuple[str, ...] = ()
    checksums: tuple[str, ...] = ()


async def delete_jobs(connection: AsyncConnection, which: ColumnElement[bool], limit: int) -> Deleted:
    """Delete at most `limit` ended jobs; what counts towards the last day's use is tallied."""
    chosen = list(await connection.scalars(select(jobs.c.id).where(which, jobs.c.status.in_(ENDED)).limit(limit)))
    files = await connection.scalars(select(pictures.c.file).where(pictures.c.job_id.in_(chosen)))
    checksums = await connection.scalars(select(inputs.c.sha256).distinct().where(inputs.c.job_id.in_(chosen)))
    found = Deleted(len(chosen), tuple(files), tuple(checksums))
    await _tally(connection, chosen)
    await connection.execute(delete(jobs).where(jobs.c.id.in_(chosen)))  # their pictures' rows go with them
    return found


async def unnamed_inputs(connection: AsyncConnection, checksums: Sequence[str]) -> list[str]:
    """Choose the checksums of inputs that no job's request names."""
    named = set(await connection.scalars(select(inputs.c.sha256).where(inputs.c.sha256.in_(checksums))))
    return [checksum for checksum in checksums if checksum not in named]


async def unnamed_pictures(connection: AsyncConnection, files: Sequence[str]) -> list[str]:
    """Choose the picture files that belong to no job."""
    named = set(await connection.scalars(select(pictures.c.file).where(pictures.c.file.in_(files))))
    return [file for file in files if file not in named]


async def _tally(connection: AsyncConnection, chosen: Sequence[str]) -> None:
    now = time.time()
    await connection.execute(delete(tallies).where(tallies.c.until <= now))
    counted = select(jobs.c.owner, jobs.c.place, ASKED.label("pictures"), jobs.c.created_at).where(
        jobs.c.id.in_(chosen), COUNTS, jobs.c.created_at > literal(now - DAY_S)
    )
    rows = [
        {
            "owner": row.owner,
            "server": server_of(row.place),
            "pictures": row.pictures,
            "created_at": row.created_at,
            "until": row.created_at + DAY_S,
        }
        for row in await connection.execute(counted)
    ]
    if rows:
        await connection.execute(insert(tallies), rows)
