"""The end of the program: it waits for nobody for long, and keeps its exit code."""

import subprocess
import sys

import pytest

HANGING = "threading.Thread(target=threading.Event().wait, name='hangs').start()"
COMPUTING = "threading.Thread(target=lambda: [None for _ in iter(int, 1)], name='computes').start()"
LEAVING = """
import sys, threading
from bot.stopping import leaving_in_time
with leaving_in_time({patience}):
    {busy}
    {end}
"""
POOLED = """
import asyncio, threading
from bot.stopping import leaving_in_time, own_threads

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
