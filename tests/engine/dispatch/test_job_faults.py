"""What goes wrong with one job ends that job: those that serve all go on, and nobody waits for a disk that refuses."""

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import engine.dispatch.storing
from engine.catalog import DEMO
from engine.checks import complete
from engine.dispatch.dispatcher import Dispatcher
from engine.errors import StoreFailed
from engine.events import Done, Failed, Picture, Progress
from engine.jobs import Job, JobStatus, Submission
from engine.request import InputPicture
from engine.requests import Img2Img
from engine.store.store import Store
from engine.workers.fake import FakeWorker
from tests.engine.dispatch.lane_bench import (
    Recording,
    Workers,
    busy,
    ended,
    lanes_of,
    reached,
    submitted,
    until,
    workers,
)

PICTURE = Picture(b"bytes", "image/png", 64, 64, 7)
RENDERED, FAILED, CANCELLED, LEASED = JobStatus.RENDERED, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.LEASED


@pytest.fixture
async def store(tmp_path) -> AsyncIterator[Store]:
    async with Store(tmp_path) as store:
        yield store


@pytest.fixture(autouse=True)
def _impatient(monkeypatch) -> None:
    monkeypatch.setattr(engine.dispatch.storing, "STORE_RETRY_S", 0.001)


async def drawn_over(dispatcher: Dispatcher, store: Store) -> tuple[Job, str]:
    """Submit a job about a picture that a person sent."""
    checksum = await store.keep_input(b"\x89PNG of a person")
    photo = InputPicture(sha256=checksum, width=128, height=128)
    request = complete(Img2Img(model="demo", prompt="over", picture=photo, seed=7), DEMO)
    return await dispatcher.submit(Submission(request, "ann", "here", "web", "over")), f"{checksum}.png"


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.EISDIR, errno.ELOOP])
async def test_an_input_that_cannot_be_read_ends_its_job_in_words(store: Store, monkeypatch, number: int) -> None:
    """It ended the dispatcher at every start: nobody's jobs ran."""
    [worker] = workers(1)
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == name:
            raise OSError(number, "refused", str(path))
        return read(path)

    async with Dispatcher(store, [worker]) as dispatcher:
        mine, name = await drawn_over(dispatcher, store)
        [other] = await submitted(dispatcher, "b")
        monkeypatch.setattr(Path, "read_bytes", refuse)
        worker.open.set()
        mine, other = await ended(store, mine, other)
    assert (mine.status, mine.error, other.status) == (FAILED, "input_damaged", RENDERED)


async def test_an_input_waits_while_the_whole_machine_can_open_no_file(store: Store, monkeypatch) -> None:
    [worker] = workers(1)
    with monkeypatch.context() as patch:
        async with Dispatcher(store, [worker]) as dispatcher:
            mine, _ = await drawn_over(dispatcher, store)
            refuse, refused = OSError(errno.EMFILE, "Too many open files"), []
            patch.setattr(Path, "read_bytes", lambda path: (_ for _ in ()).throw(refused.append(path) or refuse))
            worker.open.set()
            await until(lambda: len(refused) > 2)
            patch.undo()
            monkeypatch.setattr(engine.dispatch.storing, "STORE_RETRY_S", 0.001)
            [mine] = await ended(store, mine)
    assert mine.status is RENDERED


async def test_what_nobody_foresaw_of_one_job_ends_that_job_and_is_in_the_log(store: Store, monkeypatch) -> None:
    [worker] = workers(1)
    inputs = store.inputs

    async def strange(request):
        if request.prompt == "a":
            raise LookupError("what nobody foresaw")
        return await inputs(request)

    monkeypatch.setattr(store, "inputs", strange)
    with capture_logs() as logs:
        async with Dispatcher(store, [worker]) as dispatcher:
            jobs = await submitted(dispatcher, "a", "b")
            worker.open.set()
            first, second = await ended(store, *jobs)
    assert (first.status, first.error, second.status) == (FAILED, "render_failed", RENDERED)
    [line] = [line for line in logs if line["event"] == "job_not_leased"]
    assert isinstance(line["exc_info"], LookupError)


STRANGE: dict[str, Callable[[Job], object]] = {
    "failed": lambda job: Failed(job.id, 1, 1, "out_of_memory", {"what": object()}),  # facts that no database takes
    "done": lambda job: Done(job.id, 1, 1, (PICTURE,), 1.0, {"note": {1, 2}}),
    "empty": lambda job: Done(job.id, 1, 1, (), 1.0),
}


@pytest.mark.parametrize("what", STRANGE)
async def test_a_result_that_cannot_be_stored_ends_its_job_only(store: Store, what: str) -> None:
    """It ended the listener, and with it the bot."""
    [worker] = team = workers(1)
    with capture_logs():  # what the log makes of such a traceback in tests takes seconds
        await says_something_strange(store, team, worker, what)


async def says_something_strange(store: Store, team: Workers, worker: Recording, what: str) -> None:
    async with Dispatcher(store, team) as dispatcher:
        [job] = await busy(dispatcher, store, team)
        worker._say(STRANGE[what](job))
        [job] = await ended(store, job)
        assert (job.status, job.error) == (FAILED, "render_failed")
        worker.go_on()
        await until(lambda: not worker._renders)
        [other] = await submitted(dispatcher, "after")
        assert [job.status for job in await ended(store, other)] == [RENDERED]


async def test_a_batch_that_cannot_be_handed_over_costs_only_the_job_that_is_to_blame(
    store: Store, monkeypatch
) -> None:
    [worker] = workers(1, slots=4)
    run = worker.run

    async def refuse(epoch, batch):
        if any(task.request.prompt == "bad" for task in batch):
            raise TypeError("cannot pickle")
        await run(epoch, batch)

    monkeypatch.setattr(worker, "run", refuse)
    async with Dispatcher(store, [worker]) as dispatcher:
        jobs = await submitted(dispatcher, "a", "bad", "c")
        worker.open.set()
        after = await ended(store, *jobs)
    assert [(job.status, job.error) for job in after] == [(RENDERED, None), (FAILED, "render_failed"), (RENDERED, None)]


class Refusing:
    """Be a disk that takes no pictures until it is mended."""

    def __init__(self, store: Store, monkeypatch, *, silent: bool = False) -> None:
        self.tries, self.mended, self._silent = 0, asyncio.Event(), silent
        self._add_pictures = store.add_pictures
        monkeypatch.setattr(store, "add_pictures", self.refuse)

    async def refuse(self, *arguments):
        self.tries += 1
        if self._silent:
            await self.mended.wait()
        if not self.mended.is_set():
            raise StoreFailed(reason="full")
        return await self._add_pictures(*arguments)


@pytest.mark.parametrize("silent", [False, True])
async def test_others_of_the_lane_go_on_while_the_disk_refuses_a_result(store: Store, monkeypatch, silent) -> None:
    [worker] = workers(1)
    disk = Refusing(store, monkeypatch, silent=silent)
    async with Dispatcher(store, [worker]) as dispatcher:
        worker.open.set()
        [first] = await submitted(dispatcher, "a")
        await until(lambda: disk.tries)
        worker.hang()
        [second] = await submitted(dispatcher, "b")
        await reached(store, second, LEASED)
        worker._say(Progress(second.id, 1, 1, 2, 5))
        await until(lambda: [u.step for u in dispatcher.owned("b")] == [2])
        await worker.crash()
        await until(lambda: worker._epoch == 2 and lanes_of(dispatcher)[0].epoch == 2)
        assert (await store.jobs.get(first.id)).status is LEASED
        disk.mended.set()
        first, second = await ended(store, first, second)
    assert (first.status, first.attempt) == (RENDERED, 1), "it was drawn before the worker died, and not again"
    assert (second.status, second.attempt) == (RENDERED, 2)


async def test_a_job_that_is_cancelled_while_the_disk_refuses_it_leaves_no_file(store, monkeypatch, tmp_path) -> None:
    [worker] = workers(1)
    disk = Refusing(store, monkeypatch)
    async with Dispatcher(store, [worker]) as dispatcher:
        worker.open.set()
        [job] = await submitted(dispatcher, "a")
        await until(lambda: disk.tries)
        await dispatcher.cancel(job.id)
        disk.mended.set()
        await until(lambda: not dispatcher._leasing._storing._sizes)
        assert (await store.jobs.get(job.id)).status is CANCELLED
    assert list((tmp_path / "pictures").iterdir()) == []


async def test_no_lane_draws_more_than_memory_may_hold_for_the_disk(store: Store, monkeypatch) -> None:
    monkeypatch.setattr(engine.dispatch.storing, "UNSTORED_BYTES", 1)
    [worker] = workers(1)
    disk = Refusing(store, monkeypatch)
    async with Dispatcher(store, [worker]) as dispatcher:
        worker.open.set()
        jobs = await submitted(dispatcher, "a", "b", "c")
        await until(lambda: disk.tries > 5)
        assert len(worker.batches) == 1
        disk.mended.set()
        assert {job.status for job in await ended(store, *jobs)} == {RENDERED}


async def test_an_orderly_end_stores_what_was_drawn(store: Store, monkeypatch) -> None:
    [worker] = workers(1)
    disk = Refusing(store, monkeypatch, silent=True)
    async with Dispatcher(store, [worker]) as dispatcher:
        worker.open.set()
        [job] = await submitted(dispatcher, "a")
        await until(lambda: disk.tries)
        asyncio.get_running_loop().call_later(0.05, disk.mended.set)
    assert (await store.jobs.get(job.id)).status is RENDERED


async def test_an_end_does_not_wait_for_ever_and_the_next_run_draws_again(store: Store, monkeypatch) -> None:
    monkeypatch.setattr(engine.dispatch.storing, "GRACE_S", 0.05)
    [worker] = workers(1)
    disk = Refusing(store, monkeypatch)
    async with asyncio.timeout(5):
        async with Dispatcher(store, [worker]) as dispatcher:
            worker.open.set()
            [job] = await submitted(dispatcher, "a")
            await until(lambda: disk.tries)
        disk.mended.set()
        async with Dispatcher(store, [FakeWorker()]):
            [job] = await ended(store, job)
    assert (job.status, job.attempt) == (RENDERED, 2)


async def test_a_lane_gives_back_what_it_lost_before_it_takes_anything_else(store: Store, monkeypatch) -> None:
    [worker] = team = workers(1)
    async with Dispatcher(store, team) as dispatcher:
        [lost] = await busy(dispatcher, store, team)
        [waiting] = await submitted(dispatcher, "waiting")
        move, refusals = store.jobs.move, [StoreFailed(reason="full")] * 20

        async def refuse(job_id, status, **changes):
            if job_id == lost.id and refusals:
                raise refusals.pop()
            return await move(job_id, status, **changes)

        monkeypatch.setattr(store.jobs, "move", refuse)
        await worker.crash()
        assert [job.status for job in await ended(store, lost, waiting)] == [RENDERED] * 2
    assert [task.job_id for batch in worker.batches for task in batch] == [lost.id, lost.id, waiting.id]


async def test_a_defect_of_the_room_itself_is_not_hidden(store: Store, monkeypatch) -> None:
    async def run() -> None:
        [worker] = workers(1)
        async with asyncio.timeout(5), Dispatcher(store, [worker]) as dispatcher:
            monkeypatch.setattr(dispatcher._room, "take", lambda lane: [][0])
            worker.open.set()
            await submitted(dispatcher, "a")
            await asyncio.sleep(3)

    with pytest.raises(ExceptionGroup) as caught:
        await run()
    assert caught.group_contains(IndexError)
