"""Jobs and pictures on disk: one SQLite file, folders of pictures, one writer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog
from sqlalchemy import ColumnElement, Row, delete, insert, select
from sqlalchemy import true as every

from engine.errors import PictureDamaged
from engine.events import Picture
from engine.jobs import DAY_S, Job, JobStatus, Submission
from engine.requests import AnyRequest
from engine.store.database import Database, StoreInUse
from engine.store.deletion import delete_jobs, unnamed_inputs, unnamed_pictures
from engine.store.files import Files, sha256
from engine.store.history import History, Statistics
from engine.store.job_table import JobTable, TransitionError, checksums, move
from engine.store.promises import Promises
from engine.store.records import Audit, Settings
from engine.store.rows import on_server
from engine.store.schema import StoreUnusable
from engine.store.tables import jobs, pictures, promises, settings

log = structlog.get_logger()

__all__ = ["Statistics", "Store", "StoreInUse", "StoreUnusable", "TransitionError"]

# How many jobs one transaction deletes: nobody else writes meanwhile.
DELETED_AT_ONCE = 200
# A file that no job names may still be on its way into the queue: a person is asked for the words to a picture.
ABANDONED_AFTER_S = DAY_S


class Store:
    """Keep jobs and pictures under `root`; what a method returned from is on the disk.

    `jobs` is the table of jobs, `promises` what is to be one, `history` tells what was asked for; `settings` and
    `audit` are kept beside them. What touches files too is asked of the store itself.
    """

    def __init__(self, root: Path) -> None:
        self._database = Database(root, folders=("pictures", "inputs"))
        self._pictures, self._inputs = Files(root / "pictures"), Files(root / "inputs")
        # When inputs came whose request is not committed yet: whoever deletes must leave them alone.
        self._expected: dict[str, float] = {}
        self.jobs = JobTable(self._database)
        self.history = History(self._database)
        self.promises = Promises(self._database)
        self.settings = Settings(self._database)
        self.audit = Audit(self._database)

    async def __aenter__(self) -> Self:
        """Open the store, bringing an older one up to date.

        Raises `StoreInUse` while another process has it, `StoreUnusable` where it cannot be used.
        """
        await self._database.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store."""
        await self._database.__aexit__(kind, error, trace)

    async def add(self, submission: Submission, hold: bool = False) -> tuple[Job, bool]:
        """Commit a new job, queued or held; the same `key` again returns the first job and `False`."""
        added = await self.jobs.add(submission, hold)
        self._named(submission.request)
        return added

    async def change_request(self, job_id: str, request: AnyRequest) -> Job:
        """Commit another request for a held job; raise `TransitionError` for one that is not held."""
        job = await self.jobs.change_request(job_id, request)
        self._named(request)
        return job

    async def keep_input(self, data: bytes) -> str:
        """Write a picture that a person sent, once, and return its checksum; raise `StoreFailed` if that fails.

        One that is damaged on the disk is mended by being sent again.
        """
        checksum = sha256(data)
        self._expected[checksum] = time.time()
        await self._inputs.keep(f"{checksum}.png", data)
        return checksum

    async def inputs(self, request: AnyRequest) -> dict[str, bytes]:
        """Read the pictures that `request` is about, by their checksums.

        Raises `PictureDamaged` if one cannot be read, `StoreFailed` where the machine can open no file now.
        """
        return {checksum: await self._input(checksum) for checksum in checksums(request)}

    async def add_pictures(
        self, job_id: str, made: Sequence[Picture], seconds: float, notes: dict[str, object] | None = None
    ) -> Job:
        """Write a leased job's pictures to disk, then commit them together with its move to `RENDERED`.

        Raises `TransitionError`, and keeps no file, for a job that was cancelled meanwhile, and `StoreFailed` where the
        disk refuses.
        """
        rows = [_picture_row(job_id, number, picture) for number, picture in enumerate(made)]
        for row, picture in zip(rows, made, strict=True):
            await self._pictures.write(row["file"], picture.data)
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(pictures), rows)
                return await move(connection, job_id, JobStatus.RENDERED, {"seconds": seconds, "notes": notes or {}})
        except TransitionError:
            self._pictures.remove(row["file"] for row in rows)
            raise

    async def pictures(self, job_id: str) -> list[Picture]:
        """Read a job's pictures back in order.

        Raises `PictureDamaged` if a file cannot be read or is not what was written, `StoreFailed` where the machine can
        open no file now.
        """
        query = select(pictures).where(pictures.c.job_id == job_id).order_by(pictures.c.number)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [await self._read(row) for row in rows]

    async def delete(self, job_id: str) -> None:
        """Delete an ended job with its pictures, and its inputs where no other job names them.

        Raises `TransitionError` for a job that is not over, `KeyError` if there is none.
        """
        if not await self._delete(jobs.c.id == job_id):
            job = await self.jobs.get(job_id)
            raise TransitionError(job=job.id, status=job.status)

    async def forget(self, owner: str) -> int:
        """Delete all ended jobs of an owner and the owner's settings, and return how many jobs those were.

        What was asked for in the last day goes on to count, without a word of what it was.
        """
        async with self._database.write() as connection:
            await connection.execute(delete(settings).where(settings.c.scope == f"owner:{owner}"))
            await connection.execute(delete(promises).where(promises.c.owner == owner))
        return await self._delete(jobs.c.owner == owner)

    async def expire(self, before: float, server: str | None = None) -> int:
        """Delete the ended jobs that were created before that, of all servers or of one; return their number."""
        return await self._delete((jobs.c.created_at < before) & (on_server(server) if server else every()))

    async def remove_abandoned(self) -> int:
        """Remove files older than a day that no job names, and return how many those were.

        Pictures are left alone while the database knows no job at all: it may be a new one in an old store's place.
        """
        removed = 0
        for names in _portions(await asyncio.to_thread(self._inputs.older, ABANDONED_AFTER_S)):
            removed += await self._drop_inputs([name.partition(".")[0] for name in names])
        abandoned = await asyncio.to_thread(self._pictures.older, ABANDONED_AFTER_S)
        if abandoned and not await self.jobs.are_there():
            log.warning("pictures_without_jobs_left_alone", files=len(abandoned))
            return removed
        for names in _portions(abandoned):
            async with self._database.read() as connection:
                unnamed = await unnamed_pictures(connection, names)
            self._pictures.remove(unnamed)
            removed += len(unnamed)
        return removed

    async def _delete(self, which: ColumnElement[bool]) -> int:
        """Delete ended jobs, some at a time, so that others may write in between; return their number."""
        count = 0
        while True:
            async with self._database.write() as connection:
                deleted = await delete_jobs(connection, which, DELETED_AT_ONCE)
            self._pictures.remove(deleted.files)
            await self._drop_inputs(deleted.checksums)
            count += deleted.jobs
            if deleted.jobs < DELETED_AT_ONCE:
                return count

    async def _drop_inputs(self, candidates: Sequence[str]) -> int:
        """Remove the inputs that neither a job nor a request on its way names; no job can come up meanwhile."""
        async with self._database.write() as connection:
            unnamed = await unnamed_inputs(connection, candidates)
            expected_after = time.time() - ABANDONED_AFTER_S
            dropped = [each for each in unnamed if self._expected.get(each, 0) < expected_after]
            for checksum in dropped:
                self._expected.pop(checksum, None)
                self._inputs.remove([f"{checksum}.png"])
        return len(dropped)

    async def _input(self, checksum: str) -> bytes:
        try:
            return await self._inputs.read(f"{checksum}.png", checksum)
        except PictureDamaged as error:
            raise PictureDamaged("input_damaged", **error.facts) from error

    async def _read(self, row: Row[Any]) -> Picture:
        data = await self._pictures.read(row.file, row.sha256)
        return Picture(data, row.media_type, row.width, row.height, row.seed)

    def _named(self, request: AnyRequest) -> None:
        for checksum in checksums(request):
            self._expected.pop(checksum, None)


def _picture_row(job_id: str, number: int, picture: Picture) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "number": number,
        "file": f"{job_id}-{number + 1}{picture.suffix}",
        "sha256": sha256(picture.data),
        "media_type": picture.media_type,
        "width": picture.width,
        "height": picture.height,
        "seed": picture.seed,
    }


def _portions(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), DELETED_AT_ONCE):
        yield names[start : start + DELETED_AT_ONCE]
