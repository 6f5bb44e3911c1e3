"""A store at work, by a seed: before each step it says what may become true, and after it what is true.

`python -m tests.powerloss.work BASE SEED STEPS` writes the store to BASE/store and what it says, a line of JSON each,
to BASE/marks.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import sys
import time
from collections.abc import Awaitable
from itertools import count
from pathlib import Path
from random import Random

import structlog

from engine.events import Picture
from engine.jobs import DAY_S, Job, JobStatus, Submission
from engine.request import InputPicture
from engine.requests import AnyRequest, Img2Img, Text2Image
from engine.store.durable import write_file
from engine.store.store import Store

# What is true of a job: its state, whether its person was told, its prompt, its address, its pictures' checksums.
State = list[object] | str | None
Owned = {"ann": "discord:1/2", "bob": "discord:3/4", "eve": "web"}


def state(job: Job, pictures: list[str]) -> State:
    return [job.status, job.told, getattr(job.request, "prompt", ""), job.address.get("n"), pictures]


class Work:
    """Do steps on a store."""

    def __init__(self, base: Path, chance: Random) -> None:
        self.base, self.chance = base, chance
        self.jobs: dict[str, Job] = {}
        self.pictures: dict[str, list[str]] = {}
        self._numbers, self._steps = count(), count()
        self._marks = os.open(base / "marks", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def mark(self, **said: object) -> None:
        os.write(self._marks, (json.dumps(said) + "\n").encode())

    async def step(self, may: dict[str, State], act: Awaitable[object]) -> object:
        """Do something after which `may` is true of each key; until then what was true before may be, too."""
        number = next(self._steps)
        self.mark(begins=number, may=may)
        done = await act
        self.mark(ends=number, true=may)
        return done

    async def live(self, steps: int) -> None:
        async with Store(self.base / "store") as store:
            secret = self.chance.randbytes(16).hex()
            await self.step({"secret": secret}, asyncio.to_thread(write_file, self._secret, secret.encode()))
            for _ in range(steps):
                await self.one(store)

    @property
    def _secret(self) -> Path:
        return self.base / "store" / "page_secret"

    async def one(self, store: Store) -> None:
        acts = (self.add, self.add_some, self.go_on, self.go_on, self.go_on_together, self.change, self.drop, self.put)
        await self.chance.choice(acts)(store)

    def some(self, *statuses: JobStatus) -> Job | None:
        found = [job for job in self.jobs.values() if job.status in statuses]
        return self.chance.choice(found) if found else None

    async def add(self, store: Store) -> None:
        key, owner = f"k{next(self._numbers)}", self.chance.choice(list(Owned))
        request = await self.request(store, key)
        hold = self.chance.random() < 0.2
        status = JobStatus.HELD if hold else JobStatus.QUEUED
        asked = Submission(request, owner, Owned[owner], "web", key, {"n": 0})
        added = await self.step({key: [status, False, key, 0, []]}, store.add(asked, hold))
        self.jobs[key], self.pictures[key] = added[0], []  # type: ignore[index]

    async def add_some(self, store: Store) -> None:
        await asyncio.gather(*(self.add(store) for _ in range(3)))

    async def request(self, store: Store, prompt: str) -> AnyRequest:
        sizes = {"width": 64, "height": 64, "steps": 2, "guidance_scale": 4.0, "seed": 7}
        if self.chance.random() < 0.5:
            return Text2Image(model="demo", prompt=prompt, **sizes)
        # Some are sent twice, and some at the same time.
        data = str(self.chance.randrange(5)).encode() * self.chance.choice((100, 5000))
        photo = InputPicture(sha256=await store.keep_input(data), width=64, height=64)
        return Img2Img(model="demo", prompt=prompt, picture=photo, **sizes)

    async def go_on(self, store: Store) -> None:
        if job := self.some(JobStatus.HELD, JobStatus.QUEUED, JobStatus.LEASED, JobStatus.RENDERED, JobStatus.POSTING):
            await self.further(store, job)

    async def go_on_together(self, store: Store) -> None:
        going = [job for job in self.jobs.values() if job.status is JobStatus.LEASED][:4]
        await asyncio.gather(*(self.further(store, job) for job in going))

    async def further(self, store: Store, job: Job) -> None:
        """Take a job a step further on its way."""
        match job.status:
            case JobStatus.HELD:
                await self.become(job, store.jobs.release(job.id), status=JobStatus.QUEUED)
            case JobStatus.QUEUED:
                move = store.jobs.move(job.id, JobStatus.LEASED, attempt=1)
                await self.become(job, move, status=JobStatus.LEASED)
            case JobStatus.LEASED:
                await self.render(store, job)
            case JobStatus.RENDERED:
                await self.become(job, store.jobs.move(job.id, JobStatus.POSTING), status=JobStatus.POSTING)
            case JobStatus.POSTING:
                move = store.jobs.move(job.id, JobStatus.POSTED, told=True)
                await self.become(job, move, status=JobStatus.POSTED, told=True)

    async def render(self, store: Store, job: Job) -> None:
        data = [self.chance.randbytes(self.chance.choice((10, 3000, 20000))) for _ in range(self.chance.randint(1, 3))]
        made = [Picture(each, "image/png", 64, 64, 7) for each in data]
        self.pictures[job.key] = [hashlib.sha256(each).hexdigest() for each in data]
        await self.become(job, store.add_pictures(job.id, made, 1.0), status=JobStatus.RENDERED)

    async def become(self, job: Job, act: Awaitable[Job], **changes: object) -> None:
        after = {"status": job.status, "told": job.told, "n": job.address.get("n"), **changes}
        prompt = changes.get("prompt", getattr(job.request, "prompt", ""))
        may: State = [after["status"], after["told"], prompt, after["n"], self.pictures[job.key]]
        changed = await self.step({job.key: may}, act)
        assert isinstance(changed, Job)
        self.jobs[job.key] = changed

    async def change(self, store: Store) -> None:
        if held := self.some(JobStatus.HELD):
            request = await self.request(store, f"other words for {held.key}")
            words = getattr(request, "prompt", "")
            await self.become(held, store.change_request(held.id, request), prompt=words)
        elif job := self.some(*JobStatus):
            number = next(self._numbers)
            await self.become(job, store.jobs.change_address(job.id, {"n": number}), n=number)

    async def drop(self, store: Store) -> None:
        """Cancel, delete, forget, let expire, or sweep."""
        ended = (JobStatus.POSTED, JobStatus.FAILED, JobStatus.CANCELLED)
        what = self.chance.randrange(5)
        if what == 0 and (job := self.some(JobStatus.QUEUED, JobStatus.HELD)):
            await self.become(job, store.jobs.move(job.id, JobStatus.CANCELLED), status=JobStatus.CANCELLED)
        elif what == 1 and (job := self.some(*ended)):
            await self.gone([job.key], store.delete(job.id))
        elif what == 2:
            owner = self.chance.choice(list(Owned))
            theirs = [key for key, job in self.jobs.items() if job.owner == owner and job.status in ended]
            await self.gone(theirs, store.forget(owner), settings=owner)
        elif what == 3:
            await self.gone([], store.expire(time.time() - DAY_S))
        else:
            await self.step({}, store.remove_abandoned())

    async def gone(self, keys: list[str], act: Awaitable[object], settings: str = "") -> None:
        await self.step({**dict.fromkeys(keys), **({f"setting {settings}": None} if settings else {})}, act)
        for key in keys:
            del self.jobs[key]

    async def put(self, store: Store) -> None:
        owner, value = self.chance.choice(list(Owned)), str(next(self._numbers))
        await self.step({f"setting {owner}": value}, store.settings.put(f"owner:{owner}", "language", value))


async def main(base: Path, seed: int, steps: int) -> None:
    """Work through three lives of a store, so that it is also closed and opened again."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    work = Work(base, Random(seed))
    for _ in range(3):
        await work.live(steps // 3)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
