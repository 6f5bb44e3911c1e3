"""What was asked for: the questions about jobs that have nothing to do with running them."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import ColumnElement, and_, case, func, select, true

from engine.jobs import Job, JobStatus
from engine.store.database import Database
from engine.store.rows import ASKED, COUNTS, WISHED, jobs_of, on_server
from engine.store.tables import jobs, tallies

# How many of a person's latest jobs are looked through for prompts.
LOOKED_THROUGH = 300


@dataclass(frozen=True, slots=True)
class Statistics:
    """Count jobs that were asked for in some time, as far as they are still kept.

    `pictures` are those of jobs that were drawn, `seconds` the device's time for them. `wait_s` is the median of the
    seconds from asking to the pictures, `wait_p90_s` what nine in ten of them took at most; `None` where nothing was
    drawn.
    """

    jobs: int
    pictures: int
    failed: int
    seconds: float
    wait_s: float | None
    wait_p90_s: float | None


class History:
    """Tell what was asked for, as far as it is still kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def latest(self, owner: str, limit: int = 10) -> list[Job]:
        """List an owner's latest jobs in whatever state, newest first."""
        query = select(jobs).where(jobs.c.owner == owner, WISHED).order_by(jobs.c.created_at.desc()).limit(limit)
        async with self._database.read() as connection:
            return jobs_of(await connection.execute(query))

    async def prompts(self, owner: str, limit: int = 25) -> list[str]:
        """List the distinct prompts of an owner's latest jobs, newest first."""
        prompt = func.json_extract(jobs.c.request, "$.prompt").label("prompt")
        newest = select(prompt, jobs.c.created_at).where(jobs.c.owner == owner).order_by(jobs.c.created_at.desc())
        found = newest.limit(LOOKED_THROUGH).subquery()
        distinct = select(found.c.prompt).where(found.c.prompt != "").group_by(found.c.prompt)
        query = distinct.order_by(func.max(found.c.created_at).desc()).limit(limit)
        async with self._database.read() as connection:
            return list(await connection.scalars(query))

    async def is_anybody_known(self, before: float) -> bool:
        """Tell whether anybody got a picture that was finished before that."""
        async with self._database.read() as connection:
            return await connection.scalar(select(jobs.c.id).where(_had_a_picture(before)).limit(1)) is not None

    async def known(self, owners: Collection[str], before: float) -> set[str]:
        """Name those of `owners` who got a picture that was finished before that."""
        theirs = select(jobs.c.owner).where(jobs.c.owner.in_(owners), _had_a_picture(before))
        async with self._database.read() as connection:
            return set(await connection.scalars(theirs.distinct()))

    async def used_since(self, owner: str, since: float, server: str | None = None) -> int:
        """Count the pictures that an owner asked for since then, in all or on one server.

        What failed and what was cancelled before it was begun does not count. What was deleted counts for a day.
        """
        mine = and_(jobs.c.owner == owner, jobs.c.created_at >= since, COUNTS, on_server(server) if server else true())
        deleted = and_(
            tallies.c.owner == owner,
            tallies.c.created_at >= since,
            tallies.c.until > time.time(),
            tallies.c.server == server if server else true(),
        )
        async with self._database.read() as connection:
            kept = await connection.scalar(select(func.coalesce(func.sum(ASKED), 0)).where(mine))
            gone = await connection.scalar(select(func.coalesce(func.sum(tallies.c.pictures), 0)).where(deleted))
        return int(kept or 0) + int(gone or 0)

    async def statistics(self, since: float, server: str | None = None, owner: str | None = None) -> Statistics:
        """Count the jobs that were asked for since then, in all, on one server or by one owner."""
        which: list[ColumnElement[bool]] = [jobs.c.created_at >= since]
        which += [on_server(server)] if server else []
        which += [jobs.c.owner == owner] if owner else []
        drawn = jobs.c.seconds.is_not(None)
        query = select(
            func.count(),
            func.coalesce(func.sum(case((drawn, ASKED), else_=0)), 0),
            func.count().filter(jobs.c.status == JobStatus.FAILED),
            func.coalesce(func.sum(jobs.c.seconds), 0.0),
        )
        wait = (jobs.c.finished_at - jobs.c.created_at).label("wait")
        async with self._database.read() as connection:
            asked, pictures, failed, seconds = (await connection.execute(query.where(*which))).one()
            waits = list(await connection.scalars(select(wait).where(*which, drawn, wait.is_not(None))))
        return Statistics(asked, pictures, failed, seconds, _quantile(waits, 0.5), _quantile(waits, 0.9))


def _had_a_picture(before: float) -> ColumnElement[bool]:
    return and_(jobs.c.status == JobStatus.POSTED, jobs.c.finished_at < before)


def _quantile(values: Sequence[float], share: float) -> float | None:
    return float(np.quantile(values, share)) if values else None
