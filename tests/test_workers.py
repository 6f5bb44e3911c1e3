import asyncio
import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image
from worker_doubles import Sleeper, Troubled, load_forever, load_nothing, load_tiny, load_troubled

from engine.catalog import DEMO
from engine.errors import OutOfMemory, WorkerLost
from engine.events import Accepted, Denoised, Done, Failed, Lost, Progress, Ready, WorkerEvent
from engine.requests import Text2Image, complete
from engine.workers.base import Task, Worker
from engine.workers.child import Load
from engine.workers.fake import FakeWorker
from engine.workers.process import ProcessWorker
from engine.workers.render import Renderer
from engine.workers.settings import WorkerSettings

WAIT_S = 60


def task(job_id: str, prompt: str = "a red circle", attempt: int = 1, **fields: object) -> Task:
    return Task(job_id, attempt, complete(Text2Image(model="demo", prompt=prompt, seed=7, **fields), DEMO))


def long_task(job_id: str) -> Task:
    return task(job_id, steps=150)


class Bench:
    """Hold a running worker, the way to kill it, and an ear for what it says."""

    def __init__(self, worker: Worker, kill: Callable[[], object]) -> None:
        self.worker = worker
        self.kill = kill
        self.events = worker.events()
        self.epoch = 0

    async def next(self) -> WorkerEvent:
        return await asyncio.wait_for(anext(self.events), WAIT_S)

    async def until(self, kind: type) -> list[WorkerEvent]:
        heard = [await self.next()]
        while not isinstance(heard[-1], kind):
            heard.append(await self.next())
        return heard

    async def ready(self) -> "Bench":
        self.epoch = (await self.until(Ready))[-1].epoch
        return self

    async def run(self, *tasks: Task) -> None:
        await self.worker.run(self.epoch, tasks)


def settings(cache_dir: Path, **changes: object) -> WorkerSettings:
    return WorkerSettings(models=(DEMO,), cache_dir=cache_dir, device="cpu", restart_s=0.01, **changes)


def make(kind: str, cache_dir: Path, load: Load = load_troubled) -> Bench:
    if kind == "fake":
        fake = FakeWorker(step_s=0.002)
        return Bench(fake, fake.crash)
    worker = ProcessWorker(settings(cache_dir), load)
    return Bench(worker, lambda: asyncio.to_thread(os.kill, worker.pid, signal.SIGKILL))


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Keep the processes to one thread each: on a busy machine several wait for each other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


# The promises that every worker keeps

KINDS = ["fake", "process"]
shared_loop = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(params=KINDS, scope="module", loop_scope="module")
async def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    bench = make(request.param, tmp_path_factory.mktemp("cache"), load_tiny)
    await bench.worker.start()
    yield await bench.ready()
    await bench.worker.stop()


@shared_loop
async def test_a_task_is_accepted_makes_progress_frees_its_slot_and_is_done(bench: Bench) -> None:
    await bench.run(task("order", count=2))
    heard = await bench.until(Done)
    assert [type(event) for event in heard if not isinstance(event, Progress)] == [Accepted, Denoised, Done]
    assert {(event.job_id, event.attempt, event.epoch) for event in heard} == {("order", 1, bench.epoch)}
    steps = [event.step for event in heard if isinstance(event, Progress)]
    assert steps == sorted(set(steps))
    assert steps[-1] == heard[-3].total
    assert isinstance(heard[0], Accepted)
    assert isinstance(heard[-3], Progress)


@shared_loop
async def test_the_pictures_have_the_size_and_the_seeds_that_were_asked_for(bench: Bench) -> None:
    await bench.run(task("size", width=128, height=64, count=2))
    done = (await bench.until(Done))[-1]
    assert [picture.seed for picture in done.pictures] == [7, 8]
    assert {Image.open(io.BytesIO(picture.data)).size for picture in done.pictures} == {(128, 64)}
    assert done.seconds >= 0


@shared_loop
async def test_the_same_seed_gives_the_same_bytes(bench: Bench) -> None:
    twice = []
    for attempt in (1, 2):
        await bench.run(task("again", attempt=attempt))
        twice.append((await bench.until(Done))[-1].pictures)
    assert twice[0] == twice[1]


@shared_loop
async def test_a_cancelled_task_ends_soon_and_the_next_one_runs(bench: Bench) -> None:
    await bench.run(long_task("cancel"))
    await bench.until(Progress)
    await bench.worker.cancel("cancel", 1)
    heard = await bench.until(Failed)
    assert heard[-1] == Failed("cancel", 1, bench.epoch, "cancelled", {})
    assert len([event for event in heard if isinstance(event, Progress)]) < 30
    await bench.run(task("after cancel", steps=1))
    assert isinstance((await bench.until(Done))[0], Accepted)


@shared_loop
async def test_cancelling_what_is_over_or_unknown_changes_nothing(bench: Bench) -> None:
    await bench.run(task("over", steps=1))
    await bench.until(Done)
    await bench.worker.cancel("over", 1)
    await bench.worker.cancel("unknown", 1)
    await bench.run(task("next", steps=1))
    assert (await bench.until(Done))[-1].job_id == "next"


@shared_loop
async def test_more_tasks_than_slots_are_refused(bench: Bench) -> None:
    with pytest.raises(WorkerLost, match="no free slot"):
        await bench.run(task("one"), task("two"))
    await bench.run(long_task("first"))
    with pytest.raises(WorkerLost, match="no free slot"):
        await bench.run(task("second"))
    await bench.worker.cancel("first", 1)
    assert {event.job_id for event in await bench.until(Failed)} == {"first"}


@shared_loop
async def test_a_stale_epoch_is_refused(bench: Bench) -> None:
    for epoch in (bench.epoch - 1, bench.epoch + 1):
        with pytest.raises(WorkerLost, match="stale epoch"):
            await bench.worker.run(epoch, (task("stale"),))


@shared_loop
async def test_a_worker_killed_in_a_step_is_lost_and_comes_back_with_a_higher_epoch(bench: Bench) -> None:
    before = bench.epoch
    await bench.run(long_task("victim"))
    await bench.until(Progress)
    await bench.kill()
    heard = await bench.until(Lost)
    assert heard[-1] == Lost(before, "worker_lost", {"reason": "ended", "exit_code": -signal.SIGKILL})
    assert not any(isinstance(event, Done | Failed) for event in heard)
    await bench.ready()
    assert bench.epoch > before
    await bench.run(task("victim", attempt=2, steps=1))
    assert (await bench.until(Done))[-1].epoch == bench.epoch


@pytest.mark.parametrize("kind", KINDS)
async def test_stop_ends_the_events_also_in_the_middle_of_a_task_and_may_be_repeated(kind: str, tmp_path: Path) -> None:
    bench = make(kind, tmp_path)
    await bench.worker.start()
    await bench.ready()
    await bench.run(long_task("unfinished"))
    await bench.until(Progress)
    async with asyncio.timeout(WAIT_S):
        await asyncio.gather(bench.worker.stop(), bench.worker.stop())
        await bench.worker.stop()
        assert not any(isinstance(event, Done | Failed | Lost) for event in [e async for e in bench.events])
    with pytest.raises(WorkerLost):
        await bench.run(task("too late"))


# What only a process can promise


@pytest_asyncio.fixture
async def start(tmp_path: Path) -> AsyncIterator[Callable]:
    started: list[ProcessWorker] = []

    async def start(load: Load, **changes: object) -> Bench:
        worker = ProcessWorker(settings(tmp_path, **changes), load)
        started.append(worker)
        await worker.start()
        return Bench(worker, lambda: os.kill(worker.pid, signal.SIGKILL))

    yield start
    for worker in started:
        await worker.stop()


async def test_a_process_that_says_nothing_for_too_long_is_killed_and_replaced(start: Callable) -> None:
    bench = await (await start(load_troubled, hang_s=0.5)).ready()
    await bench.run(task("hung", "silence"))
    assert (await bench.until(Lost))[-1] == Lost(bench.epoch, "worker_lost", {"reason": "hung"})
    await bench.ready()
    await bench.run(task("hung", attempt=2))
    assert (await bench.until(Done))[-1].attempt == 2


async def test_an_idle_process_may_be_silent_for_longer_than_the_hang_budget(start: Callable) -> None:
    bench = await (await start(load_troubled, hang_s=0.3)).ready()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(bench.worker.events()), 0.6)
    await bench.run(task("late", steps=1))
    assert (await bench.until(Done))[-1].job_id == "late"


async def test_a_stopped_process_is_killed_too(start: Callable) -> None:
    bench = await (await start(load_troubled, hang_s=0.5)).ready()
    os.kill(bench.worker.pid, signal.SIGSTOP)
    await bench.run(task("frozen"))
    assert (await bench.until(Lost))[-1].facts == {"reason": "hung"}


async def test_loading_has_a_budget_of_its_own(start: Callable) -> None:
    bench = await start(load_forever, load_timeout_s=0.5)
    assert await bench.next() == Lost(1, "worker_lost", {"reason": "load timed out"})


async def test_models_that_cannot_be_loaded_are_reported_and_tried_again(start: Callable) -> None:
    bench = await start(load_nothing)
    assert [await bench.next() for _ in range(2)] == [
        Lost(epoch, "model_missing", {"repository": "kandinsky-community/nothing"}) for epoch in (1, 2)
    ]


async def test_a_fault_of_the_device_ends_the_process(start: Callable) -> None:
    bench = await (await start(load_troubled)).ready()
    await bench.run(task("fault", "WorkerLost"))
    lost = (await bench.until(Lost))[-1]
    assert lost.facts == {"reason": "ended", "exit_code": 70}


async def test_a_process_ignores_the_interrupt_that_is_meant_for_its_parent(start: Callable) -> None:
    bench = await (await start(load_troubled)).ready()
    os.kill(bench.worker.pid, signal.SIGINT)
    await bench.run(task("undisturbed", steps=1))
    assert (await bench.until(Done))[-1].epoch == 1


PARENT = """
import asyncio, sys
from pathlib import Path
from test_workers import make, long_task

async def main():
    bench = make("process", Path(sys.argv[1]))
    await bench.worker.start()
    await bench.ready()
    await bench.run(long_task("orphaned"))
    print(bench.worker.pid, flush=True)
    await asyncio.sleep(600)

if __name__ == "__main__":
    asyncio.run(main())
"""


async def test_a_process_ends_with_its_parent_also_in_the_middle_of_a_task(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parent.parent)])
    parent = await asyncio.create_subprocess_exec(
        sys.executable, script, tmp_path, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
    )
    pid = int(await parent.stdout.readline())
    assert runs(pid)
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(WAIT_S):
        while runs(pid):  # noqa: ASYNC110 - another process has no event to wait for
            await asyncio.sleep(0.01)


def runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    try:
        return "State:\tZ" not in status.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


# What happens inside the process


def render(model: object, prompt: str = "x", cancelled: threading.Event | None = None) -> list[WorkerEvent]:
    said: list[WorkerEvent] = []
    with ThreadPoolExecutor(1) as encoders:
        work = task("job", prompt, steps=10)
        Renderer({"demo": model}, 1, said.append, encoders).render(work, cancelled or threading.Event())
    return said


class CancelledInStep(Sleeper):
    def __init__(self, cancelled: threading.Event) -> None:
        self.cancelled = cancelled
        self.steps = 0

    def render(self, request: Text2Image, on_step: Callable[[int, int], None]) -> list[Image.Image]:
        def counted(step: int, total: int) -> None:
            self.steps = step
            on_step(step, total)
            if step == 3:
                self.cancelled.set()

        return super().render(request, counted)


def test_a_cancellation_takes_effect_within_one_step() -> None:
    cancelled = threading.Event()
    model = CancelledInStep(cancelled)
    assert render(model, cancelled=cancelled)[-1] == Failed("job", 1, 1, "cancelled", {})
    assert model.steps == 4


def test_progress_is_thinned_out_but_its_last_step_is_always_told() -> None:
    steps = [event.step for event in render(Sleeper()) if isinstance(event, Progress)]
    assert 1 < len(steps) < 10
    assert steps[-1] == 10


@pytest.mark.parametrize(
    ("prompt", "code", "facts"),
    [
        ("OutOfMemory", "out_of_memory", {}),
        ("RequestError", "bad_size", {"width": 1}),
        ("ZeroDivisionError", "render_failed", {"kind": "ZeroDivisionError"}),
    ],
)
def test_each_failure_has_its_code_and_tells_no_more_than_it_should(prompt: str, code: str, facts: dict) -> None:
    assert render(Troubled(), prompt) == [Accepted("job", 1, 1), Failed("job", 1, 1, code, facts)]


def test_a_request_for_a_model_that_is_not_loaded_fails() -> None:
    said: list[WorkerEvent] = []
    with ThreadPoolExecutor(1) as encoders:
        Renderer({}, 1, said.append, encoders).render(task("job"), threading.Event())
    assert said[-1] == Failed("job", 1, 1, "render_failed", {"kind": "KeyError"})


# What the fake can do on demand


async def test_the_fake_fails_as_it_is_told() -> None:
    bench = make("fake", Path())
    await bench.worker.start()
    await bench.ready()
    bench.worker.fail_next(OutOfMemory())
    await bench.run(task("unlucky"))
    assert (await bench.until(Failed))[-1].code == "out_of_memory"
    await bench.run(task("lucky"))
    assert (await bench.until(Done))[-1].job_id == "lucky"
    await bench.worker.stop()


async def test_the_fake_hangs_until_it_crashes() -> None:
    bench = make("fake", Path())
    await bench.worker.start()
    await bench.ready()
    bench.worker.hang()
    await bench.run(task("hung"))
    assert isinstance(await bench.next(), Accepted)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(bench.worker.events()), 0.05)
    await bench.worker.crash()
    assert isinstance(await bench.next(), Lost)
    await bench.ready()
    await bench.worker.stop()
