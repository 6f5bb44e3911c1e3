"""Jobs in a store, in whatever state and as old as a test needs them."""

import sqlite3
import time
from contextlib import closing
from itertools import count
from pathlib import Path

from engine.events import Picture
from engine.jobs import Job, JobStatus, Submission
from engine.requests import AnyRequest, Text2Image
from engine.store.store import Store

PICTURE = Picture(b"\x89PNG bytes", "image/png", 64, 64, 7)
_numbers = count()
# The way of each state through the table of transitions.
WAYS = {
    JobStatus.QUEUED: (),
    JobStatus.LEASED: (JobStatus.LEASED,),
    JobStatus.RENDERED: (JobStatus.LEASED, JobStatus.RENDERED),
    JobStatus.POSTED: (JobStatus.LEASED, JobStatus.RENDERED, JobStatus.POSTING, JobStatus.POSTED),
    JobStatus.FAILED: (JobStatus.LEASED, JobStatus.FAILED),
    JobStatus.CANCELLED: (JobStatus.CANCELLED,),
}


def text(prompt: str = "a fox", **fields: object) -> Text2Image:
    return Text2Image(model="demo", prompt=prompt, width=64, height=64, steps=2, guidance_scale=4, seed=7, **fields)


class Shelf:
    """Fill a store."""

    def __init__(self, store: Store, root: Path) -> None:
        self.store, self.root = store, root

    async def put(
        self,
        request: AnyRequest | None = None,
        owner: str = "discord:1",
        place: str = "discord:10/20",
        status: JobStatus = JobStatus.POSTED,
        age_s: float = 0.0,
        waited_s: float = 0.0,
    ) -> Job:
        job, _ = await self.store.add(Submission(request or text(), owner, place, "discord", f"key {next(_numbers)}"))
        for after in WAYS[status]:
            if after is JobStatus.RENDERED:
                await self.store.add_pictures(job.id, [PICTURE], seconds=2.0)
            else:
                await self.store.jobs.move(job.id, after, **({"attempt": 1} if after is JobStatus.LEASED else {}))
        with closing(sqlite3.connect(self.root / "jobs.sqlite3")) as database, database:
            created = time.time() - age_s
            database.execute(
                "UPDATE jobs SET created_at = ?, finished_at = iif(finished_at IS NULL, NULL, ?) WHERE id = ?",
                (created, created + waited_s, job.id),
            )
        return await self.store.jobs.get(job.id)

    def files(self) -> set[str]:
        return {path.name for path in (self.root / "pictures").iterdir()}

    def inputs(self) -> set[str]:
        return {path.stem for path in (self.root / "inputs").iterdir()}
