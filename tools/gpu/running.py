"""Run one part after another, each in a process of its own that ends by its deadline, and keep what each measured."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from types import MappingProxyType

# Seconds for each part, in this order; what one leaves is the next one's. What compiles comes last: it may take for
# ever.
LIMITS_S: Mapping[str, int] = MappingProxyType(
    {
        "tests": 75,
        "queue": 75,
        "speed kandinsky-2-2": 55,
        "speed kandinsky-3": 55,
        "memory kandinsky-2-2": 45,
        "memory kandinsky-3": 60,
        "layouts kandinsky-2-2": 70,
        "layouts kandinsky-3": 75,
    }
)
START_S = 30  # to install what is missing, and to look for the card
WHOLE_S = 540


@dataclass(frozen=True, slots=True)
class Found:
    """Hold what a part measured, if anything, and why it did not measure all, if it did not."""

    figures: Mapping[str, object] | None = None
    lack: str | None = None


# Runs the part of that name until a time of the monotonic clock, and writes its figures to a file; says what it lacks.
RunPart = Callable[[str, Path, float], str | None]


def run_parts(folder: Path, began: float, run_part: RunPart, limits_s: Mapping[str, int] = LIMITS_S) -> Iterator[
    tuple[str, Found]
]:  # fmt: skip
    """Run all parts, and yield what each found as soon as it ends; `folder` is where they write."""
    ends = accumulate(limits_s.values(), initial=began + START_S)
    for (number, name), end in zip(enumerate(limits_s), list(ends)[1:], strict=True):
        file = folder / f"{number}.json"
        lack = run_part(name, file, min(end, began + WHOLE_S))
        yield name, Found(_read(file), lack)


def in_a_process(command: Callable[[str, Path], Sequence[str]], environment: Mapping[str, str]) -> RunPart:
    """Run parts as `command` says; whatever a part began ends with it."""

    def run_part(name: str, file: Path, until: float) -> str | None:
        print(f"{name}: {max(0, until - time.monotonic()):.0f} s", flush=True)
        process = subprocess.Popen(command(name, file), env=dict(environment), start_new_session=True)
        try:
            code = process.wait(max(0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            return "out of time"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return f"ended with {code}" if code else None

    return run_part


def part_command(cache: Path, *, rehearse: bool) -> Callable[[str, Path], Sequence[str]]:
    """Make the command of a part."""
    flags = ["--rehearse"] if rehearse else []
    return lambda name, file: [sys.executable, "-m", "tools.gpu.parts", name, str(file), str(cache), *flags]


def _read(file: Path) -> Mapping[str, object] | None:
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
