"""`python -m tests.interleaving --rounds N`: play N rounds with the tiny models of every family, by turns."""

import argparse
import time
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.interleaving.benches import BENCHES


def main(rounds: int, seed: int) -> int:
    """Play the rounds; print what each kind found, and return how many things were wrong."""
    began, counted, wrong = time.monotonic(), Counter(), 0
    with TemporaryDirectory() as name:
        benches = {family: make(Path(name) / family) for family, make in BENCHES.items()}
        for number in range(seed, seed + rounds):
            family = list(benches)[number % len(benches)]
            for text in benches[family].play(Random(number)):
                wrong += 1
                print(f"seed {number}, {family}: {text}")
        for family, bench in benches.items():
            counted.update(bench.counted)
            print(family, dict(bench.counted))
    print("all", {**counted, "wrong": wrong, "seconds": round(time.monotonic() - began)})
    return wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    raise SystemExit(bool(main(arguments.rounds, arguments.seed)))
