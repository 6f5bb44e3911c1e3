"""Measure what a start costs, in seconds of the processor: python -m tools.benchmark_start [--rounds N].

Of each command, with every process that it starts, the least of some rounds: other work on a machine only adds.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

COMMANDS = (
    ("--help",),
    ("generate", "--help"),
    ("models", "list"),
    ("generate", "a red square", "-o", "square.png", "--seed", "7"),
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Measure what a start costs.")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print(f"{os.cpu_count()} cores, the least of {rounds} rounds\n\n| kandinsky-bot | seconds |\n|---|---|")
    for command in COMMANDS:
        print(f"| {' '.join(command)} | {min(_seconds(command) for _ in range(rounds)):.2f} |", flush=True)


def _seconds(command: tuple[str, ...]) -> float:
    """Run `command` in an empty folder, and tell how long it and its children computed."""
    before = _spent()
    with tempfile.TemporaryDirectory() as folder:
        path = os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, "PYTHONPATH": path, "KANDINSKY_BOT_STORE__PATH": folder}
        program = [sys.executable, "-m", "bot", *command]
        subprocess.run(program, cwd=folder, env=environment, check=True, capture_output=True)
    return _spent() - before


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
