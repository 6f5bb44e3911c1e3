"""Whether a reader's work grows with the length of what it reads, or faster: no clock is compared with a number."""

import time
from collections.abc import Callable

# What is in proportion takes about `FACTOR` times as long, what is quadratic `FACTOR` squared: 16.
FACTOR = 4
MOST = 10
# Less than the clock can tell apart counts as this.
LEAST_S = 2e-4
TRIES = 4


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Measure the processor's time of this thread, the best of several."""
    best = float("inf")
    for _ in range(repeats):
        began = time.thread_time()
        work()
        best = min(best, time.thread_time() - began)
    return max(best, LEAST_S)


def growth(read: Callable[[str], object], piece: str, count: int) -> float:
    """Tell how many times as long `FACTOR` times as much of `piece` takes to read, at best."""
    short, long = piece * count, piece * count * FACTOR
    ratios = (seconds(lambda: read(long)) / seconds(lambda: read(short)) for _ in range(TRIES))
    return next((ratio for ratio in ratios if ratio < MOST), float("inf"))


def is_linear(read: Callable[[str], object], piece: str, count: int) -> bool:
    """Tell whether reading takes time in proportion to the length."""
    return growth(read, piece, count) < MOST
