"""Keep what was computed from the same things before."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from PIL.Image import Image

V = TypeVar("V")


class Cache(Generic[V]):
    """Keep the `size` values that were used last, and count how often one was there.

    The key must hold everything that the value depends on.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Hashable, V] = OrderedDict()
        self.hits = self.misses = 0

    def get(self, key: Hashable) -> V | None:
        """Return the value of `key`, or nothing, and count which it was."""
        if key not in self._values:
            self.misses += 1
            return None
        self.hits += 1
        self._values.move_to_end(key)
        return self._values[key]

    def __contains__(self, key: Hashable) -> bool:
        """Tell whether there is a value, without counting."""
        return key in self._values

    @property
    def statistics(self) -> tuple[int, int]:
        """Tell how often a value was there, and how often not."""
        return self.hits, self.misses

    def put(self, key: Hashable, value: V) -> V:
        """Keep `value`, and return it."""
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > self._size:
            self._values.popitem(last=False)
        return value


def picture_key(image: Image) -> str:
    """Name a picture by all that can be seen of it."""
    return hashlib.sha256(image.tobytes() + repr((image.mode, image.size)).encode()).hexdigest()
