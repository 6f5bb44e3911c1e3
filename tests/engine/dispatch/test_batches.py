"""Requests that are drawn together: who goes along, and that nobody's trouble is anybody else's."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.catalog import DEMO
from engine.checks import complete
from engine.dispatch.caps import Caps
from engine.dispatch.dispatcher import Dispatcher
from engine.errors import OutOfMemory, RequestError
from engine.events import Done, Failed, Progress, WorkerEvent
from engine.jobs import Job, JobStatus, Submission
from engine.models.model import Drawing, Drawn, OnStep
from engine.request import InputPicture
from engine.requests import Img2Img, Text2Image
from engine.store.store import Store
from engine.workers.fake import FakeWorker
from engine.workers.process import ProcessWorker
from engine.workers.render import Renderer, Work
from tests.engine.dispatch.test_dispatcher import Bench
from tests.engine.workers.worker_bench import settings, task
from tests.engine.workers.worker_doubles import Sleeper, draw_all, load_troubled


def submission(key: str, owner: str = "ann", steps: int = 3, **fields: object) -> Submission:
    request = complete(Text2Image(model="demo", prompt=key, steps=steps, seed=7, **fields), DEMO)
    return Submission(request, owner, "here", "web", key)


class Recording(FakeWorker):
    """Remember the batches; begin once `everybody_asked`."""

    def __init__(self) -> None:
        super().__init__(slots=4)
        self.batches: list[list[str]] = []
        self.everybody_asked = asyncio.Event()

    async def _warm_up(self) -> None:
        await self.everybody_asked.wait()
        await super()._warm_up()

    async def run(self, epoch: int, batch: tuple) -> None:
        await super().run(epoch, batch)
        self.batches.append([task.request.prompt for task in batch])


@pytest.fixture
async def store(tmp_path) -> AsyncIterator[Store]:
    async with Store(tmp_path) as store:
        yield store


async def batches(store: Store, *submissions: Submission) -> list[list[str]]:
    worker = Recording()
    async with Dispatcher(store, [worker]) as dispatcher:
        jobs = [await dispatcher.submit(each) for each in submissions]
        worker.everybody_asked.set()
        await ended(store, *jobs)
    return worker.batches


async def ended(store: Store, *jobs: Job, status: JobStatus = JobStatus.RENDERED) -> None:
    for job in jobs:
        await Bench(store).status(job, status)


async def test_alike_requests_of_everybody_are_drawn_together(store: Store) -> None:
    drawn = await batches(store, submission("a"), submission("b", "bob"), submission("c"), submission("d", "cid"))
    assert [sorted(batch) for batch in drawn] == [["a", "b", "c", "d"]]


@pytest.mark.parametrize("other", [{"width": 64}, {"exact": True}], ids=lambda other: next(iter(other)))
async def test_what_differs_is_drawn_on_its_own(store: Store, other: dict) -> None:
    assert await batches(store, submission("a"), submission("b", **other), submission("c")) == [["a", "c"], ["b"]]


async def test_steps_and_guidance_may_differ(store: Store) -> None:
    drawn = await batches(store, submission("a"), submission("b", steps=4), submission("c", guidance_scale=3.0))
    assert drawn == [["a", "b", "c"]]


async def test_the_pictures_of_a_batch_fit_its_slots(store: Store) -> None:
    drawn = await batches(store, submission("a", count=3), submission("b", count=2), submission("c"))
    assert drawn == [["a", "c"], ["b"]]


async def test_no_owner_has_more_in_a_batch_than_the_cap_says(store: Store) -> None:
    worker = Recording()
    async with Dispatcher(store, [worker], Caps(max_running_per_owner=1)) as dispatcher:
        jobs = [await dispatcher.submit(each) for each in (submission("a"), submission("b"), submission("c", "bob"))]
        worker.everybody_asked.set()
        await ended(store, *jobs)
    assert worker.batches == [["a", "c"], ["b"]]


async def test_more_pictures_than_slots_are_drawn_all_the_same(store: Store) -> None:
    worker = FakeWorker(slots=2)
    async with Dispatcher(store, [worker]) as dispatcher:
        await ended(store, await dispatcher.submit(submission("a", count=4)))


async def test_what_was_in_a_batch_when_its_worker_died_is_drawn_alone(store: Store) -> None:
    worker = Recording()
    async with Dispatcher(store, [worker]) as dispatcher:
        worker.hang()
        jobs = [await dispatcher.submit(submission(name)) for name in "abc"]
        worker.everybody_asked.set()
        await ended(store, *jobs, status=JobStatus.LEASED)
        await worker.crash()
        await ended(store, *jobs)
    assert worker.batches == [["a", "b", "c"], ["a"], ["b"], ["c"]]


async def test_one_whose_picture_is_gone_fails_and_the_others_are_drawn(store: Store) -> None:
    lost = InputPicture(sha256="0" * 64, width=128, height=128)
    requests = [complete(Img2Img(model="demo", prompt=name, picture=lost, seed=7), DEMO) for name in "a"]
    worker = FakeWorker(slots=4)
    async with Dispatcher(store, [worker]) as dispatcher:
        job = await dispatcher.submit(Submission(requests[0], "ann", "here", "web", "lost"))
        await ended(store, job, status=JobStatus.FAILED)
        await ended(store, await dispatcher.submit(submission("b")))
    assert (await store.jobs.get(job.id)).error == "input_damaged"


async def test_a_person_s_picture_reaches_the_worker(store: Store) -> None:
    checksum = await store.keep_input(b"bytes")
    request = complete(
        Img2Img(model="demo", prompt="x", picture=InputPicture(sha256=checksum, width=64, height=64), seed=7), DEMO
    )
    assert await store.inputs(request) == {checksum: b"bytes"}


async def test_a_worker_killed_with_three_jobs_in_its_batch_has_all_three_drawn_once(store: Store, tmp_path) -> None:
    worker = ProcessWorker(settings(tmp_path / "cache"), load_troubled)
    async with Dispatcher(store, [worker]) as dispatcher:
        jobs = [await dispatcher.submit(submission(name, steps=30)) for name in "abc"]
        async for update in dispatcher.updates(jobs[0].id, 0.01):
            if update.step >= 2:
                break
        await ended(store, *jobs, status=JobStatus.LEASED)
        await asyncio.to_thread(os.kill, worker.pid, signal.SIGKILL)
        await ended(store, *jobs)
    attempts = [(await store.jobs.get(job.id)).attempt for job in jobs]
    assert attempts == [2, 2, 2]
    assert [len(await store.pictures(job.id)) for job in jobs] == [1, 1, 1]


# What the renderer does with tasks that it was given together


def render(model: object, *prompts: str) -> list[WorkerEvent]:
    said: list[WorkerEvent] = []
    with ThreadPoolExecutor(1) as encoders:
        works = [Work(task(prompt, prompt, steps=2), threading.Event()) for prompt in prompts]
        draw_all(Renderer({"demo": model}, 1, said.append, encoders), works)
    return said


class Fails(Sleeper):
    """Fail where the prompt is `poison`, before the first step or after it."""

    def __init__(self, error: Exception, poison: str, *, late: bool) -> None:
        self.error, self.poison, self.late = error, poison, late

    def render(self, drawings: Sequence[Drawing], on_step: OnStep) -> list[Drawn]:
        if drawings[0].request.prompt == self.poison:
            if self.late:
                super().render(drawings, on_step)
            raise self.error
        return super().render(drawings, on_step)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("error", [OutOfMemory(), RequestError("bad_size"), ZeroDivisionError()])
def test_one_poisoned_request_takes_no_neighbour_down(error: Exception, late: bool) -> None:
    said = render(Fails(error, "b", late=late), "a", "b", "c")
    assert [event.job_id for event in said if isinstance(event, Failed)] == ["b"]
    assert [event.job_id for event in said if isinstance(event, Done)] == ["a", "c"]


def test_each_of_several_hears_of_its_own_steps_while_the_others_make_theirs() -> None:
    said = render(Sleeper(), "a", "b")
    steps = [(event.job_id, event.step) for event in said if isinstance(event, Progress)]
    assert steps == [("a", 1), ("b", 1), ("a", 2), ("b", 2)]
