"""Waiting for a condition on the server's state."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Changes:
    """A bell that rings at each change of the state."""

    def __init__(self) -> None:
        self._bell = asyncio.Event()

    def ring(self) -> None:
        """Let every waiter look again."""
        self._bell.set()
        self._bell = asyncio.Event()

    async def until(self, find: Callable[[], T | None], timeout_s: float | None) -> T:
        """Return the first truthy answer of `find`; raise TimeoutError after `timeout_s` seconds, if any are set."""
        async with asyncio.timeout(timeout_s):
            while not (found := find()):
                await self._bell.wait()
        return found
