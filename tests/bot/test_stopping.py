"""The end of the program: it waits for nobody for long, and keeps its exit code."""

import asyncio
import subprocess
import sys

import pytest
from structlog.testing import capture_logs

from bot import assembly, config, stopping
from bot.stopping import closed_in_time
from engine.workers.fake import FakeWorker

HANGING = "threading.Thread(target=threading.Event().wait, name='hangs').start()"
COMPUTING = "threading.Thread(target=lambda: [None for _ in iter(int, 1)], name='computes').start()"
LEAVING = """
import sys, threading
from bot.leaving import leaving_in_time
with leaving_in_time({patience}):
    {busy}
    {end}
"""
POOLED = """
import asyncio, threading
from bot.leaving import leaving_in_time
from bot.stopping import own_threads

async def serve():
    async with own_threads():
        for _ in range(64):
            asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)
        late = asyncio.create_task(asyncio.to_thread(print, "never begun"))
        await asyncio.sleep(0.1)
    await asyncio.to_thread(print, "closed", flush=True)
    print("cancelled" if (await asyncio.wait({late}))[0].pop().cancelled() else "begun", flush=True)

with leaving_in_time(0.2):
    asyncio.run(serve())
"""


def ended(script: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("end", "code"), [("pass", 0), ("sys.exit(3)", 3), ("sys.exit('no')", 1), ("raise OSError", 1)]
)
@pytest.mark.parametrize("busy", [HANGING, COMPUTING])
def test_a_thread_that_goes_on_is_left_behind_and_the_exit_code_kept(busy, end, code):
    done = ended(LEAVING.format(patience=0.2, busy=busy, end=end))
    assert done.returncode == code
    assert "threads_left_behind" in done.stdout + done.stderr
    assert ("OSError" in done.stderr) is ("OSError" in end)


def test_nobody_is_waited_for_where_no_thread_is_busy():
    done = ended(LEAVING.format(patience=1_000, busy="pass", end="sys.exit(2)"))
    assert (done.returncode, done.stdout) == (2, "")


def test_what_is_closed_last_has_free_threads():
    done = ended(POOLED)
    assert (done.returncode, done.stdout.splitlines()[:2]) == (0, ["closed", "cancelled"])


class Part:
    """Be a part of the engine that notes with what it was closed."""

    def __init__(self, closing=None):
        self._closing, self.closed_with = closing, []

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, trace):
        self.closed_with.append(error)
        if self._closing:
            await self._closing()


class Stubborn(FakeWorker):
    """Be a worker that never stops."""

    async def stop(self):
        await asyncio.Event().wait()


async def test_a_part_that_never_closes_is_left_behind(monkeypatch):
    monkeypatch.setattr(stopping, "CLOSES_S", 0.05)
    last = Part()
    with capture_logs() as logs:
        async with closed_in_time(last), closed_in_time(Part(asyncio.Event().wait)):
            pass
    assert [(line["event"], line["part"]) for line in logs] == [("engine_left_behind", "Part")]
    assert last.closed_with == [None]


async def test_a_stop_that_leaves_a_part_behind_is_still_a_stop(monkeypatch):
    monkeypatch.setattr(stopping, "CLOSES_S", 0.05)
    opened, last = asyncio.Event(), Part()

    async def serve():
        async with closed_in_time(last), closed_in_time(Part(asyncio.Event().wait)):
            opened.set()
            await asyncio.Event().wait()

    serving = asyncio.create_task(serve())
    await opened.wait()
    serving.cancel()
    await asyncio.wait({serving})
    assert serving.cancelled()
    assert isinstance(last.closed_with[0], asyncio.CancelledError)


async def test_what_closing_raises_is_not_lost():
    async def fail():
        raise TimeoutError

    with pytest.raises(TimeoutError):
        async with closed_in_time(Part(fail)):
            pass


async def test_a_worker_that_never_stops_keeps_neither_the_bot_nor_the_store(monkeypatch, tmp_path):
    monkeypatch.setattr(stopping, "CLOSES_S", 0.2)
    monkeypatch.setattr(assembly, "ProcessWorker", lambda _: Stubborn())
    settings = config.Config(store=config.Store(path=tmp_path))
    with capture_logs() as logs:
        async with assembly.running_engine(settings, assembly.catalog_of(settings)):
            pass
    assert [line["part"] for line in logs if line["event"] == "engine_left_behind"] == ["Dispatcher"]
    assert [file.name for file in tmp_path.glob("*.sqlite*")] == ["jobs.sqlite3"]
