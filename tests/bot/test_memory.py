"""What threads freed is there for all of them."""

import subprocess
import sys

# Threads that take and free a little of everything; each arena is a piece of address space of 64 MiB.
PROGRAM = """
import re, sys, threading
from bot import memory
if sys.argv[1] == "bound":
    memory.bound()
barrier = threading.Barrier(12)
def work():
    barrier.wait()
    kept = [bytes(50_000) for _ in range(50)]
    barrier.wait()
threads = [threading.Thread(target=work) for _ in range(12)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
free = re.findall(r"(?m)^(\\w+)-(\\w+) ---p", open("/proc/self/maps").read())
sizes = [int(end, 16) - int(start, 16) for start, end in free]
print(sum(2**25 < size < 2**26 for size in sizes))
"""


def arenas(how: str) -> int:
    told = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, check=True, text=True, timeout=60)
    return int(told.stdout)


def test_threads_share_the_memory_that_they_freed():
    assert arenas("free") > 2
    assert arenas("bound") <= 2
