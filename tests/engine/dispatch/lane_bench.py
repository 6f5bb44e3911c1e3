"""Several workers on a bench: what each was given, and what it was told to stop."""

import asyncio
from collections import Counter
from collections.abc import Callable

from engine.catalog import DEMO
from engine.checks import complete
from engine.dispatch.dispatcher import Dispatcher
from engine.dispatch.lane import Lane
from engine.events import Ready
from engine.jobs import Job, JobStatus, Submission
from engine.requests import Text2Image
from engine.store.store import Store
from engine.workers.base import Task
from engine.workers.fake import FakeWorker

NUMBERS = (1, 2, 8)
ENDED = (JobStatus.RENDERED, JobStatus.FAILED, JobStatus.CANCELLED)


class Recording(FakeWorker):
    """Remember what it was given and told to stop; begin once it is `open`, and draw nothing that it cannot."""

    def __init__(
        self, models: tuple[str, ...] = ("demo",), slots: int = 1, swap_s: float = 0.0, warm_up_s: float = 0.0
    ) -> None:
        super().__init__(models, slots, warm_up_s=warm_up_s)
        self.swap_s = swap_s
        self.open = asyncio.Event()
        self.batches: list[tuple[Task, ...]] = []
        self.stopped: list[tuple[str, int]] = []

    @property
    def prompts(self) -> list[list[str]]:
        return [[task.request.prompt for task in batch] for batch in self.batches]

    async def _warm_up(self) -> None:
        await self.open.wait()
        await asyncio.sleep(self._warm_up_s)
        self._ready = True
        self._say(Ready(self._epoch, self._models, self._slots, self.swap_s))

    async def run(self, epoch: int, batch: tuple[Task, ...]) -> None:
        await super().run(epoch, batch)
        assert {task.request.model for task in batch} <= set(self._models)
        self.batches.append(batch)

    async def cancel(self, job_id: str, attempt: int) -> None:
        self.stopped.append((job_id, attempt))
        await super().cancel(job_id, attempt)

    def go_on(self) -> None:
        self._moving.set()


class Workers(list[Recording]):
    """Hold the workers of one dispatcher."""

    def __init__(self, *workers: Recording) -> None:
        super().__init__(workers)

    def open(self) -> None:
        for worker in self:
            worker.open.set()

    def hang(self) -> None:
        for worker in self:
            worker.hang()

    def go_on(self) -> None:
        for worker in self:
            worker.go_on()

    def of(self, job: Job) -> Recording:
        """Find the worker that has the job."""
        [worker] = [worker for worker in self if job.id in {job_id for job_id, _ in worker._renders}]
        return worker

    def given(self) -> Counter[tuple[str, int]]:
        """Count how often each attempt was given to a worker."""
        return Counter((task.job_id, task.attempt) for worker in self for batch in worker.batches for task in batch)


def workers(number: int, **fields: object) -> Workers:
    return Workers(*(Recording(**fields) for _ in range(number)))


def submission(prompt: str, owner: str = "ann", model: str = "demo", **fields: object) -> Submission:
    asked = {"width": 64, "height": 64, "steps": 2, "seed": 7, **fields}
    request = complete(Text2Image(model="demo", prompt=prompt, **asked), DEMO).model_copy(update={"model": model})
    return Submission(request, owner, "here", "web", prompt)


def job(number: int, owner: str = "ann", steps: int = 10, model: str = "demo") -> Job:
    """Be a job that no store knows."""
    asked = submission(str(number), owner, model, steps=steps)
    return Job(str(number), asked.request, owner, "here", "web", str(number), {}, JobStatus.QUEUED, 0, 0.0)


async def submitted(dispatcher: Dispatcher, *prompts: str, **fields: object) -> list[Job]:
    """Submit a job for each prompt; its first letter is its owner."""
    return [await dispatcher.submit(submission(prompt, prompt[0], **fields)) for prompt in prompts]


def lanes_of(dispatcher: Dispatcher) -> list[Lane]:
    return list(dispatcher._lanes)


async def busy(dispatcher: Dispatcher, store: Store, team: Workers) -> list[Job]:
    """Let each worker hang over a job; list the jobs in the order of the workers."""
    team.open()
    team.hang()
    await until(lambda: all(lane.ready for lane in lanes_of(dispatcher)))
    jobs = await submitted(dispatcher, *(f"a{number}" for number in range(len(team))))
    await until(lambda: all(worker._renders for worker in team))
    return sorted([await store.jobs.get(job.id) for job in jobs], key=lambda job: team.index(team.of(job)))


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.001)


async def ended(store: Store, *jobs: Job) -> list[Job]:
    """Wait until the jobs have ended, and read them."""
    return [await reached(store, job, *ENDED) for job in jobs]


async def reached(store: Store, job: Job, *statuses: JobStatus) -> Job:
    async with asyncio.timeout(20):
        while (now := await store.jobs.get(job.id)).status not in statuses:
            await asyncio.sleep(0.002)
    return now
