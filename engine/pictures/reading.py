"""Read pictures beside everything else that runs: on threads of their own, and fairly between the people who sent them.

Small pictures never wait behind large ones, and large ones are read one at a time, which bounds their memory. Among
themselves they come in the order in which they would end if all people were served at once, by the clock of start-time
fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996): whoever sends ten of 64 megapixels lets everybody else's go first
after the one that is being read.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from engine.pictures import inputs
from engine.pictures.inputs import Input

T = TypeVar("T")
SMALL_THREADS = 2


class ReadingPool:
    """Normalise the files that people send, as `inputs.read` does."""

    def __init__(self) -> None:
        self._small, self._large = _Lane(SMALL_THREADS), _Lane(1)

    async def read(self, owner: str, data: bytes) -> Input:
        """Normalise a file of `owner`, in its turn; errors as in `inputs.read`."""
        pixels = await self._small.run(owner, 0, partial(inputs.weigh, data))
        lane = self._large if pixels > inputs.LARGE_PIXELS else self._small
        return await lane.run(owner, pixels, partial(inputs.read, data))

    @property
    def waiting(self) -> int:
        """Count the pictures that wait for their turn."""
        return self._small.waiting + self._large.waiting

    def close(self) -> None:
        """Read nothing more; a picture that is being read is finished, and nobody waits for it."""
        self._small.close()
        self._large.close()


class _Lane:
    """Do work on `threads` threads, by turns between its owners."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="pictures")
        self._free = threads
        self._numbers = itertools.count()
        self._waiting: list[tuple[float, int, float, asyncio.Future[None]]] = []
        # How far reading has come, and up to where each owner's pictures reach; both in pixels of the fair order.
        self._now = 0.0
        self._ends: dict[str, float] = {}

    @property
    def waiting(self) -> int:
        """Count what waits for its turn."""
        return sum(not turn.done() for *_, turn in self._waiting)

    async def run(self, owner: str, pixels: int, work: Callable[[], T]) -> T:
        """Do `work`, which takes as long as so many `pixels` do, when it is its turn."""
        async with self._turn(owner, pixels):
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """Begin nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @asynccontextmanager
    async def _turn(self, owner: str, pixels: int) -> AsyncIterator[None]:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        start = self._start(owner)
        self._ends[owner] = start + pixels
        heapq.heappush(self._waiting, (start + pixels, next(self._numbers), start, turn))
        self._call()
        try:
            await turn
            yield
        finally:
            # Whoever was cancelled while waiting never had the thread.
            self._free += turn.done() and not turn.cancelled()
            self._call()

    def _start(self, owner: str) -> float:
        """Place something behind what its owner has already, in the fair order."""
        self._ends = {each: end for each, end in self._ends.items() if end > self._now}
        return max(self._now, self._ends.get(owner, 0.0))

    def _call(self) -> None:
        """Let those in whose turn it is."""
        while self._free and self._waiting:
            _, _, start, turn = heapq.heappop(self._waiting)
            if not turn.done():
                self._now = max(self._now, start)
                self._free -= 1
                turn.set_result(None)
