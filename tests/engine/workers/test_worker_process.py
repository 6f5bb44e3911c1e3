import asyncio
import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

import engine.workers.process
from engine.events import Done, Lost, Ready
from engine.workers.child import Load
from engine.workers.process import ProcessWorker
from tests.engine.workers.worker_bench import WAIT_S, Bench, settings, task
from tests.engine.workers.worker_doubles import load_forever, load_nothing, load_swapping, load_troubled


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


def test_the_parent_stays_without_torch() -> None:
    check = "import sys, engine.workers.process, engine.workers.fake; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


async def test_a_process_ignores_the_interrupt_that_is_meant_for_its_parent(start: Callable) -> None:
    bench = await (await start(load_troubled)).ready()
    os.kill(bench.worker.pid, signal.SIGINT)
    await bench.run(task("undisturbed", steps=1))
    assert (await bench.until(Done))[-1].epoch == 1


PARENT = """
import asyncio, sys
from pathlib import Path
from tests.engine.workers.worker_bench import make, long_task

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
    path = str(Path(__file__).parents[3])
    parent = await asyncio.create_subprocess_exec(
        sys.executable, script, tmp_path, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
    )
    pid = int(await parent.stdout.readline())
    assert runs(pid)
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(WAIT_S):
        while runs(pid):
            await asyncio.sleep(0.01)


def runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    try:
        return "State:\tZ" not in status.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_a_process_says_how_long_its_models_take_to_swap(start: Callable) -> None:
    assert (await (await start(load_swapping)).until(Ready))[-1].swap_s == 2.5


async def test_what_cannot_be_sent_takes_no_room_on_the_device(start: Callable) -> None:
    bench = await (await start(load_troubled, hang_s=0.5)).ready()
    with pytest.raises(TypeError, match="pickle"):
        await bench.run(replace(task("strange"), inputs={"a": threading.Lock()}))
    await asyncio.sleep(0.6)  # it is not waited for either
    await bench.run(task("good", steps=1))
    assert (await bench.until(Done))[-1].epoch == 1


async def test_a_machine_that_can_open_no_pipe_is_tried_again(start: Callable, monkeypatch) -> None:
    life, refusals = engine.workers.process.Life, [OSError(errno.EMFILE, "Too many open files")] * 2

    def refuse_first(*arguments: object) -> object:
        if refusals:
            raise refusals.pop()
        return life(*arguments)

    monkeypatch.setattr(engine.workers.process, "Life", refuse_first)
    bench = await start(load_troubled)
    assert [(await bench.next()).facts["reason"] for _ in range(2)] == ["[Errno 24] Too many open files"] * 2
    await bench.ready()
    await bench.run(task("good", steps=1))
    assert (await bench.until(Done))[-1].epoch == 3


def test_a_process_whose_bot_is_gone_ends_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(_: object) -> None:
        raise BrokenPipeError

    def end(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr(engine.workers.child.os, "_exit", end)
    with pytest.raises(SystemExit):
        engine.workers.child._in_turn(send)(Ready(1, ("demo",), 1))
